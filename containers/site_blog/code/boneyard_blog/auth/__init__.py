"""Authors: accounts, sessions, signing in, permissions."""


def includeme(config):
    """Add sessions, the security policy with CSRF protection, and the pages for signing in and out."""
    config.include(".sessions")
    config.include(".devices")
    config.include(".policy")
    config.add_route("sign_in", "/sign-in")
    config.add_route("sign_out", "/sign-out")
    config.add_route("password", "/author/password")
    config.scan(".views")
