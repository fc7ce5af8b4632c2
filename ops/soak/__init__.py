"""Long runs at a steady rate that show whether the hot tables stay small."""
