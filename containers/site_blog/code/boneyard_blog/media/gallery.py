"""The rows of images, whose files come and go with them: a row never stays without its file."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog import media
from boneyard_blog.models import Media

# Held by whoever adds images until they are committed, and by whoever removes files that no row speaks of any more.
_LOCK = 0x696D6773


def _take_turn(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def add_images(session: Session, rows: list[dict]) -> None:
    """Add the rows of images that are not there yet; their files are to be kept before the transaction ends."""
    _take_turn(session)
    statement = insert(Media)
    # An update, though it changes nothing, waits for whoever deletes the same image, and then adds it anew.
    statement = statement.on_conflict_do_update(index_elements=[Media.path], set_={"path": statement.excluded.path})
    session.execute(statement, sorted(rows, key=lambda row: row["path"]))


def remove_file(sessions: sessionmaker, folder: str, path: str) -> None:
    """Remove the file of an image that was deleted, unless somebody has added the same one since."""
    with sessions.begin() as session:
        _take_turn(session)
        if session.scalar(select(Media.id).where(Media.path == path)) is None:
            media.remove(folder, path)
