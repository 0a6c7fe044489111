"""Where a request really comes from."""

from ipaddress import IPv6Address, ip_address, ip_network


def visitor_address(environ) -> str:
    """Return the address that Nginx saw, or else our peer's. X-Forwarded-For is not asked: its head is the client's."""
    # A socket for both families writes IPv4 addresses as ::ffff:192.0.2.1.
    return environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR", "").removeprefix("::ffff:") or "unknown"


def visitor_network(environ) -> str:
    """Return what a visitor cannot leave at will: the address, or of IPv6 the 64 bits with all of which one is provided."""
    address = visitor_address(environ)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
