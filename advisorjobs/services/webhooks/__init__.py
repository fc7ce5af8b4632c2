"""Webhooks: who has signed what came, what it says, and what it changes in the practice's tables."""
