"""Where a request really comes from."""


def visitor_address(environ) -> str:
    """Return the address that Nginx saw, or else our peer's. X-Forwarded-For is not asked: its head is the client's."""
    return environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR") or "unknown"
