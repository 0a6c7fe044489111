"""Author accounts: added from the environment at the first start, or on the command line."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boneyard_blog.auth import lockout, passwords, sessions
from boneyard_blog.models import Author
from boneyard_blog.settings import Settings

log = logging.getLogger(__name__)


class AccountError(Exception):
    """An author cannot be added or changed; the message gives the reason and the remedy."""


def add_author(session: Session, name: str, password: str) -> None:
    """Add an author. Raises AccountError if the name is malformed or taken, or the password cannot be used."""
    name = name.strip()
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise AccountError(f"The name {name!r} is not valid: use 1 to 60 visible characters")
    if error := passwords.error_in(password):
        raise AccountError(error)
    added = session.scalar(
        insert(Author)
        .values(name=name, password_hash=passwords.hash_password(password))
        .on_conflict_do_nothing(index_elements=[Author.name])
        .returning(Author.id)
    )
    if added is None:
        raise AccountError(f"An author named {name} exists already: choose another name, or change the password")


def set_password(session: Session, name: str, password: str) -> None:
    """Set an author's password. Raises AccountError if there is no such author or the password cannot be used."""
    author = session.scalar(select(Author).where(Author.name == name))
    if author is None:
        raise AccountError(f"There is no author named {name}: list them with boneyard-blog author list")
    if error := passwords.error_in(password):
        raise AccountError(error)
    change_password(session, author, password)


def change_password(session: Session, author: Author, password: str) -> None:
    """Store a password that has been checked; end all sessions of the author and reset the failed sign-ins."""
    author.password_hash = passwords.hash_password(password)
    sessions.end_all(session, author)
    lockout.reset_failures(session, author.name)


def add_first_author(session: Session, settings: Settings) -> None:
    """Add the author that FIRST_AUTHOR names, unless an author has that name already."""
    name = settings.first_author
    if name is None or session.scalar(select(Author.id).where(Author.name == name)) is not None:
        return
    try:
        add_author(session, name, settings.first_author_password)
        log.info("Added the first author, %s", name)
    except AccountError as error:
        # Another worker has added the author.
        log.debug("%s", error)
