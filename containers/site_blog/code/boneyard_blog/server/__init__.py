"""The layer between Gunicorn and the application."""
