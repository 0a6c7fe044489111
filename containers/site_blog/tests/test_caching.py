"""ETag, Last-Modified and Cache-Control."""

import pytest
from webtest import TestApp

import boneyard_blog

PAGES = ["/", "/post/a-post", "/archive", "/archive/2026", "/archive/2026/03", "/tags", "/tag/nginx", "/search?q=words",
         "/feed", "/tag/nginx/feed", "/sitemap.xml", "/sitemap/pages.xml", "/sitemap/2026-03.xml", "/robots.txt"]  # fmt: skip


@pytest.fixture
def filled(site):
    site.add_post(published="'2026-03-05'", tags=["nginx"])
    return site


@pytest.mark.parametrize("path", PAGES)
def test_an_unchanged_public_page_is_answered_with_304(browser, filled, path):
    page = browser.get(path)

    by_etag = browser.get(path, headers={"If-None-Match": page.headers["ETag"]}, status=304)
    by_date = browser.get(path, headers={"If-Modified-Since": page.headers["Last-Modified"]}, status=304)

    assert by_etag.body == by_date.body == b""
    assert by_etag.headers["ETag"] == page.headers["ETag"]
    assert by_etag.headers["Cache-Control"] == page.headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
def test_a_shared_cache_can_store_a_public_page(browser, filled, path):
    headers = browser.get(path).headers

    assert headers["Cache-Control"].startswith("public, max-age=0, s-maxage=5")
    assert headers["Vary"] == "Cookie"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE posts SET body = 'New words'",
        "INSERT INTO posts (title, slug, published_at) VALUES ('New', 'new', now())",
        "UPDATE posts SET deleted_at = now()",
        "DELETE FROM post_tags",
    ],
)
def test_every_change_changes_the_etag(browser, filled, change):
    etag = browser.get("/").headers["ETag"]

    filled.execute(change)

    browser.get("/", headers={"If-None-Match": etag}, status=200)


def test_a_scheduled_post_changes_the_etag_when_it_is_published(browser, filled):
    filled.add_post("Soon", "soon", published="now() + interval '2 seconds'")
    etag = browser.get("/").headers["ETag"]

    browser.get("/", headers={"If-None-Match": etag}, status=304)
    filled.execute("SELECT pg_sleep(2.1)")

    browser.get("/", headers={"If-None-Match": etag}, status=200)


def test_lists_of_etags_and_strong_etags_are_accepted(browser, filled):
    etag = browser.get("/").headers["ETag"]

    browser.get("/", headers={"If-None-Match": f'"other", {etag}'}, status=304)
    browser.get("/", headers={"If-None-Match": etag.removeprefix("W/")}, status=304)
    browser.get("/", headers={"If-None-Match": '"other"'}, status=200)


def test_head_answers_like_get(browser, filled):
    page = browser.get("/")

    head = browser.head("/")

    assert head.body == b""
    assert head.headers["ETag"] == page.headers["ETag"]


def test_pages_of_an_author_are_not_cached(ada, filled):
    for path in ("/", "/post/a-post", "/feed", "/author/", "/author/posts/new"):
        headers = ada.browser.get(path).headers
        assert headers["Cache-Control"] == "private, no-store", path
        assert "ETag" not in headers, path


def test_the_sign_in_form_does_not_disable_caching(browser, make_author, filled):
    ada = make_author("ada")
    ada.sign_in("wrong", status=422)
    browser.get("/sign-in")
    browser.post("/author/posts/new", {"title": "x"}, status=403)

    for reader in (ada.browser, browser):
        assert "boneyard_session" not in reader.cookies
        page = reader.get("/")
        reader.get("/", headers={"If-None-Match": page.headers["ETag"]}, status=304)


@pytest.mark.parametrize("end", ["DELETE FROM author_sessions", "DELETE FROM authors"])
def test_an_ended_session_does_not_disable_caching(ada, filled, end):
    filled.execute(end)

    ada.browser.get("/")

    assert "boneyard_session" not in ada.browser.cookies
    assert "ETag" in ada.browser.get("/").headers


def test_a_post_that_is_withdrawn_or_renamed_is_replaced_in_a_shared_cache(ada, browser, filled):
    filled.add_post("Renamed", "renamed")
    key = filled.value("SELECT id FROM posts WHERE slug = 'renamed'")
    ada.post_form(f"/author/posts/{key}", slug="better", status=303)
    filled.execute("UPDATE posts SET deleted_at = now() WHERE slug = 'a-post'")

    for path, status in (("/post/a-post", 404), ("/post/renamed", 301), ("/tag/nginx/feed", 404), ("/page/1", 301)):
        headers = browser.get(path, status=status).headers
        assert (headers["Cache-Control"], headers["Vary"]) == ("public, max-age=0, s-maxage=5", "Cookie"), path
        assert "ETag" not in headers, path


def test_errors_are_not_cached(browser, filled, monkeypatch):
    assert browser.get("/none", status=404).headers["Cache-Control"] == "no-store"
    monkeypatch.setattr("boneyard_blog.posts.views.home.timeline_page", lambda *_: 1 / 0)
    assert browser.get("/", status=500).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("setting", ["title", "tagline", "language", "posts_per_page", "CONTACT_LINKS", "SITE_URL"])
def test_a_changed_setting_changes_the_etag(browser, filled, ini_settings, monkeypatch, setting):
    etag = browser.get("/").headers["ETag"]
    monkeypatch.setenv("CONTACT_LINKS", "Home=https://home.example" if setting == "CONTACT_LINKS" else "")
    monkeypatch.setenv("SITE_URL", "https://blog.example" if setting == "SITE_URL" else "")
    changed = {f"blog.{setting}": "nl" if setting == "language" else "7"} if setting.islower() else {}

    again = TestApp(boneyard_blog.main({}, **ini_settings | changed))

    again.get("/", headers={"If-None-Match": etag}, status=200)


def test_the_same_settings_give_the_same_etag(browser, filled, ini_settings):
    etag = browser.get("/").headers["ETag"]

    TestApp(boneyard_blog.main({}, **ini_settings)).get("/", headers={"If-None-Match": etag}, status=304)


def test_if_modified_since_before_a_restart_gets_the_whole_page(browser, filled, ini_settings):
    date = browser.get("/").headers["Last-Modified"]
    filled.execute("SELECT pg_sleep(1.1)")

    again = TestApp(boneyard_blog.main({}, **ini_settings))

    again.get("/", headers={"If-Modified-Since": date}, status=200)


def test_the_security_headers_forbid_other_origins(browser, filled):
    headers = browser.get("/").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_malformed_date_in_a_header_is_ignored(browser, filled):
    browser.get("/", headers={"If-Modified-Since": "yesterday", "If-None-Match": ""}, status=200)
