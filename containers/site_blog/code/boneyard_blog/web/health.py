"""Two questions, two pages: am I alive, and am I ready?"""

import logging

from pyramid.view import view_config
from sqlalchemy.exc import SQLAlchemyError

from boneyard_blog import schema

log = logging.getLogger(__name__)


@view_config(route_name="alive", renderer="json", request_method="GET", http_cache=0)
def alive(request):
    """An orchestrator learns that the process answers, whatever the database does."""
    return {"status": "alive"}


@view_config(route_name="health", renderer="json", request_method="GET", http_cache=0)
def health(request):
    """A load balancer learns whether pages can be served: 200, or 503 and the reason."""
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
    config.add_route("alive", "/alive")
    config.add_route("health", "/health")
    config.scan(__name__)
