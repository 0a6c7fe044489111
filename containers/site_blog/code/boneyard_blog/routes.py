"""Every address of the site."""


def includeme(config):
    config.add_route("home", "/")
    config.add_route("post", "/post/{slug}")
