"""Keeps the database's schema at the version that this source knows, without ever holding up the start."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from boneyard_blog.authors import add_first_author
from boneyard_blog.server.events import WorkerStarted

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
VERSIONS = tuple(sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))
HEAD = VERSIONS[-1]

# Any number will do, as long as every container of this blog takes the same one.
_LOCK = 0x626F6E65


class UnknownVersion(Exception):
    """The schema is at a version that this source cannot move it from."""

    def __init__(self, version: str):
        super().__init__(
            f"the schema is at {version}, newer than this container's {HEAD}: move it with the container that brought it there"
        )


def current_version(connection: Connection) -> str | None:
    """Return the schema's version in the database, None before the first migration."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def is_usable(version: str | None) -> bool:
    """Tell whether this source can serve from a schema of that version: its own, or a newer one."""
    return version is not None and version >= HEAD


def migrate(connection: Connection, target: str | None = HEAD) -> None:
    """Move the schema to the target version, None for no tables at all; one container at a time, all or nothing."""
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    version = current_version(connection)
    if version == target:
        return
    if version is not None and version not in VERSIONS:
        raise UnknownVersion(version)

    # Alembic takes long to import and is not needed when the schema is current.
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
    log.info("Schema moved from %s to %s", version or "nothing", target or "nothing")


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date; a newer one is left alone, and still serves."""
    try:
        with engine.begin() as connection:
            if current_version(connection) != HEAD:
                migrate(connection)
    except UnknownVersion as problem:
        log.warning("Nothing was migrated: %s", problem)


def _upgrade_until_done(registry) -> None:
    pause = 0.1
    while True:
        try:
            upgrade(registry.engine)
            with registry.session_factory.begin() as session:
                add_first_author(session, registry.blog)
            return
        except OperationalError as error:
            log.info("Waiting for the database: %s", str(error.orig).strip().splitlines()[0])
        except DBAPIError:
            log.exception("The migration failed, and will be tried again")
        time.sleep(pause)
        pause = min(pause * 2, 2)


def _on_worker_started(event: WorkerStarted) -> None:
    threading.Thread(target=_upgrade_until_done, args=(event.registry,), name="schema", daemon=True).start()


def includeme(config):
    """Upgrade the schema in the background of each worker, as soon as there is a database."""
    config.add_subscriber(_on_worker_started, WorkerStarted)
