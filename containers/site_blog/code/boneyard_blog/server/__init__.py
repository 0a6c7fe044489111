"""What stands between Gunicorn and the application."""
