"""Reading: from a file to a Reading, by one of two engines."""
