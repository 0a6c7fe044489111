"""The address of a visitor, behind the reverse proxy."""

from ipaddress import IPv6Address, ip_address, ip_network


def visitor_address(environ) -> str:
    """Return X-Real-IP, which Nginx sets, else the peer's address. X-Forwarded-For is ignored: clients can forge it."""
    # A dual-stack socket shows IPv4 addresses as ::ffff:192.0.2.1.
    return environ.get("HTTP_X_REAL_IP") or environ.get("REMOTE_ADDR", "").removeprefix("::ffff:") or "unknown"


def visitor_network(environ) -> str:
    """Return the IPv4 address, or the /64 network of an IPv6 address, in which a visitor can change the address at will."""
    address = visitor_address(environ)
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((parsed, 64), strict=False))
