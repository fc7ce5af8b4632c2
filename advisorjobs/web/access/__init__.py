"""Who may see what: people, sessions, tokens, and the guard before every page and every call of the API."""
