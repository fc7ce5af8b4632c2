"""The jobs of an accountants' practice: one module per queue."""
