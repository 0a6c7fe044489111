"""Imports in the background; every worker can show their progress."""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy import func, text, update
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog.exchange.archive import ImportRefused
from boneyard_blog.exchange.importing import LOCK, import_all
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
    """Imports one upload in its own thread."""

    def __init__(self, sessions: sessionmaker, media_folder: str, job_id: int, author_id: int, upload):
        self._sessions = sessions
        self._media_folder = media_folder
        self._id = job_id
        self._author_id = author_id
        # The form field, not its file: the field closes the file when it is garbage collected.
        self._upload = upload
        self._noted_at = 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"import-{self._id}", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._upload.file as file, self._sessions.begin() as session:
                result = import_all(session, self._media_folder, file, self._author_id, self._progress)
                # In the transaction of the import: the state is `done` if and only if the import is committed.
                session.execute(self._change(state="done", message=str(result)))
        except ImportRefused as error:
            self._note(state="failed", message=str(error))
        except Exception:
            # The thread is the last to handle the error, and the author must see that the import has ended.
            log.exception("Import %s failed", self._id)
            self._note(state="failed", message="The import failed and nothing was imported. See the log for the reason.")
        else:
            log.info("Import %s: %s", self._id, result)

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


def is_import_running(session: Session) -> bool:
    """Return whether an import is running, in any worker or on the command line."""
    return session.scalar(text(f"SELECT {_IS_LOCKED}"), {"lock": LOCK})


def fail_dead_jobs(session: Session) -> None:
    """Mark imports as failed if their worker has ended; a new import has 10 seconds to take the lock.

    One import runs at a time: if a later one runs or has run, an earlier one cannot be running, even if the lock is held.
    """
    session.execute(
        text(f"""
            UPDATE imports SET state = 'failed', message = 'The server was restarted during the import; nothing was imported.'
            WHERE state = 'running' AND updated_at < now() - interval '10 seconds' AND (
                NOT {_IS_LOCKED}
                OR EXISTS (SELECT FROM imports AS later WHERE later.id > imports.id AND later.state IN ('running', 'done'))
            )
        """),
        {"lock": LOCK},
    )
