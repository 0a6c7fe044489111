"""What all pages share: limits, caching, security headers, templates, error pages, health checks."""


def includeme(config):
    """Add tweens, subscribers, template filters, error pages and health checks."""
    config.include(".limits")
    config.include(".uploads")
    config.include(".caching")
    config.include(".headers")
    config.include(".templating")
    config.include(".errors")
    config.include(".health")
