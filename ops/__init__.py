"""What operators and developers run beside the program itself."""
