"""In development: importing our source as it is on disk now, and missing no change to it."""

import os
import signal
import sys
import threading
import time
from pathlib import Path


def forget_source() -> None:
    """Drop our modules, except the server's: a broken one must fail where BrokenSource can show it."""
    for name in list(sys.modules):
        package, _, module = name.partition(".")
        if package == "boneyard_blog" and module.partition(".")[0] != "server":
            del sys.modules[name]


def _saved_at(path: Path) -> float:
    """When it was; what is gone again, as files of editors are, or leads nowhere, as their locks do, never was."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0


def reload_if_changed_since(moment: float, source: Path) -> None:
    """End this worker, to be replaced, if a file was saved while it was loading and nobody watched yet."""

    def look():
        # By then Gunicorn's own watch is in place.
        time.sleep(0.3)
        if any(_saved_at(path) > moment for path in source.rglob("*.py")):
            os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="catch-up", daemon=True).start()
