"""Security headers of all responses."""

from pyramid.events import NewResponse

_HEADERS = {
    # No scripts, no third parties: only what the pages need is allowed.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def _add_headers(event: NewResponse) -> None:
    event.response.headers.update(_HEADERS)


def includeme(config):
    """Add the security headers to every response."""
    config.add_subscriber(_add_headers, NewResponse)
