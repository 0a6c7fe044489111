"""The Bone Yard's blog: a Pyramid application."""


def main(global_config, **settings):
    """Return the WSGI application that an ini file's [app:main] section describes."""
    from pyramid.config import Configurator

    with Configurator(settings=settings) as config:
        config.include(".settings")
        config.include(".models")
        config.include(".schema")
        config.include(".telemetry")
        config.include(".limits")
        config.include(".spooling")
        config.include(".sessions")
        config.include(".devices")
        config.include(".security")
        config.include(".site")
        config.include(".caching")
        config.include(".headers")
        config.include(".templating")
        config.include(".errors")
        config.include(".health")
        config.include(".routes")
        config.scan(".views")
    return config.make_wsgi_app()
