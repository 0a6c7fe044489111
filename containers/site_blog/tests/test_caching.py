"""ETag, Last-Modified and Cache-Control."""

import pytest

PAGES = ["/", "/post/a-post", "/archive", "/archive/2026", "/archive/2026/03", "/tags", "/tag/nginx", "/search?q=words",
         "/feed", "/tag/nginx/feed", "/sitemap.xml", "/sitemap/pages.xml", "/sitemap/2026-03.xml", "/robots.txt"]  # fmt: skip


@pytest.fixture
def filled(site):
    site.add_post(published="'2026-03-05'", tags=["nginx"])
    return site


@pytest.mark.parametrize("path", PAGES)
def test_a_public_page_is_confirmed_with_304(browser, filled, path):
    page = browser.get(path)

    by_etag = browser.get(path, headers={"If-None-Match": page.headers["ETag"]}, status=304)
    by_date = browser.get(path, headers={"If-Modified-Since": page.headers["Last-Modified"]}, status=304)

    assert by_etag.body == by_date.body == b""
    assert by_etag.headers["ETag"] == page.headers["ETag"]
    assert by_etag.headers["Cache-Control"] == page.headers["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
def test_a_shared_cache_may_keep_a_public_page(browser, filled, path):
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
def test_every_change_is_seen(browser, filled, change):
    etag = browser.get("/").headers["ETag"]

    filled.execute(change)

    browser.get("/", headers={"If-None-Match": etag}, status=200)


def test_a_scheduled_post_changes_the_etag_when_it_comes_out(browser, filled):
    filled.add_post("Soon", "soon", published="now() + interval '2 seconds'")
    etag = browser.get("/").headers["ETag"]

    browser.get("/", headers={"If-None-Match": etag}, status=304)
    filled.execute("SELECT pg_sleep(2.1)")

    browser.get("/", headers={"If-None-Match": etag}, status=200)


def test_several_and_strong_etags_are_understood(browser, filled):
    etag = browser.get("/").headers["ETag"]

    browser.get("/", headers={"If-None-Match": f'"other", {etag}'}, status=304)
    browser.get("/", headers={"If-None-Match": etag.removeprefix("W/")}, status=304)
    browser.get("/", headers={"If-None-Match": '"other"'}, status=200)


def test_head_answers_like_get(browser, filled):
    page = browser.get("/")

    head = browser.head("/")

    assert head.body == b""
    assert head.headers["ETag"] == page.headers["ETag"]


def test_an_authors_page_is_kept_by_no_cache(ada, filled):
    for path in ("/", "/post/a-post", "/feed", "/author/", "/author/posts/new"):
        headers = ada.browser.get(path).headers
        assert headers["Cache-Control"] == "private, no-store", path
        assert "ETag" not in headers, path


def test_errors_are_kept_by_no_cache(browser, filled):
    assert browser.get("/post/none", status=404).headers["Cache-Control"] == "no-store"


def test_pages_allow_nothing_from_elsewhere(browser, filled):
    headers = browser.get("/").headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script-src" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


def test_a_broken_date_in_a_header_does_no_harm(browser, filled):
    browser.get("/", headers={"If-Modified-Since": "yesterday", "If-None-Match": ""}, status=200)
