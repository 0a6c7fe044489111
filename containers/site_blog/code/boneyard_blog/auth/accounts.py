"""Making authors: from the environment at the first start, or from the command line."""

from __future__ import annotations

import logging

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from boneyard_blog import lockout, passwords, sessions
from boneyard_blog.models import Author
from boneyard_blog.settings import Settings

log = logging.getLogger(__name__)


class AuthorProblem(Exception):
    """An author cannot be made or changed as asked."""


def add_author(session: Session, name: str, password: str) -> None:
    """Add an author, or say why not."""
    name = name.strip()
    if not 1 <= len(name) <= 60 or not name.isprintable():
        raise AuthorProblem(f"The name {name!r} cannot be used: give 1 to 60 visible characters")
    if problem := passwords.problem_with(password):
        raise AuthorProblem(problem)
    added = session.scalar(
        insert(Author)
        .values(name=name, password_hash=passwords.hash_password(password))
        .on_conflict_do_nothing(index_elements=[Author.name])
        .returning(Author.id)
    )
    if added is None:
        raise AuthorProblem(f"There is already an author {name}: choose another name, or change the password")


def set_password(session: Session, name: str, password: str) -> None:
    """Give an author a new password."""
    author = session.scalar(select(Author).where(Author.name == name))
    if author is None:
        raise AuthorProblem(f"There is no author {name}: see boneyard-blog author list")
    if problem := passwords.problem_with(password):
        raise AuthorProblem(problem)
    change_password(session, author, password)


def change_password(session: Session, author: Author, password: str) -> None:
    """Give an author a password that will do: all sessions end, and failures with the old one no longer count."""
    author.password_hash = passwords.hash_password(password)
    sessions.end_all(session, author)
    lockout.forget_failures(session, author.name)


def add_first_author(session: Session, settings: Settings) -> None:
    """Add the author whom the environment names, as long as there is none by that name."""
    name = settings.first_author
    if name is None or session.scalar(select(Author.id).where(Author.name == name)) is not None:
        return
    try:
        add_author(session, name, settings.first_author_password)
        log.info("Added the first author, %s", name)
    except AuthorProblem as problem:
        # Another worker was faster.
        log.debug("%s", problem)
