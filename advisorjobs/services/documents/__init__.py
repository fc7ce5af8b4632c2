"""Documents: what kind a Reading is, and the fields that it holds."""
