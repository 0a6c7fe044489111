"""Feeds, sitemaps and robots.txt, read by parsers."""

from xml.etree import ElementTree

import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _feed(browser, path):
    response = browser.get(path)
    assert response.content_type == "application/atom+xml"
    ElementTree.fromstring(response.body)
    parsed = feedparser.parse(response.body)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def test_the_feed_has_the_newest_posts_in_full(browser, site):
    site.add_posts(25)
    site.add_post(
        "Newest <&>", "newest", "Some *words* & more.", "now() - interval '1 minute'", ["nginx"], summary="In short."
    )

    feed = _feed(browser, "/feed")

    assert len(feed.entries) == 20
    newest = feed.entries[0]
    assert newest.title == "Newest <&>" or newest.title == "Newest &lt;&amp;&gt;"
    assert newest.link == newest.id == "http://blog.test/post/newest"
    assert newest.summary == "In short."
    assert newest.content[0].value == "<p>Some <em>words</em> &amp; more.</p>"
    assert [tag.term for tag in newest.tags] == ["nginx"]


def test_the_feed_has_what_atom_demands(browser, site):
    site.add_post()

    root = ElementTree.fromstring(browser.get("/feed").body)

    for parent in (root, root.find(f"{ATOM}entry")):
        assert all(parent.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    assert root.find(f"{ATOM}author/{ATOM}name").text
    links = {link.get("rel"): link.get("href") for link in root.findall(f"{ATOM}link")}
    assert links == {"self": "http://blog.test/feed", "alternate": "http://blog.test/"}


def test_a_tag_has_a_feed_of_its_own(browser, site):
    site.add_post("One", "one", tags=["nginx"])
    site.add_post("Two", "two", tags=["python"])

    assert [entry.title for entry in _feed(browser, "/tag/nginx/feed").entries] == ["One"]
    browser.get("/tag/unknown/feed", status=404)


def test_an_empty_feed_is_valid(browser):
    assert _feed(browser, "/feed").entries == []


def test_characters_that_xml_cannot_hold_do_not_break_the_feed(browser, site):
    site.add_post("Bell \x07 rings", "bell", "Form\x0cfeed \x1b \ufffe")

    assert _feed(browser, "/feed").entries[0].title == "Bell  rings"


def test_pages_announce_their_feeds(browser, site):
    site.add_post(tags=["nginx"])

    links = browser.get("/tag/nginx").html.select("link[type='application/atom+xml']")

    assert {link["href"] for link in links} == {"/feed", "/tag/nginx/feed"}


def test_the_sitemap_leads_to_every_post_and_page(browser, site):
    site.add_post("One", "one", published="'2025-01-05'", tags=["nginx"])
    site.add_post("Two", "two", published="'2025-02-05'")

    index = ElementTree.fromstring(browser.get("/sitemap.xml").body)
    maps = [loc.text.removeprefix("http://blog.test") for loc in index.iter(f"{SITEMAP}loc")]
    found = {loc.text for path in maps for loc in ElementTree.fromstring(browser.get(path).body).iter(f"{SITEMAP}loc")}

    assert maps == ["/sitemap/pages.xml", "/sitemap/2025-02.xml", "/sitemap/2025-01.xml"]
    assert found == {
        f"http://blog.test{path}" for path in ("/", "/archive", "/tags", "/tag/nginx", "/post/one", "/post/two")
    }
    browser.get("/sitemap/2024-01.xml", status=404)


def test_robots_are_told_where_to_go(browser):
    response = browser.get("/robots.txt")

    assert response.content_type == "text/plain"
    assert "Disallow: /author\n" in response
    assert "Sitemap: http://blog.test/sitemap.xml\n" in response
