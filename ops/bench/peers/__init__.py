"""One script per peer, each with the same commands; see meter.py for what they print."""
