"""boneyard-blog: what an operator does from a shell in the container."""

from __future__ import annotations

import argparse
import sys

from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog.authors import AuthorProblem
from boneyard_blog.exchange.importing import ImportRefused
from boneyard_blog.models import connect
from boneyard_blog.schema import UnknownVersion
from boneyard_blog.server.configuration import ini_path, read_ini
from boneyard_blog.settings import Environment, SettingError, Settings


class Workplace:
    """What every command needs: the settings and the database."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.ini = read_ini(ini_path())
        # Commands may take long, and nobody waits for them in a browser.
        self.engine = connect(settings, statement_timeout_ms=0)

    def session(self) -> Session:
        return sessionmaker(self.engine, expire_on_commit=False).begin()


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return what the shell is told."""
    from boneyard_blog.commands import author, exchange, schema

    parser = argparse.ArgumentParser("boneyard-blog", description="The Bone Yard's blog, from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (author, schema, exchange):
        module.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(Workplace(Settings.from_environment(Environment())), options)
    except (SettingError, AuthorProblem, ImportRefused, UnknownVersion) as problem:
        return _fail(str(problem))
    except OperationalError as error:
        return _fail(f"the database cannot be reached: {str(error.orig).strip().splitlines()[0]}")
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise
        return _fail("the database has no tables yet, or those of an older version: run boneyard-blog schema upgrade")
    except OSError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _fail(message: str) -> int:
    print(f"boneyard-blog: {message}", file=sys.stderr)
    return 1
