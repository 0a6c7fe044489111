"""boneyard-blog author add | list | password"""

import sys
from getpass import getpass

from sqlalchemy import select

from boneyard_blog.auth import accounts
from boneyard_blog.models import Author


def add_parser(commands) -> None:
    parser = commands.add_parser("author", help="add or list authors, change a password")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, explanation in (
        ("add", _add, "add an author; prompts for the password, or reads it from standard input"),
        ("password", _password, "change an author's password; prompts for it, or reads it from standard input"),
    ):
        action = actions.add_parser(name, help=explanation, description=explanation)
        action.add_argument("name", metavar="NAME")
        action.set_defaults(run=run)
    actions.add_parser("list", help="list the authors").set_defaults(run=_list)


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Repeat password: ") != password:
        raise accounts.AccountError("The two passwords are different")
    return password


def _add(context, options) -> None:
    password = _read_password()
    with context.session() as session:
        accounts.add_author(session, options.name, password)
    print(f"Added {options.name}.")


def _password(context, options) -> None:
    password = _read_password()
    with context.session() as session:
        accounts.set_password(session, options.name, password)
    print(f"Changed the password of {options.name}.")


def _list(context, options) -> None:
    with context.session() as session:
        for name in session.scalars(select(Author.name).order_by(Author.name)):
            print(name)
