"""What visitors see when something does not work."""

from sqlalchemy import text

from boneyard_blog import site


def test_a_statement_that_takes_too_long_is_cut_off(browser, engine, monkeypatch):
    monkeypatch.setattr(site, "_STATE", text("SELECT pg_sleep(20)"))
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "3s"

    page = browser.get("/", status=503)

    assert page.headers["Retry-After"] == "5"
    assert "Please try again in a few seconds." in page


def test_an_author_too_sees_the_page_that_says_so(ada, monkeypatch):
    monkeypatch.setattr(site, "_STATE", text("SELECT * FROM no_such_table"))

    page = ada.browser.get("/", status=503)

    assert page.headers["Cache-Control"] == "private, no-store"
    assert "Please try again in a few seconds." in page


def test_a_fault_of_ours_is_a_page_and_a_log_entry(browser, monkeypatch, caplog):
    monkeypatch.setattr("boneyard_blog.site.read_site", lambda session: 1 / 0)
    page = browser.get("/", status=500)

    assert "It is our fault" in page
    assert "ZeroDivisionError" in caplog.text
