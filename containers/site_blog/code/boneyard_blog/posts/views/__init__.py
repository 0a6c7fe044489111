"""What visitors get, one subject a file."""
