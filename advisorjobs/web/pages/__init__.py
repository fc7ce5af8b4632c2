"""The pages of the dashboard, one noun a file; templates in templates/dashboard/."""
