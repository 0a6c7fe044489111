"""Failed saves return the text to the author."""

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from boneyard_blog.posts import writing

_BODY = "Hours of work.\n\n  And *more*."


def _form(page):
    return next(form for form in page.forms.values() if "title" in form.fields)


def _typed(ada, path="/author/posts/new", **fields):
    """Return the form with a text in it."""
    form = ada.edit_form(path)
    for name, value in ({"title": "Mine", "body": _BODY, "tags": "one, two", "summary": "Short."} | fields).items():
        form[name] = value
    return form


def _assert_is_kept(page):
    form = _form(page)
    kept = {name: form[name].value for name in ("title", "body", "tags", "summary")}
    assert kept == {"title": "Mine", "body": _BODY, "tags": "one, two", "summary": "Short."}
    assert "The post was not saved" in page.html.select_one("[role=alert]").text
    assert page.headers["Cache-Control"] in ("private, no-store", "no-store")


def test_an_expired_form_can_be_saved_again(ada, site):
    form = _typed(ada)
    ada.sign_in(status=303)

    page = form.submit("save", status=400)

    _assert_is_kept(page)
    _form(page).submit("save", status=303)
    assert site.value("SELECT body FROM posts") == _BODY


def test_a_signed_out_author_can_sign_in_and_save(ada, site):
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


def test_a_signed_out_author_gets_a_long_text_back(ada, site):
    longest = "й" * 200_000
    form = _typed(ada, body=longest)
    ada.browser.reset()

    page = form.submit("save", status=403)

    assert _form(page)["body"].value == longest
    ada.sign_in(status=303)
    _form(_form(page).submit("save", status=400)).submit("save", status=303)
    assert site.value("SELECT body FROM posts") == longest


def test_a_post_that_was_deleted_meanwhile_is_saved_as_a_new_one(ada, site):
    key = ada.write()
    form = _typed(ada, f"/author/posts/{key}", slug="")
    site.execute("DELETE FROM posts")

    page = form.submit("save", status=404)

    _assert_is_kept(page)
    _form(page).submit("save", status=303)
    assert site.execute("SELECT slug, body FROM posts") == [("mine", _BODY)]


def test_a_save_that_times_out_returns_the_text(ada, engine, monkeypatch):
    monkeypatch.setattr("boneyard_blog.posts.writing._LOCK_TIMEOUT", "100ms")
    form = _typed(ada)
    with engine.begin() as connection:
        connection.execute(text("SELECT FROM site_state FOR UPDATE"))

        page = form.submit("save", status=503)

    _assert_is_kept(page)
    assert "The blog is busy" in page
    assert page.headers["Retry-After"] == "5"
    monkeypatch.undo()
    _form(page).submit("save", status=303)


def test_a_save_has_a_longer_timeout_than_a_page(engine):
    with Session(engine) as session:
        writing.lock_posts(session)

        assert session.scalar(text("SHOW statement_timeout")) == "20s"


def test_a_save_that_fails_returns_the_text(ada, monkeypatch):
    form = _typed(ada)
    monkeypatch.setattr("boneyard_blog.posts.writing.create_post", lambda *arguments: 1 / 0)

    page = form.submit("save", status=500)

    _assert_is_kept(page)
    assert "The page could not be shown" in page


def test_the_replacement_character_is_accepted(ada, site):
    ada.write("Broken \ufffd", "A quotation with \ufffd in it.")

    assert site.execute("SELECT title, body FROM posts") == [("Broken \ufffd", "A quotation with \ufffd in it.")]


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_form_of_another_site_is_not_shown(ada, origin):
    ada.browser.extra_environ["wsgi.url_scheme"] = "https"

    page = ada.browser.post("/author/posts/new", {"title": "Not mine"}, headers={"Origin": origin}, expect_errors=True)

    assert 400 <= page.status_int < 500
    assert "Not mine" not in page
