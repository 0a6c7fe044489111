"""boneyard-blog export | import"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import BinaryIO

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.importing import import_all


def add_parser(commands) -> None:
    out = commands.add_parser("export", help="write all posts and images to a zip file")
    out.add_argument("file", metavar="FILE", help="the file to write; - is standard output")
    out.set_defaults(run=_export)
    into = commands.add_parser("import", help="import a zip file of any size; on an error nothing is imported")
    into.add_argument("file", metavar="FILE")
    into.set_defaults(run=_import)


def _print_progress(line: str) -> None:
    end = "\n" if not sys.stderr.isatty() else ""
    print(f"\r{line}" if not end else line, end=end, file=sys.stderr, flush=True)


class _Progress:
    """Prints progress, at most once for each percent."""

    def __init__(self):
        self._printed = None

    def __call__(self, step: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if self._printed != (step, percent):
            self._printed = (step, percent)
            _print_progress(f"{step}: {done:,} of {total:,}")


@contextmanager
def _atomic_file(path: str) -> Iterator[BinaryIO]:
    """Give a temporary file that replaces the file at `path` once it is complete."""
    path = os.path.realpath(path)
    part = f"{path}.part"
    try:
        with open(part, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise


def _export(context, options) -> None:
    count = 0

    def note(posts: int) -> None:
        nonlocal count
        count = posts

    is_file = options.file != "-"
    with context.session() as session, _atomic_file(options.file) if is_file else nullcontext(sys.stdout.buffer) as file:
        file.writelines(exported(session, context.settings.media_folder, note))
        file.flush()
    place = options.file if is_file else "standard output"
    print(f"Exported {count:,} posts to {place}.", file=sys.stdout if is_file else sys.stderr)


def _import(context, options) -> None:
    with context.session() as session, open(options.file, "rb") as file:
        result = import_all(session, context.settings.media_folder, file, None, _Progress(), max_unpacked=None)
    print(result)
