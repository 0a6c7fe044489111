"""The command line of the container, boneyard-blog: authors, schema, export, import."""

from __future__ import annotations

import argparse
import sys

from psycopg.errors import UndefinedColumn, UndefinedTable
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from boneyard_blog.auth.accounts import AccountError
from boneyard_blog.exchange.archive import ImportRefused
from boneyard_blog.models import connect
from boneyard_blog.schema import UnknownVersion
from boneyard_blog.server.configuration import ini_path, read_ini
from boneyard_blog.settings import Environment, SettingError, Settings


class CommandContext:
    """The settings and the database connection of a command."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.ini = read_ini(ini_path())
        # Commands may take long: no browser waits for them.
        self.engine = connect(settings, statement_timeout_ms=0)

    def session(self) -> Session:
        return sessionmaker(self.engine, expire_on_commit=False).begin()


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code: 0, 1 for an error, 130 after Ctrl+C. `arguments` defaults to sys.argv."""
    from boneyard_blog.commands import author, exchange, schema

    parser = argparse.ArgumentParser("boneyard-blog", description="Manages the blog: authors, database schema, export and import.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in (author, schema, exchange):
        module.add_parser(commands)
    options = parser.parse_args(arguments)
    try:
        options.run(CommandContext(Settings.from_environment(Environment())), options)
    except (SettingError, AccountError, ImportRefused, UnknownVersion) as error:
        return _fail(str(error))
    except OperationalError as error:
        return _fail(f"cannot connect to the database: {str(error.orig).strip().splitlines()[0]}")
    except ProgrammingError as error:
        if not isinstance(error.orig, UndefinedTable | UndefinedColumn):
            raise
        return _fail("the database has no schema yet or an older one: run boneyard-blog schema upgrade")
    except OSError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _fail(message: str) -> int:
    print(f"boneyard-blog: {message}", file=sys.stderr)
    return 1
