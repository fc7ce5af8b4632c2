"""A practice in the middle of its day, for pictures of the dashboard and for tests in a browser."""
