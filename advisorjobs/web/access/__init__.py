"""Who looks, what they may see and do."""
