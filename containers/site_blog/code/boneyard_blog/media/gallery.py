"""The rows of images in the database. Rows and files are added and removed together: no row is left without a file."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog.media import storage
from boneyard_blog.models import Media

# The key of the advisory lock for adding images (until the commit) and for removing files without a row.
_LOCK = 0x696D6773


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def add_images(session: Session, rows: list[dict]) -> None:
    """Add rows for images, except for those that exist. The caller writes the files before the transaction ends."""
    _lock(session)
    statement = insert(Media)
    # The update changes nothing, but waits for a transaction that deletes the same image, and then adds it again.
    statement = statement.on_conflict_do_update(index_elements=[Media.path], set_={"path": statement.excluded.path})
    session.execute(statement, sorted(rows, key=lambda row: row["path"]))


def remove_file(sessions: sessionmaker, folder: str, path: str) -> None:
    """Remove the file of a deleted image, unless the same image was added again in the meantime."""
    with sessions.begin() as session:
        _lock(session)
        if session.scalar(select(Media.id).where(Media.path == path)) is None:
            storage.remove(folder, path)
