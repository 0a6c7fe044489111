"""An import in the background, whose progress any worker can show."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import func, text, update
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog.exchange.importing import LOCK, ImportRefused, import_all
from boneyard_blog.models import Import

log = logging.getLogger(__name__)

_IS_LOCKED = """
    EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND (classid, objid, objsubid) = (0, :lock, 1) AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""


class ImportJob:
    """Imports one upload in a thread of its own."""

    def __init__(self, sessions: sessionmaker, media_folder: str, job_id: int, author_id: int, upload):
        self._sessions = sessions
        self._media_folder = media_folder
        self._id = job_id
        self._author_id = author_id
        # The field of the form: it closes its file as soon as nobody holds it any more.
        self._upload = upload
        self._noted_at = 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"import-{self._id}", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._upload.file as file, self._sessions.begin() as session:
                done = import_all(session, self._media_folder, file, self._author_id, self._progress)
                # In the transaction of the import itself: it says so if, and only if, it is true.
                session.execute(self._change(state="done", message=str(done)))
        except ImportRefused as problem:
            self._note(state="failed", message=str(problem))
        except Exception:
            # A thread has nobody above it to tell: the author must not wait for ever.
            log.exception("Import %s failed", self._id)
            self._note(state="failed", message="Something went wrong; nothing was imported. The log says more.")
        else:
            log.info("Import %s: %s", self._id, done)

    def _progress(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done in (0, total) or now - self._noted_at > 0.3:
            self._noted_at = now
            self._note(step=step, done=done, total=total)

    def _note(self, **values) -> None:
        with self._sessions.begin() as session:
            session.execute(self._change(**values))

    def _change(self, **values):
        return update(Import).where(Import.id == self._id).values(updated_at=func.now(), **values)


def is_import_under_way(session: Session) -> bool:
    """Tell whether some import, be it from the command line, has begun and not ended."""
    return session.scalar(text(f"SELECT {_IS_LOCKED}"), {"lock": LOCK})


def give_up_on_dead_jobs(session: Session) -> None:
    """Mark imports whose worker has gone: nothing of them was stored. A new one has a moment to begin.

    One at a time is under way: if a later one came so far, this one is over, whoever holds the lock.
    """
    session.execute(
        text(f"""
            UPDATE imports SET state = 'failed', message = 'The server was restarted; nothing was imported.'
            WHERE state = 'running' AND updated_at < now() - interval '10 seconds' AND (
                NOT {_IS_LOCKED}
                OR EXISTS (SELECT FROM imports AS later WHERE later.id > imports.id AND later.state IN ('running', 'done'))
            )
        """),
        {"lock": LOCK},
    )
