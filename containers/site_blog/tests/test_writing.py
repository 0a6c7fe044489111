"""Writing, previewing and scheduling posts; the bin."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from boneyard_blog.web.parameters import whole_number
from helpers import titles


def test_an_author_publishes_a_post(ada, browser):
    ada.write("Hello, wörld!", "Some *words*.", tags="Nginx, Reverse Proxy, nginx")

    page = browser.get("/post/hello-world")
    assert page.html.h1.text == "Hello, wörld!"
    assert [tag.text for tag in page.html.select(".post .tags a")] == ["nginx", "reverse-proxy"]


def test_a_draft_is_visible_to_authors_only(ada, browser, site):
    ada.write("Draft", state="draft")

    browser.get("/post/draft", status=404)
    assert "Draft" in ada.browser.get("/author/?state=drafts")
    assert site.value("SELECT published_at FROM posts") is None


def test_a_draft_is_published_later(ada, browser):
    key = ada.write("Draft", state="draft")

    ada.post_form(f"/author/posts/{key}", state="published", status=303)

    assert titles(browser.get("/")) == ["Draft"]


def test_a_published_post_is_withdrawn(ada, browser):
    key = ada.write("Post")

    ada.post_form(f"/author/posts/{key}", state="draft", status=303)

    browser.get("/post/post", status=404)


def test_a_post_is_scheduled(ada, browser, site):
    later = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")

    ada.write("Later", publish_on=later)

    browser.get("/post/later", status=404)
    assert "Later" in ada.browser.get("/author/?state=scheduled")
    assert site.value("SELECT published_at FROM posts").strftime("%Y-%m-%dT%H:%M") == later


@pytest.mark.parametrize("hours", [-26, 26])
def test_the_clock_of_the_database_decides(ada, browser, monkeypatch, hours):
    """Containers have different clocks: only that of the database decides what is published."""
    hour, now = timedelta(hours=1), datetime.now(UTC)
    skewed = time.time() + hours * 3600
    monkeypatch.setattr(time, "time", lambda: skewed)

    for title, moment in (("Soon", now + hour), ("Before", now - hour), ("At once", None)):
        ada.write(title, publish_on=f"{moment:%Y-%m-%dT%H:%M}" if moment else "")

    assert titles(browser.get("/")) == ["At once", "Before"]
    assert [link.text for link in ada.browser.get("/author/?state=scheduled").html.select("td:first-child a")] == ["Soon"]


def test_a_post_is_backdated(ada, browser):
    ada.write("Old", publish_on="2001-02-03T04:05")

    assert titles(browser.get("/archive/2001/02")) == ["Old"]


def test_a_scheduled_post_without_a_date_is_published_now(ada, browser):
    key = ada.write("Later", publish_on="2190-01-01T00:00")

    ada.post_form(f"/author/posts/{key}", publish_on="", status=303)

    assert titles(browser.get("/")) == ["Later"]


def test_a_published_post_with_an_empty_date_keeps_its_date(ada, browser):
    key = ada.write("Old", publish_on="2001-02-03T04:05")

    ada.post_form(f"/author/posts/{key}", publish_on="", status=303)

    assert titles(browser.get("/archive/2001/02")) == ["Old"]


@pytest.mark.parametrize("path", ["/author/posts/new", "/author/posts/1"])
def test_a_date_for_a_draft_is_refused(ada, site, path):
    ada.write("Post", publish_on="2001-02-03T04:05")

    page = ada.post_form(path, title="Draft", state="draft", publish_on="2190-01-01T00:00", status=422)

    assert "A draft has no date" in page.html.select_one("#publish_on-error").text
    assert site.execute("SELECT title FROM posts") == [("Post",)]


@pytest.mark.parametrize(
    ("published", "deleted", "says"),
    [
        ("NULL", None, "Not published: draft."),
        ("now() + interval '9 days'", None, "Not published: scheduled."),
        ("now()", "2026-01-01 00:00Z", "Not published: in the bin."),
    ],
)
def test_authors_see_unpublished_posts_uncached(ada, browser, site, published, deleted, says):
    site.add_post("Post", "post", published=published, deleted_at=deleted)

    page = ada.browser.get("/post/post")

    assert says in page.html.select_one(".kicker").text
    assert page.headers["Cache-Control"] == "private, no-store"
    browser.get("/post/post", status=404)


def test_an_edit_keeps_the_date_of_publication(ada, site):
    key = ada.write("Post")
    before = site.value("SELECT published_at FROM posts")

    ada.post_form(f"/author/posts/{key}", body="Other words.", status=303)

    assert site.value("SELECT published_at FROM posts") == before


def test_a_preview_shows_the_page_and_saves_nothing(ada, site):
    page = ada.post_form("/author/posts/new", "preview", title="Title", body="Some *words*.")

    assert page.html.select_one(".prose em").text == "words"
    assert page.html.select_one("textarea#body").text.strip() == "Some *words*."
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_preview_of_an_edit_saves_nothing(ada, site):
    key = ada.write("Title", "Old words.")

    page = ada.post_form(f"/author/posts/{key}", "preview", body="New words.")

    assert "New words." in page.html.select_one(".prose").text
    assert site.value("SELECT body FROM posts") == "Old words."


def test_the_form_keeps_the_text_exactly(ada, site):
    body = "\n  leading\n\ttab & <tag> \"quotes\" 'single' 🦴\n\ntrailing  \n"

    key = ada.write("Title", body)
    ada.post_form(f"/author/posts/{key}", title="Title again", status=303)

    assert site.value("SELECT body FROM posts") == body


def test_equal_titles_get_different_addresses(ada, site):
    for _ in range(3):
        ada.write("Same title")

    assert sorted(site.execute("SELECT slug FROM posts")) == [("same-title",), ("same-title-2",), ("same-title-3",)]


def test_a_title_without_letters_still_gets_an_address(ada, browser):
    ada.write("日本語 🦴")

    assert browser.get("/post/post").html.h1.text == "日本語 🦴"


def test_an_address_of_another_post_is_refused(ada, site):
    site.add_post("The other", "taken")

    page = ada.post_form("/author/posts/new", title="Mine", slug="taken", status=422)

    assert "the post “The other” has the address taken" in page
    assert page.html.select_one("#title")["value"] == "Mine"
    assert site.value("SELECT count(*) FROM posts") == 1


def test_an_edit_cannot_take_the_address_of_another_post(ada, site):
    site.add_post("The other", "taken")
    key = ada.write("Mine")

    ada.post_form(f"/author/posts/{key}", slug="taken", status=422)

    assert site.value("SELECT slug FROM posts WHERE id = :key", key=key) == "mine"


def test_an_automatic_address_avoids_former_addresses(ada, browser):
    key = ada.write("Mine")
    ada.post_form(f"/author/posts/{key}", slug="renamed", status=303)

    ada.write("Mine")

    assert browser.get("/post/mine", status=301).location == "http://blog.test/post/renamed"
    assert browser.get("/post/mine-2").html.h1.text == "Mine"


def test_a_former_address_can_be_given_to_another_post(ada, browser):
    key = ada.write("Mine")
    ada.post_form(f"/author/posts/{key}", slug="renamed", status=303)

    ada.write("Other", slug="mine")

    assert browser.get("/post/mine").html.h1.text == "Other"


def test_a_post_that_is_renamed_while_withdrawn_is_redirected(ada, browser):
    key = ada.write("Mine")
    ada.post_form(f"/author/posts/{key}", state="draft", publish_on="", status=303)
    ada.post_form(f"/author/posts/{key}", slug="renamed", status=303)
    ada.post_form(f"/author/posts/{key}", state="published", status=303)

    assert browser.get("/post/mine", status=301).location == "http://blog.test/post/renamed"


def test_a_former_address_redirects_to_the_new_one(ada, browser):
    key = ada.write("Mine")

    ada.post_form(f"/author/posts/{key}", slug="renamed", status=303)

    assert browser.get("/post/mine", status=301).location == "http://blog.test/post/renamed"
    assert browser.get("/post/renamed").html.h1.text == "Mine"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "A title is required."),
        ("title", " \t ", "A title is required."),
        ("title", "x" * 201, "The title has 201 characters; the maximum is 200."),
        ("title", "a\x00b", "The title contains control characters"),
        ("title", "a\nb", "The title must be one line."),
        ("body", "x" * 200_001, "The text has 200,001 characters; the maximum is 200,000."),
        ("body", "a\x00b", "The text contains control characters"),
        ("body", "a\x1bb", "The text contains control characters"),
        ("summary", "x" * 501, "The summary has 501 characters; the maximum is 500."),
        ("slug", "Not A Slug", "An address may contain a-z, 0-9 and single hyphens"),
        ("slug", "a--b", "An address may contain"),
        ("slug", "../etc", "An address may contain"),
        ("slug", "x" * 101, "An address may contain"),
        ("slug", "größe", "An address may contain"),
        ("tags", "x" * 41, "A tag may have at most 40 visible characters."),
        ("tags", "a\x00b", "A tag may have at most 40 visible characters."),
        ("tags", "nginx, .", ". cannot be a tag"),
        ("tags", "..", ".. cannot be a tag"),
        ("tags", ",".join(f"t{i}" for i in range(21)), "There are 21 tags; the maximum is 20."),
        ("publish_on", "tomorrow", "Enter a date and time"),
        ("publish_on", "2026-02-30T12:00", "Enter a date and time"),
        ("publish_on", "0001-01-01T00:00", "Enter a date and time"),
        ("publish_on", "9999-12-31T23:59", "Enter a date and time"),
    ],
)
def test_an_invalid_field_is_refused_with_the_reason(ada, site, field, value, message):
    fields = {"csrf_token": ada.token(), "title": "Title", "body": "Text", "state": "published"} | {field: value}

    page = ada.browser.post("/author/posts/new", fields, status=422)

    assert message in page.html.select_one(f"#{field}-error").text
    assert site.value("SELECT count(*) FROM posts") == 0
    assert site.value("SELECT count(*) FROM tags") == 0


def test_markup_in_every_field_is_escaped(ada, browser):
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"

    ada.write(hostile, hostile, summary=hostile, tags="<script>alert(1)<")

    slug = "script-alert-1-script-img-src-x-onerror-alert-1"
    for path in ("/", f"/post/{slug}", "/tags", "/archive", "/feed", "/search?q=alert"):
        page = browser.get(path)
        assert "<script" not in page.text and "<img src=x" not in page.text, path
    for path in ("/author/", "/author/posts/1", "/author/posts/1/revisions"):
        page = ada.browser.get(path)
        assert "<script" not in page.text and "<img src=x" not in page.text, path


def test_a_long_text_without_spaces_is_saved(ada, browser):
    ada.write("Long", "x" * 199_000 + " lighthouse")

    assert titles(browser.get("/search?q=lighthouse")) == ["Long"]


def test_a_text_with_many_different_words_is_saved(ada, site):
    ada.write("Words", " ".join(f"w{i:x}" for i in range(33_000)))

    assert site.value("SELECT count(*) FROM posts") == 1


def test_a_post_can_be_restored_from_the_bin(ada, browser):
    key = ada.write("Post", tags="nginx")

    ada.press(f"/author/posts/{key}/bin", status=303)
    gone = browser.get("/post/post", status=404)
    in_bin = ada.browser.get("/author/?state=bin")
    ada.press(f"/author/posts/{key}/take-back", status=303)

    assert "Post" not in titles(gone)
    assert "Post" in in_bin
    assert titles(browser.get("/tag/nginx")) == ["Post"]


def test_only_posts_in_the_bin_can_be_deleted(ada, site):
    key = ada.write("Post")

    ada.press(f"/author/posts/{key}/erase", status=303)
    still = site.value("SELECT count(*) FROM posts")
    ada.press(f"/author/posts/{key}/bin", status=303)
    ada.press(f"/author/posts/{key}/erase", status=303)

    assert still == 1
    assert site.value("SELECT count(*) FROM posts") == 0


@pytest.mark.parametrize("key", ["0", "abc", "99", "-1", "99999999999999999999"])
def test_a_post_that_does_not_exist_cannot_be_edited(ada, key):
    ada.browser.get(f"/author/posts/{key}", status=404)


def test_the_desk_lists_posts_by_state(ada):
    ada.write("Shown")
    ada.write("Kept", state="draft")

    def listed(state):
        return [row.a.text for row in ada.browser.get(f"/author/?state={state}").html.select("tbody tr")]

    assert listed("published") == ["Shown"]
    assert listed("drafts") == ["Kept"]
    assert listed("all") == ["Kept", "Shown"]
    assert listed("nonsense") == ["Kept", "Shown"]


def test_a_signed_in_author_gets_a_link_to_edit(ada, browser):
    key = ada.write("Post")

    assert ada.browser.get("/post/post").html.select_one(f".meta a[href='/author/posts/{key}']")
    assert browser.get("/post/post").html.select_one(".meta a") is None


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), ("99", 99), ("07", 7), ("0", 5), ("100", 5), ("", 5), ("-1", 5), ("1.0", 5), ("٣", 5), ("9" * 9999, 5)],
)
def test_numbers_in_parameters_are_limited(text, number):
    assert whole_number(text, 5, 99) == number
