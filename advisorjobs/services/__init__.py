"""The outside world behind small protocols: each with its real client and its local engine."""
