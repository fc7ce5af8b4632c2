"""Small documents of invented companies, for a first look and for the tests. Made by ops/make_samples.py."""
