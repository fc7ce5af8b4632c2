"""One statement a file, named as the operation that runs it; see database/statement.py."""
