"""The JSON API: the inspector's values and the actions, one noun a file."""
