"""Health checks: liveness at /alive, readiness at /health."""

import logging

from pyramid.view import view_config
from sqlalchemy.exc import SQLAlchemyError

from boneyard_blog import schema

log = logging.getLogger(__name__)


@view_config(route_name="alive", renderer="json", request_method="GET", http_cache=0)
def alive(request):
    """An orchestrator gets 200 as long as the process answers, independent of the database."""
    return {"status": "alive"}


@view_config(route_name="health", renderer="json", request_method="GET", http_cache=0)
def health(request):
    """A load balancer gets 200 if pages can be served, else 503, with the state of the database and the schema version."""
    try:
        with request.registry.engine.connect() as connection:
            version = schema.current_version(connection)
    except SQLAlchemyError as error:
        log.warning("Not ready: %s", str(getattr(error, "orig", None) or error).strip().splitlines()[0])
        request.response.status = 503
        return {"status": "unhealthy", "database": "unreachable", "schema": None}
    ready = schema.is_usable(version)
    request.response.status = 200 if ready else 503
    return {"status": "healthy" if ready else "unhealthy", "database": "reachable", "schema": version}


def includeme(config):
    """Add the health checks."""
    config.add_route("alive", "/alive")
    config.add_route("health", "/health")
    config.scan(__name__)
