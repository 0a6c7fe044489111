"""Upgrades the database schema to the version of this source, in the background of the start."""

from __future__ import annotations

import logging
import math
import threading
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from boneyard_blog.auth.accounts import add_first_author
from boneyard_blog.server.events import WorkerStarted

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = tuple(sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))
HEAD = VERSIONS[-1]

# The key of the advisory lock that all containers of this blog use: one migrates at a time.
_LOCK = 0x626F6E65

# In seconds. A start waits for nothing else but the database, and an attempt that is refused costs next to nothing.
_RETRY_INTERVAL = 0.05
_FAILURE_INTERVAL = 2


class UnknownVersion(Exception):
    """This source does not know the version of the schema in the database."""

    def __init__(self, version: str):
        super().__init__(
            f"the schema has version {version}, newer than this container's {HEAD}: use the container that upgraded it"
        )


def current_version(connection: Connection) -> str | None:
    """Return the version of the schema in the database, None before the first migration."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def is_usable(version: str | None) -> bool:
    """Return whether this source can use a schema of this version: its own or a newer one."""
    return version is not None and version >= HEAD


def migrate(connection: Connection, target: str | None = HEAD) -> None:
    """Upgrade or downgrade the schema to `target`, in the transaction of `connection`; None drops all tables.

    Waits while another container migrates. Raises UnknownVersion if the schema is newer than this source.
    """
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    version = current_version(connection)
    if version == target:
        return
    if version is not None and version not in VERSIONS:
        raise UnknownVersion(version)

    # Imported here because it takes long and is not needed if the schema is current.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if target is None:
        command.downgrade(config, "base")
    elif version is None or version < target:
        command.upgrade(config, target)
    else:
        command.downgrade(config, target)
    log.info("Schema migrated from %s to %s", version or "nothing", target or "nothing")


def upgrade(engine: Engine) -> None:
    """Upgrade the schema to HEAD; a newer schema stays as it is and is used."""
    try:
        with engine.begin() as connection:
            if current_version(connection) != HEAD:
                migrate(connection)
    except UnknownVersion as error:
        log.warning("Schema not migrated: %s", error)


def _upgrade_when_possible(registry) -> None:
    logged = None
    while True:
        try:
            upgrade(registry.engine)
            with registry.session_factory.begin() as session:
                add_first_author(session, registry.blog)
            registry.schema_ready_at = time.monotonic()
            return
        except OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            if reason != logged:
                log.info("Waiting for the database: %s", reason)
                logged = reason
            time.sleep(_RETRY_INTERVAL)
        except DBAPIError:
            log.exception("The migration failed; retrying")
            time.sleep(_FAILURE_INTERVAL)


def _on_worker_started(event: WorkerStarted) -> None:
    event.registry.schema_ready_at = math.inf
    threading.Thread(target=_upgrade_when_possible, args=(event.registry,), name="schema", daemon=True).start()


def includeme(config):
    """Upgrade the schema in the background of each worker, as soon as there is a database."""
    config.registry.schema_ready_at = -math.inf
    config.add_subscriber(_on_worker_started, WorkerStarted)
