"""The Bone Yard's blog: a Pyramid application."""


def main(global_config, **settings):
    """Return the WSGI application that the section [app:main] of an ini file describes."""
    from pyramid.config import Configurator

    with Configurator(settings=settings) as config:
        config.include(".settings")
        config.include(".models")
        config.include(".schema")
        config.include(".telemetry")
        config.include(".web")
        config.include(".auth")
        config.include(".posts")
        config.include(".media")
        config.include(".exchange")
    return config.make_wsgi_app()
