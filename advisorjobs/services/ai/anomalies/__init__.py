"""Payments that a person should look at, each with its reason."""
