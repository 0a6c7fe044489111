"""boneyard-blog export | import"""

import sys

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.importing import import_all


def add_parser(commands) -> None:
    out = commands.add_parser("export", help="write everything to a zip of Markdown files and images")
    out.add_argument("file", metavar="FILE")
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


def _export(workplace, options) -> None:
    count = 0

    def note(posts: int) -> None:
        nonlocal count
        count = posts

    with workplace.session() as session, open(options.file, "wb") as file:
        file.writelines(exported(session, workplace.settings.media_folder, note))
    print(f"{count:,} posts written to {options.file}.")


def _import(workplace, options) -> None:
    with workplace.session() as session, open(options.file, "rb") as file:
        done = import_all(session, workplace.settings.media_folder, file, None, _Progress(), most_unpacked=None)
    print(done)
