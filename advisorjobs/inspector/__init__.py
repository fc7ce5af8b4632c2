"""What people look at: frozen values, each read by a bounded statement, for the dashboard, the JSON API and commands alike."""
