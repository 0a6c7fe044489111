"""Development: imports the current source, and detects changes during the import."""

import os
import signal
import sys
import threading
import time
from pathlib import Path


def forget_source() -> None:
    """Drop the modules of the application, except for the server's, so that the worker imports them again."""
    for name in list(sys.modules):
        package, _, module = name.partition(".")
        if package == "boneyard_blog" and module.partition(".")[0] != "server":
            del sys.modules[name]


def _saved_at(path: Path) -> float:
    """Return the modification time; 0 for files that are gone and for broken links, such as the lock files of editors."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def reload_if_changed_since(moment: float, source: Path) -> None:
    """End this worker, so that it is replaced, if a file was saved after `moment` but before Gunicorn watched it."""

    def look():
        # Gunicorn watches the files by then.
        time.sleep(0.3)
        if any(_saved_at(path) > moment for path in source.rglob("*.py")):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="catch-up", daemon=True).start()
