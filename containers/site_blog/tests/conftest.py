"""Fixtures: the application on a real PostgreSQL. Each test starts with an empty site."""

import hashlib
import os
import shutil
from base64 import b64encode
from configparser import RawConfigParser
from pathlib import Path

import pytest
from sqlalchemy import event, text
from webtest import TestApp

import boneyard_blog
from helpers import Author, Site, upgrade_when_possible
from servers import Gate

INI = Path("/srv/site/production.ini")
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def ini_settings():
    parser = RawConfigParser()
    parser.read(INI)
    return dict(parser["app:main"])


@pytest.fixture(scope="session")
def media_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    os.environ["MEDIA_FOLDER"] = str(folder)
    return folder


@pytest.fixture(scope="session")
def application(ini_settings, media_folder):
    application = boneyard_blog.main({}, **ini_settings)
    upgrade_when_possible(application.registry.engine)
    return application


@pytest.fixture(scope="session")
def engine(application):
    return application.registry.engine


@pytest.fixture
def site(engine, media_folder):
    """An empty site; tests fill it with plain SQL, as other programs could."""
    for path in media_folder.iterdir():
        shutil.rmtree(path)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("""
                TRUNCATE posts, tags, post_tags, tag_counts, month_counts, search_words, authors, author_sessions, sign_in_failures,
                    post_revisions, former_slugs, media, imports RESTART IDENTITY
            """))
        connection.execute(text("UPDATE site_state SET version = version + 1, changed_at = clock_timestamp()"))
    return Site(engine)


@pytest.fixture
def gate(application):
    """A proxy in front of the database, which a test can close to simulate an outage."""
    gate = Gate(os.environ["BLOG_HOST"], int(os.environ.get("BLOG_PORT", "5432")))
    gate.open()
    yield gate
    gate.close()


@pytest.fixture
def browser(application, site):
    """A reader's browser."""
    return TestApp(application, extra_environ={"HTTP_HOST": "blog.test", "REMOTE_ADDR": "192.0.2.1"})


def _cheap_hash(password: str) -> str:
    # Tests sign in often: use the lowest cost of scrypt.
    key = hashlib.scrypt(password.encode(), salt=b"salt", n=16, r=8, p=1, dklen=32)
    return f"scrypt$16$8$1${b64encode(b'salt').decode()}${b64encode(key).decode()}"


@pytest.fixture
def make_author(application, site):
    """Return a function that adds an author and returns it with a browser that is not signed in."""

    def make(name: str) -> Author:
        site.execute("INSERT INTO authors (name, password_hash) VALUES (:n, :h)", n=name, h=_cheap_hash(PASSWORD))
        browser = TestApp(application, extra_environ={"HTTP_HOST": "blog.test", "REMOTE_ADDR": "192.0.2.1"})
        return Author(name, PASSWORD, browser)

    return make


@pytest.fixture
def ada(make_author):
    """An author who has signed in."""
    author = make_author("ada")
    author.sign_in()
    return author


@pytest.fixture
def statements(engine):
    """The list of executed SQL statements; a test can clear it."""
    executed = []

    def note(connection, cursor, statement, parameters, context, executemany):
        executed.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield executed
    event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def stylesheet():
    """The stylesheet, which Nginx serves; `eng/test-blog` mounts it."""
    return Path("/srv/static/site.css").read_text(encoding="utf-8")
