"""Sessions in a signed cookie: HttpOnly, SameSite, and Secure whenever the visitor came by HTTPS."""

from pyramid.session import JSONSerializer, SignedCookieSessionFactory

COOKIE = "boneyard_session"
_WEEK = 7 * 24 * 3600


def includeme(config):
    """Choose the cookie's Secure flag for each request: on plain HTTP a browser would drop a Secure cookie."""
    options = {
        "cookie_name": COOKIE,
        "httponly": True,
        "samesite": "Lax",
        "timeout": _WEEK,
        "max_age": _WEEK,
        "reissue_time": 3600,
        "serializer": JSONSerializer(),
    }
    secret = config.registry.blog.session_secret
    over_https = SignedCookieSessionFactory(secret, secure=True, **options)
    over_http = SignedCookieSessionFactory(secret, secure=False, **options)
    config.set_session_factory(lambda request: (over_https if request.scheme == "https" else over_http)(request))
