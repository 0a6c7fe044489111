"""boneyard-blog export | import"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import BinaryIO

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.importing import import_all


def add_parser(commands) -> None:
    out = commands.add_parser("export", help="write everything to a zip of Markdown files and images")
    out.add_argument("file", metavar="FILE", help="where to; - is the standard output")
    out.set_defaults(run=_export)
    into = commands.add_parser("import", help="bring in a zip of any size, all of it or nothing")
    into.add_argument("file", metavar="FILE")
    into.set_defaults(run=_import)


def _say(line: str) -> None:
    end = "\n" if not sys.stderr.isatty() else ""
    print(f"\r{line}" if not end else line, end=end, file=sys.stderr, flush=True)


class _Progress:
    """Says how far something has come, a hundred times at most."""

    def __init__(self):
        self._said = None

    def __call__(self, step: str, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if self._said != (step, percent):
            self._said = (step, percent)
            _say(f"{step}: {done:,} of {total:,}")


@contextmanager
def _whole(path: str) -> Iterator[BinaryIO]:
    """Give a file that takes the place of the one at `path` when all of it is written, and not before."""
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


def _export(workplace, options) -> None:
    count = 0

    def note(posts: int) -> None:
        nonlocal count
        count = posts

    is_file = options.file != "-"
    with workplace.session() as session, _whole(options.file) if is_file else nullcontext(sys.stdout.buffer) as file:
        file.writelines(exported(session, workplace.settings.media_folder, note))
        file.flush()
    place = options.file if is_file else "the standard output"
    print(f"{count:,} posts written to {place}.", file=sys.stdout if is_file else sys.stderr)


def _import(workplace, options) -> None:
    with workplace.session() as session, open(options.file, "rb") as file:
        done = import_all(session, workplace.settings.media_folder, file, None, _Progress(), most_unpacked=None)
    print(done)
