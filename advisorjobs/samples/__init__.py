"""Small documents of invented companies, for the demo and for the tests. Made by ops/make_samples.py."""
