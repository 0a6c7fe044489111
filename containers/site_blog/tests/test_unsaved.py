"""A save that fails: the author gets the text back, and can go on."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from boneyard_blog import writing

_BODY = "Hours of work.\n\n  And *more*."


def _form(page):
    return next(form for form in page.forms.values() if "title" in form.fields)


def _typed(ada, path="/author/posts/new", **fields):
    """Return the form with a text in it that is worth keeping."""
    form = ada.edit_form(path)
    for name, value in ({"title": "Mine", "body": _BODY, "tags": "one, two", "summary": "Short."} | fields).items():
        form[name] = value
    return form


def _assert_is_kept(page):
    form = _form(page)
    kept = {name: form[name].value for name in ("title", "body", "tags", "summary")}
    assert kept == {"title": "Mine", "body": _BODY, "tags": "one, two", "summary": "Short."}
    assert "Nothing was saved, and nothing is lost" in page.html.select_one("[role=alert]").text
    assert page.headers["Cache-Control"] in ("private, no-store", "no-store")


def test_who_signed_in_again_elsewhere_saves_once_more(ada, site):
    form = _typed(ada)
    ada.sign_in(status=303)

    page = form.submit("save", status=400)

    _assert_is_kept(page)
    _form(page).submit("save", status=303)
    assert site.value("SELECT body FROM posts") == _BODY


def test_who_is_signed_out_can_sign_in_and_go_on(ada, site):
    key = ada.write()
    form = _typed(ada, f"/author/posts/{key}")
    ada.browser.reset()

    page = form.submit("save", status=403)

    _assert_is_kept(page)
    assert page.html.select_one("[role=alert] a[target=_blank]")["href"] == "/sign-in"
    assert page.html.select_one("nav[aria-label='For authors']") is None
    ada.sign_in(status=303)
    _form(_form(page).submit("save", status=400)).submit("save", status=303)
    assert site.execute("SELECT body, revision FROM posts") == [(_BODY, 2)]


def test_who_is_signed_out_gets_a_text_back_however_long(ada, site):
    longest = "й" * 200_000
    form = _typed(ada, body=longest)
    ada.browser.reset()

    page = form.submit("save", status=403)

    assert _form(page)["body"].value == longest
    ada.sign_in(status=303)
    _form(_form(page).submit("save", status=400)).submit("save", status=303)
    assert site.value("SELECT body FROM posts") == longest


def test_a_post_that_was_erased_meanwhile_is_saved_as_a_new_one(ada, site):
    key = ada.write()
    form = _typed(ada, f"/author/posts/{key}", slug="")
    site.execute("DELETE FROM posts")

    page = form.submit("save", status=404)

    _assert_is_kept(page)
    _form(page).submit("save", status=303)
    assert site.execute("SELECT slug, body FROM posts") == [("mine", _BODY)]


def test_a_database_that_is_busy_too_long_loses_nothing(ada, engine, monkeypatch):
    monkeypatch.setattr("boneyard_blog.writing._PATIENCE", "100ms")
    form = _typed(ada)
    with engine.begin() as connection:
        connection.execute(text("SELECT FROM site_state FOR UPDATE"))

        page = form.submit("save", status=503)

    _assert_is_kept(page)
    assert "The blog is busy with something large" in page
    assert page.headers["Retry-After"] == "5"
    monkeypatch.undo()
    _form(page).submit("save", status=303)


def test_a_save_waits_longer_than_a_page_may_take(engine):
    with Session(engine) as session:
        writing.take_turn(session)

        assert session.scalar(text("SHOW statement_timeout")) == "20s"


def test_a_fault_of_ours_loses_nothing(ada, monkeypatch):
    form = _typed(ada)
    monkeypatch.setattr("boneyard_blog.writing.create_post", lambda *arguments: 1 / 0)

    page = form.submit("save", status=500)

    _assert_is_kept(page)
    assert "It is our fault" in page


def test_a_character_that_stands_for_an_unreadable_one_may_be_meant(ada, site):
    ada.write("Broken \ufffd", "A quotation with \ufffd in it.")

    assert site.execute("SELECT title, body FROM posts") == [("Broken \ufffd", "A quotation with \ufffd in it.")]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_what_another_site_sends_is_not_shown_as_an_authors_text(ada, origin):
    ada.browser.extra_environ["wsgi.url_scheme"] = "https"

    page = ada.browser.post("/author/posts/new", {"title": "Not mine"}, headers={"Origin": origin}, expect_errors=True)

    assert 400 <= page.status_int < 500
    assert "Not mine" not in page
