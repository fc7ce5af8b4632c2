"""Connections that callers bring, one module per library. None of these is imported here: who has a connection has it."""
