"""Traces: the span that queues a job, the spans of its runs, and their way to a collector. Imported only where set."""
