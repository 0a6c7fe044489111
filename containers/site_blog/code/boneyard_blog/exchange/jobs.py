"""An import in the background, whose progress any worker can show."""

from __future__ import annotations

import logging
import threading
import time
from typing import BinaryIO

from sqlalchemy import func, text, update
from sqlalchemy.orm import sessionmaker

from boneyard_blog.exchange.importing import BadArchive, import_all
from boneyard_blog.models import Import

log = logging.getLogger(__name__)


class ImportJob:
    """Imports one file in a thread of its own."""

    def __init__(self, sessions: sessionmaker, media_folder: str, job_id: int, author_id: int, file: BinaryIO):
        self._sessions = sessions
        self._media_folder = media_folder
        self._id = job_id
        self._author_id = author_id
        self._file = file
        self._noted_at = 0.0

    def start(self) -> None:
        threading.Thread(target=self._run, name=f"import-{self._id}", daemon=True).start()

    def _run(self) -> None:
        try:
            with self._file, self._sessions.begin() as session:
                done = import_all(session, self._media_folder, self._file, self._author_id, self._progress)
        except BadArchive as problem:
            self._note(state="failed", message=str(problem))
        except Exception:
            # A thread has nobody above it to tell: the author must not wait for ever.
            log.exception("Import %s failed", self._id)
            self._note(state="failed", message="Something went wrong; nothing was imported. The log says more.")
        else:
            log.info("Import %s: %s", self._id, done)
            self._note(state="done", message=str(done))

    def _progress(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._noted_at > 0.3:
            self._noted_at = now
            self._note(step=step, done=done, total=total)

    def _note(self, **values) -> None:
        with self._sessions.begin() as session:
            session.execute(update(Import).where(Import.id == self._id).values(updated_at=func.now(), **values))


def give_up_on_dead_jobs(session) -> None:
    """Mark imports whose worker has gone: nothing of them was stored."""
    session.execute(text("""
            UPDATE imports SET state = 'failed', message = 'The server was restarted; nothing was imported.'
            WHERE state = 'running' AND updated_at < now() - interval '2 minutes'
        """))
