"""Which category a transaction belongs to: as the firm did before, by rules, or by a language model's choice."""
