"""The database: models, the connection pool, and a session for each request."""

import zope.sqlalchemy
from sqlalchemy import URL, create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker
from zope.sqlalchemy.datamanager import STATUS_CHANGED

from .author import Author, AuthorSession, FormerSlug, Import, Media, PostRevision, SignInFailure
from .meta import Base
from .post import Post, PostTag, Tag, TagCount, is_visible

__all__ = [
    "Author",
    "AuthorSession",
    "Base",
    "FormerSlug",
    "Import",
    "Media",
    "Post",
    "PostRevision",
    "PostTag",
    "SignInFailure",
    "Tag",
    "TagCount",
    "connect",
    "includeme",
    "is_visible",
]


def connect(settings, *, statement_timeout_ms: int) -> Engine:
    """Return an engine that reconnects after a restart of the database, with a time limit for every wait."""
    database = settings.database
    url = URL.create(
        "postgresql+psycopg", database.username, database.password, database.host, database.port, database.name
    )
    return create_engine(
        url,
        pool_size=settings.threads,
        max_overflow=2,
        pool_timeout=3,
        pool_pre_ping=True,
        connect_args={
            "application_name": "boneyard-blog",
            "connect_timeout": 3,
            # Plan for the actual parameters: the best index for a search depends on the frequency of its words.
            "options": f"-c statement_timeout={statement_timeout_ms} -c timezone=UTC -c jit=off"
            " -c plan_cache_mode=force_custom_plan -c max_parallel_workers_per_gather=0",
            # Without these, TCP waits for a dead host for a quarter of an hour.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )


def _request_session(request) -> Session:
    """Return the session of the request, which joins the transaction of pyramid_tm."""
    session = request.registry.session_factory()
    # STATUS_CHANGED, because otherwise changes by SQL statements are not noticed and rolled back.
    zope.sqlalchemy.register(session, initial_state=STATUS_CHANGED, transaction_manager=request.tm)
    return session


def includeme(config):
    """Add `request.dbsession` and the engine behind it."""
    settings = config.get_settings()
    settings["tm.manager_hook"] = "pyramid_tm.explicit_manager"
    # It needs the author outside the exception views: without a database that would be an error without a page.
    settings["tm.annotate_user"] = False
    engine = connect(config.registry.blog, statement_timeout_ms=int(settings["blog.statement_timeout_ms"]))
    config.registry.engine = engine
    config.registry.session_factory = sessionmaker(engine, expire_on_commit=False)
    config.add_request_method(_request_session, "dbsession", reify=True)
