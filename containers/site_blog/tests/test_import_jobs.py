"""Imports in the background: progress, locks, and saves at the same time."""

import threading
import time
from io import BytesIO

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from boneyard_blog.exchange import archive, importing
from boneyard_blog.media import images
from boneyard_blog.models import Author
from boneyard_blog.posts import writing
from boneyard_blog.posts.writing import Content
from helpers import import_message, picture, post_file, wait_until_a_lock_is_awaited, zip_file


def test_an_import_whose_worker_has_ended_is_reported(ada, site):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes')")

    assert "The server was restarted during the import; nothing was imported." in ada.browser.get("/author/imports/1")


@pytest.fixture
def held_import(engine):
    """The lock of an import that is running without progress."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": importing.LOCK})
        yield


def test_a_slow_import_with_the_lock_is_not_marked_as_failed(ada, site, held_import):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes')")

    assert ada.browser.get("/author/imports/1").html.progress is not None


def test_an_import_whose_worker_has_ended_is_reported_while_a_later_one_runs(ada, site, held_import):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes'), ('y.zip', now())")

    assert "The server was restarted during the import; nothing was imported." in ada.browser.get("/author/imports/1")
    assert ada.browser.get("/author/imports/2").html.progress is not None


def test_a_second_import_is_refused_while_one_runs(ada, held_import):
    page = ada.upload("/author/imports", "posts.zip", zip_file(files={"a.md": post_file()}), status=409)

    assert "Another import is running." in page


def test_an_import_on_the_command_line_is_refused_while_one_runs(site, engine, media_folder, held_import):
    with Session(engine) as session, pytest.raises(archive.ImportRefused, match="Another import is running."):
        importing.import_all(session, str(media_folder), BytesIO(zip_file(a="x")), None, lambda *step: None)


def test_an_import_and_a_save_with_the_same_tag_do_not_deadlock(ada, site, engine):
    with Session(engine) as session, session.begin():
        author = session.scalar(select(Author))
        writing.lock_posts(session)
        response = ada.upload("/author/imports", "a.zip", zip_file(files={"a.md": post_file(tags="[shared]")}), status=303)
        wait_until_a_lock_is_awaited(site)

        writing.create_post(session, author, Content("Saved", "saved", "", "", ("shared",)), None)

    assert import_message(ada, response.location) == "1 posts added, 0 changed, 0 unchanged; 0 images."
    assert site.value("SELECT count(*) FROM post_tags") == 2


def test_a_save_does_not_wait_while_an_import_reads(ada, site, engine, monkeypatch):
    reading, go_on = threading.Event(), threading.Event()

    def slow(*arguments, **options):
        reading.set()
        assert go_on.wait(60)
        return images.Picture(b"x", "png", "image/png", 1, 1)

    monkeypatch.setattr(images, "read_picture", slow)
    response = ada.upload(
        "/author/imports", "a.zip", zip_file(files={"a.md": post_file(), "a.png": picture()}), status=303
    )
    assert reading.wait(60)

    ada.write("Saved meanwhile")
    go_on.set()

    assert import_message(ada, response.location) == "1 posts added, 0 changed, 0 unchanged; 1 images."



def test_pages_are_served_while_an_import_runs(ada, site, browser):
    files = {f"p{i}.md": post_file(f"Post {i}", f"p{i}", date="2026-01-01") for i in range(500)}
    response = ada.upload("/author/imports", "posts.zip", zip_file(files=files), status=303)

    statuses = [browser.get("/").status_int for _ in range(10)]

    assert statuses == [200] * 10
    while ada.browser.get(response.location).html.progress:
        time.sleep(0.05)


def test_an_import_of_ten_thousand_posts_shows_progress(ada, site, browser):
    body = "Some *words* about the harbour. " * 20
    files = {
        f"posts/p{i}.md": post_file(f"Post {i}", f"p{i}", body, date="2026-01-01", tags="[bulk]") for i in range(10_000)
    }
    response = ada.upload("/author/imports", "posts.zip", zip_file(files=files), status=303)
    seen = set()

    while (progress := ada.browser.get(response.location).html.progress) is not None:
        seen.add(progress["value"])
        time.sleep(0.05)

    assert "10000 posts added" in ada.browser.get(response.location)
    assert len(seen) > 2
    assert "10,000 posts" in browser.get("/tag/bulk")
