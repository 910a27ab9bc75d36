"""The dashboard: one page and what it loads, as files; all it shows it asks the API for."""
