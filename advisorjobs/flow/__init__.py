"""What is decided about jobs that belong together or return: no I/O here."""
