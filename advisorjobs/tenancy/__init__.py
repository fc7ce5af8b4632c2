"""Keeping organizations apart."""
