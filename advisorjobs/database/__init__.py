"""The floor: which database, its server where we bring our own, its schema, its connections."""
