"""boneyard-blog author add | list | password"""

import sys
from getpass import getpass

from sqlalchemy import select

from boneyard_blog import authors
from boneyard_blog.models import Author


def add_parser(commands) -> None:
    parser = commands.add_parser("author", help="add authors, list them, change a password")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    for name, run, explanation in (
        ("add", _add, "add an author; the password is asked for, or read from standard input"),
        ("password", _password, "give an author a new password, asked for or read from standard input"),
    ):
        action = actions.add_parser(name, help=explanation, description=explanation)
        action.add_argument("name", metavar="NAME")
        action.set_defaults(run=run)
    actions.add_parser("list", help="list the authors").set_defaults(run=_list)


def _read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise authors.AuthorProblem("The two passwords do not agree")
    return password


def _add(workplace, options) -> None:
    password = _read_password()
    with workplace.session() as session:
        authors.add_author(session, options.name, password)
    print(f"Added {options.name}.")


def _password(workplace, options) -> None:
    password = _read_password()
    with workplace.session() as session:
        authors.set_password(session, options.name, password)
    print(f"Changed the password of {options.name}.")


def _list(workplace, options) -> None:
    with workplace.session() as session:
        for name in session.scalars(select(Author.name).order_by(Author.name)):
            print(name)
