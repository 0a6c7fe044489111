"""Error pages."""

import time

import pytest
from sqlalchemy import text
from webtest import TestApp

import boneyard_blog
from boneyard_blog.posts import site


def test_a_statement_that_takes_too_long_is_cancelled(browser, engine, monkeypatch):
    monkeypatch.setattr(site, "_STATE", text("SELECT pg_sleep(20)"))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "3s"

    page = browser.get("/", status=503)

    assert page.headers["Retry-After"] == "5"
    assert "Try again in a few seconds." in page


def test_an_author_gets_the_page_for_an_unavailable_database(ada, monkeypatch):
    monkeypatch.setattr(site, "_STATE", text("SELECT pg_terminate_backend(pg_backend_pid())"))

    page = ada.browser.get("/", status=503)

    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Try again in a few seconds." in page


@pytest.mark.parametrize(("path", "status"), [("/", 503), ("/author/", 503), ("/sign-in", 200), ("/alive", 200)])
def test_an_author_gets_503_without_a_database(ada, ini_settings, gate, monkeypatch, path, status):
    monkeypatch.setenv("BLOG_HOST", "127.0.0.1")
    monkeypatch.setenv("BLOG_PORT", str(gate.port))
    behind = TestApp(boneyard_blog.main({}, **ini_settings), {"HTTP_HOST": "blog.test"}, cookiejar=ada.browser.cookiejar)
    behind.get("/author/", status=200)

    gate.close()

    answer = behind.get(path, status=status)
    assert ("Try again in a few seconds." in answer) == (status == 503)


@pytest.mark.parametrize(
    "statement",
    ["SELECT FROM no_such_table", "SELECT no_such_column FROM posts", "SELECT 1 / 0", "SELECT CAST('x' AS integer)",
     "INSERT INTO posts (title, slug) VALUES ('', '')"],
)  # fmt: skip
def test_an_invalid_statement_is_an_internal_error_and_not_an_outage(browser, monkeypatch, caplog, statement):
    monkeypatch.setattr(site, "_STATE", text(statement))

    page = browser.get("/", status=500)

    assert "The page could not be shown" in page
    assert "Traceback" in caplog.text


def test_a_text_that_postgresql_cannot_store_is_a_client_error(browser, monkeypatch):
    for statement in (text("SELECT convert_from('\\xff', 'UTF8')"), text("SELECT :x").bindparams(x="\x00")):
        monkeypatch.setattr(site, "_STATE", statement)

        assert "must be valid UTF-8 text without NUL" in browser.get("/", status=400)


def test_before_the_first_migration_pages_answer_503(ini_settings, engine, monkeypatch):
    name = "not_migrated"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    monkeypatch.setenv("BLOG_DATABASENAME", name)
    empty = TestApp(boneyard_blog.main({}, **ini_settings))

    page = empty.get("/", status=503)

    assert "Try again in a few seconds." in page


def test_a_statement_that_fails_during_the_migration_is_an_outage(browser, application, monkeypatch):
    monkeypatch.setattr(application.registry, "schema_ready_at", time.monotonic())
    monkeypatch.setattr(site, "_STATE", text("SELECT FROM no_such_table"))

    assert "Try again in a few seconds." in browser.get("/", status=503)


def test_an_unhandled_exception_gives_a_page_and_a_log_entry(browser, monkeypatch, caplog):
    monkeypatch.setattr("boneyard_blog.posts.site.read_site", lambda session: 1 / 0)
    page = browser.get("/", status=500)

    assert "The page could not be shown" in page
    assert "ZeroDivisionError" in caplog.text
