"""Export, and import of an export."""

import os
from io import BytesIO
from zipfile import ZipFile

import feedparser
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.front_matter import parse_post
from boneyard_blog.media import images
from helpers import import_message, import_zip, photo, picture, post_file, titles, wait_until_a_lock_is_awaited, zip_file


def _exported(ada) -> dict[str, bytes]:
    response = ada.browser.get("/author/export")
    assert response.content_type == "application/zip"
    with ZipFile(BytesIO(response.body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_is_exported(ada, site):
    site.add_post("Shown", "shown", "Words.", "'2026-03-05 12:00Z'", ["nginx"], summary="Short: yes")
    site.add_post("Draft", "draft", published="NULL")
    site.add_post("Binned", "binned")
    site.execute("UPDATE posts SET deleted_at = '2026-03-06 00:00Z' WHERE slug = 'binned'")
    ada.upload("/author/media", "x.png", picture(), status=303)

    site.execute("INSERT INTO former_slugs SELECT unnest(ARRAY['once', 'before']), id FROM posts WHERE slug = 'shown'")
    site.execute("UPDATE posts SET atom_id = '01234567-89ab-cdef-0123-456789abcdef' WHERE slug = 'shown'")

    files = _exported(ada)

    assert files["posts/shown.md"].decode() == (
        "---\ntitle: Shown\nslug: shown\ndate: 2026-03-05 12:00:00+00:00\ntags: [nginx]\nsummary: 'Short: yes'\n"
        "aliases: [before, once]\nid: urn:uuid:01234567-89ab-cdef-0123-456789abcdef\n---\nWords."
    )
    assert b"draft: true" in files["posts/draft.md"]
    assert b"deleted: 2026-03-06" in files["posts/binned.md"]
    assert f"media/{site.value('SELECT path FROM media')}" in files


def test_an_imported_export_is_the_same_as_before(ada, site, browser):
    everything = "SELECT title, slug, summary, body, published_at, deleted_at FROM posts ORDER BY slug"
    tags = (
        "SELECT slug, name FROM posts JOIN post_tags ON post_id = posts.id JOIN tags ON tags.id = tag_id ORDER BY 1, 2"
    )
    site.add_post(
        "T: 'x' \"y\" # z", "one", "---\nodd: body\n---\n\n trailing \n", "now()", ["c++", "größe"], summary="a: b"
    )
    site.add_post("Yes", "yes", "", "NULL", ["null"])
    site.add_post("123", "n-123", "\ttab 🦴", "now() + interval '9 days'")
    site.add_post("Binned", "binned", "x")
    site.execute("UPDATE posts SET deleted_at = now() WHERE slug = 'binned'")
    before = site.execute(everything), site.execute(tags)
    data = ada.browser.get("/author/export").body
    site.execute("DELETE FROM posts")

    message = import_zip(ada, data)

    assert message == "4 posts added, 0 changed, 0 unchanged; 0 images."
    assert (site.execute(everything), site.execute(tags)) == before
    assert titles(browser.get("/tag/c++")) == ["T: 'x' \"y\" # z"]


def test_the_same_import_again_changes_nothing(ada, site):
    site.add_post(tags=["nginx", "python"])
    data = ada.browser.get("/author/export").body

    assert import_zip(ada, data) == "0 posts added, 0 changed, 1 unchanged; 0 images."
    assert site.value("SELECT revision FROM posts") == 1


def test_an_import_of_an_existing_post_adds_a_revision(ada, site):
    site.add_post("Old", "a-slug", "Old words.", tags=["old"])

    message = import_zip(ada, zip_file(files={"a.md": post_file("New", body="New words.", tags="[new]", date="2026-03-05")}))

    assert message == "0 posts added, 1 changed, 0 unchanged; 0 images."
    assert site.execute("SELECT number, title, body, tags FROM post_revisions ORDER BY number") == [
        (1, "Old", "Old words.", ["old"]),
        (2, "New", "New words.", ["new"]),
    ]


def _entry_ids(browser) -> dict[str, str]:
    return {entry.title: entry.id for entry in feedparser.parse(browser.get("/feed").body).entries}


def test_former_slugs_and_feed_ids_are_imported(ada, site, browser):
    site.add_post("One", "one", tags=["nginx"])
    key = ada.write("Two", slug="first")
    for slug in ("second", "third"):
        ada.post_form(f"/author/posts/{key}", slug=slug, status=303)
    before = _entry_ids(browser)
    data = ada.browser.get("/author/export").body
    site.execute("DELETE FROM posts")
    site.execute("UPDATE site_state SET identity = gen_random_uuid()")
    # One of the ids belongs to another post here.
    site.add_post("One", "one")

    assert import_zip(ada, data) == "1 posts added, 1 changed, 0 unchanged; 0 images."

    assert _entry_ids(browser) == before
    for slug in ("first", "second"):
        assert browser.get(f"/post/{slug}", status=301).location == "http://blog.test/post/third"
    assert _exported(ada)["posts/third.md"] == ZipFile(BytesIO(data)).read("posts/third.md")


def test_a_feed_id_of_another_post_is_not_imported(ada, site, browser):
    site.add_post("One", "one")
    name = next(iter(_entry_ids(browser).values()))
    files = {f"{slug}.md": post_file(slug.title(), slug, id=name, date="2026-03-05") for slug in ("two", "three")}

    assert import_zip(ada, zip_file(files=files)) == "2 posts added, 0 changed, 0 unchanged; 0 images."

    names = _entry_ids(browser)
    assert names["One"] == name
    assert len(set(names.values())) == 3


def test_a_former_slug_that_another_post_has_is_not_imported(ada, site, browser):
    site.add_post("One", "one")

    import_zip(ada, zip_file(files={"a.md": post_file(aliases="[one, free]", date="2026-03-05")}))

    assert browser.get("/post/one").html.h1.text == "One"
    browser.get("/post/free", status=301)
    assert site.execute("SELECT slug FROM former_slugs") == [("free",)]


def test_aliases_and_ids_in_other_formats_are_ignored():
    file = post_file(id="17", aliases="[/2020/01/hello/, /post/once/, a-slug, 2020-01-02, 'Not A Slug']")

    post = parse_post(file.encode(), "a.md")

    assert (post.aliases, post.atom_id) == (("2020-01-02", "once"), None)
    assert parse_post(post_file(id="urn:uuid:nonsense").encode(), "a.md").atom_id is None


def test_an_import_sets_the_author_of_changed_posts_only(ada, site):
    site.add_post("One", "one")
    site.add_post("Two", "two")
    data = ada.browser.get("/author/export").body
    site.execute("UPDATE posts SET body = 'Other words.' WHERE slug = 'two'")

    assert import_zip(ada, data) == "0 posts added, 1 changed, 1 unchanged; 0 images."

    assert site.execute("""
        SELECT post_revisions.slug, number, name
        FROM post_revisions LEFT JOIN authors ON authors.id = author_id ORDER BY number
    """) == [("two", 1, None), ("two", 2, "ada")]


def test_images_are_imported(ada, site, media_folder):
    assert (
        import_zip(ada, zip_file(files={"media/photo.png": picture()}))
        == "0 posts added, 0 changed, 0 unchanged; 1 images."
    )
    assert (media_folder / site.value("SELECT path FROM media")).is_file()


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_an_imported_image_keeps_its_path(ada, site, media_folder, image_format):
    ada.upload("/author/media", "photo", photo(image_format), status=303)
    path = site.value("SELECT path FROM media")
    kept = (media_folder / path).read_bytes()
    ada.write("Photo", f"![A photo](/media/{path})")
    data = ada.browser.get("/author/export").body
    site.execute("DELETE FROM posts")
    site.execute("DELETE FROM media")
    (media_folder / path).unlink()

    message = import_zip(ada, data)

    assert message == "1 posts added, 0 changed, 0 unchanged; 1 images."
    assert site.execute("SELECT path FROM media") == [(path,)]
    assert (media_folder / path).read_bytes() == kept


def test_an_import_does_not_duplicate_an_image(ada, site):
    ada.upload("/author/media", "photo.jpg", photo(), status=303)

    import_zip(ada, ada.browser.get("/author/export").body)

    assert site.value("SELECT count(*) FROM media") == 1


def test_an_image_that_is_deleted_during_its_import_is_kept(ada, site, engine, media_folder):
    ada.upload("/author/media", "photo.jpg", photo(), status=303)
    path = site.value("SELECT path FROM media")
    data = ada.browser.get("/author/export").body

    with engine.begin() as deleting:
        deleting.execute(text("SELECT FROM media FOR UPDATE"))
        response = ada.upload("/author/imports", "posts.zip", data, status=303)
        wait_until_a_lock_is_awaited(site)
        deleting.execute(text("DELETE FROM media"))

    assert import_message(ada, response.location).endswith("1 images.")
    assert site.execute("SELECT path FROM media") == [(path,)]
    assert (media_folder / path).is_file()


def test_an_image_whose_path_does_not_match_its_content_is_encoded_again(ada, site, media_folder):
    path = images.read_picture(picture("PNG")).path

    import_zip(ada, zip_file(files={f"media/{path}": picture("PNG") + b"<script>"}))

    assert b"<script>" not in (media_folder / site.value("SELECT path FROM media")).read_bytes()


def test_an_export_is_streamed(site, engine, media_folder):
    body = "".join(f"{os.urandom(8).hex()} " for _ in range(5_000))
    for i in range(20):
        site.add_post(f"Post {i}", f"p{i}", body)
    made = []

    with Session(engine) as session:
        pieces = exported(session, str(media_folder), made.append)
        first = next(pieces)
        made_by_then = len(made)
        rest = list(pieces)

    assert made_by_then < 5
    assert max(len(piece) for piece in (first, *rest)) < 300_000
    with ZipFile(BytesIO(b"".join((first, *rest)))) as archive:
        assert archive.testzip() is None and len(archive.namelist()) == 20
