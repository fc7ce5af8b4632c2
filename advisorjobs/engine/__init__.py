"""The engine: claims jobs in batches, runs them, writes in batches how they ended, and survives what happens meanwhile."""
