"""Where a request really comes from."""


def visitor_address(environ) -> str:
    """Return the address that Nginx saw, or else our peer's. X-Forwarded-For is not asked: its head is the client's."""
    # A socket for both families writes IPv4 addresses as ::ffff:192.0.2.1.
    return environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR", "").removeprefix("::ffff:") or "unknown"
