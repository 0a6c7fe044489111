"""Export and import."""

import os
import re
import struct
import threading
import time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import feedparser
import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from boneyard_blog import media, writing
from boneyard_blog.exchange import importing
from boneyard_blog.exchange.exporting import exported
from boneyard_blog.exchange.front_matter import ExchangedPost, format_post, parse_post
from boneyard_blog.models import Author
from boneyard_blog.writing import Content
from helpers import photo, picture, titles, wait_until_somebody_waits, zip_file


def _post(title="Title", slug="a-slug", body="Body.\n", **fields) -> str:
    head = "".join(f"{name}: {value}\n" for name, value in ({"title": title, "slug": slug} | fields).items())
    return f"---\n{head}---\n{body}"


def _import(ada, data: bytes) -> str:
    """Import a file and wait until it is done; return what the page says then."""
    return _ended(ada, ada.upload("/author/imports", "posts.zip", data, status=303).location)


def _ended(ada, url: str) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        page = ada.browser.get(url)
        note = page.html.select_one(".note")
        if note:
            return note.text.strip()
        assert page.headers["Refresh"] == "5"
        time.sleep(0.05)
    raise AssertionError("the import did not end within two minutes")


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


def test_an_export_comes_back_as_it_was(ada, site, browser):
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

    message = _import(ada, data)

    assert message == "4 posts added, 0 changed, 0 unchanged; 0 images."
    assert (site.execute(everything), site.execute(tags)) == before
    assert titles(browser.get("/tag/c++")) == ["T: 'x' \"y\" # z"]


def test_the_same_import_again_changes_nothing(ada, site):
    site.add_post(tags=["nginx", "python"])
    data = ada.browser.get("/author/export").body

    assert _import(ada, data) == "0 posts added, 0 changed, 1 unchanged; 0 images."
    assert site.value("SELECT revision FROM posts") == 1


def test_a_known_post_gets_a_new_revision_and_keeps_the_old_one(ada, site):
    site.add_post("Old", "a-slug", "Old words.", tags=["old"])

    message = _import(ada, zip_file(files={"a.md": _post("New", body="New words.", tags="[new]", date="2026-03-05")}))

    assert message == "0 posts added, 1 changed, 0 unchanged; 0 images."
    assert site.execute("SELECT number, title, body, tags FROM post_revisions ORDER BY number") == [
        (1, "Old", "Old words.", ["old"]),
        (2, "New", "New words.", ["new"]),
    ]


def _entry_ids(browser) -> dict[str, str]:
    return {entry.title: entry.id for entry in feedparser.parse(browser.get("/feed").body).entries}


def test_a_post_has_its_old_addresses_and_its_id_in_feeds_on_a_new_site_too(ada, site, browser):
    site.add_post("One", "one", tags=["nginx"])
    key = ada.write("Two", slug="first")
    for slug in ("second", "third"):
        ada.post_form(f"/author/posts/{key}", slug=slug, status=303)
    before = _entry_ids(browser)
    data = ada.browser.get("/author/export").body
    site.execute("DELETE FROM posts")
    site.execute("UPDATE site_state SET identity = gen_random_uuid()")
    # One of the posts is here already, as another.
    site.add_post("One", "one")

    assert _import(ada, data) == "1 posts added, 1 changed, 0 unchanged; 0 images."

    assert _entry_ids(browser) == before
    for slug in ("first", "second"):
        assert browser.get(f"/post/{slug}", status=301).location == "http://blog.test/post/third"
    assert _exported(ada)["posts/third.md"] == ZipFile(BytesIO(data)).read("posts/third.md")


def test_an_id_that_another_post_has_is_not_taken(ada, site, browser):
    site.add_post("One", "one")
    name = next(iter(_entry_ids(browser).values()))
    files = {f"{slug}.md": _post(slug.title(), slug, id=name, date="2026-03-05") for slug in ("two", "three")}

    assert _import(ada, zip_file(files=files)) == "2 posts added, 0 changed, 0 unchanged; 0 images."

    names = _entry_ids(browser)
    assert names["One"] == name
    assert len(set(names.values())) == 3


def test_an_old_address_that_another_post_has_is_not_taken(ada, site, browser):
    site.add_post("One", "one")

    _import(ada, zip_file(files={"a.md": _post(aliases="[one, free]", date="2026-03-05")}))

    assert browser.get("/post/one").html.h1.text == "One"
    browser.get("/post/free", status=301)
    assert site.execute("SELECT slug FROM former_slugs") == [("free",)]


def test_what_other_blogs_call_aliases_and_id_is_no_reason_to_refuse():
    file = _post(id="17", aliases="[/2020/01/hello/, /post/once/, a-slug, 2020-01-02, 'Not A Slug']")

    post = parse_post(file.encode(), "a.md")

    assert (post.aliases, post.atom_id) == (("2020-01-02", "once"), None)
    assert parse_post(_post(id="urn:uuid:nonsense").encode(), "a.md").atom_id is None


def test_an_import_is_the_author_of_what_it_changed_only(ada, site):
    site.add_post("One", "one")
    site.add_post("Two", "two")
    data = ada.browser.get("/author/export").body
    site.execute("UPDATE posts SET body = 'Other words.' WHERE slug = 'two'")

    assert _import(ada, data) == "0 posts added, 1 changed, 1 unchanged; 0 images."

    assert site.execute("""
        SELECT post_revisions.slug, number, name
        FROM post_revisions LEFT JOIN authors ON authors.id = author_id ORDER BY number
    """) == [("two", 1, None), ("two", 2, "ada")]


def test_images_come_in_too(ada, site, media_folder):
    assert (
        _import(ada, zip_file(files={"media/photo.png": picture()}))
        == "0 posts added, 0 changed, 0 unchanged; 1 images."
    )
    assert (media_folder / site.value("SELECT path FROM media")).is_file()


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_posts_image_is_where_the_post_says_after_a_move(ada, site, media_folder, image_format):
    ada.upload("/author/media", "photo", photo(image_format), status=303)
    path = site.value("SELECT path FROM media")
    kept = (media_folder / path).read_bytes()
    ada.write("Photo", f"![A photo](/media/{path})")
    data = ada.browser.get("/author/export").body
    site.execute("DELETE FROM posts")
    site.execute("DELETE FROM media")
    (media_folder / path).unlink()

    message = _import(ada, data)

    assert message == "1 posts added, 0 changed, 0 unchanged; 1 images."
    assert site.execute("SELECT path FROM media") == [(path,)]
    assert (media_folder / path).read_bytes() == kept


def test_ones_own_export_brings_no_second_copy_of_an_image(ada, site):
    ada.upload("/author/media", "photo.jpg", photo(), status=303)

    _import(ada, ada.browser.get("/author/export").body)

    assert site.value("SELECT count(*) FROM media") == 1


def test_an_image_that_is_deleted_while_it_is_imported_is_there(ada, site, engine, media_folder):
    ada.upload("/author/media", "photo.jpg", photo(), status=303)
    path = site.value("SELECT path FROM media")
    data = ada.browser.get("/author/export").body

    with engine.begin() as deleting:
        deleting.execute(text("SELECT FROM media FOR UPDATE"))
        response = ada.upload("/author/imports", "posts.zip", data, status=303)
        wait_until_somebody_waits(site)
        deleting.execute(text("DELETE FROM media"))

    assert _ended(ada, response.location).endswith("1 images.")
    assert site.execute("SELECT path FROM media") == [(path,)]
    assert (media_folder / path).is_file()


def test_bytes_that_only_claim_to_be_from_an_export_are_written_anew(ada, site, media_folder):
    path = media.read_picture(picture("PNG")).path

    _import(ada, zip_file(files={f"media/{path}": picture("PNG") + b"<script>"}))

    assert b"<script>" not in (media_folder / site.value("SELECT path FROM media")).read_bytes()


def test_ten_thousand_posts_come_in_and_show_progress(ada, site, browser):
    body = "Some *words* about the harbour. " * 20
    files = {
        f"posts/p{i}.md": _post(f"Post {i}", f"p{i}", body, date="2026-01-01", tags="[bulk]") for i in range(10_000)
    }
    response = ada.upload("/author/imports", "posts.zip", zip_file(files=files), status=303)
    seen = set()

    while (progress := ada.browser.get(response.location).html.progress) is not None:
        seen.add(progress["value"])
        time.sleep(0.05)

    assert "10000 posts added" in ada.browser.get(response.location)
    assert len(seen) > 2
    assert "10,000 posts" in browser.get("/tag/bulk")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.md": "no front matter"}, "a.md does not begin with front matter"),
        ({"a.md": "---\ntitle: [\n---\n"}, "The front matter of a.md is not YAML"),
        ({"a.md": "---\n- a list\n---\n"}, "The front matter of a.md holds no fields"),
        ({"a.md": b"---\ntitle: \xff\n---\n"}, "a.md is not UTF-8 text"),
        ({"a.md": _post(slug="Not A Slug")}, "a.md: An address is made of"),
        ({"a.md": _post(title="x" * 300)}, "The title has 300 characters"),
        ({"a.md": _post(date="someday")}, "date: someday is no date"),
        ({"a.md": _post(date="0001-01-01")}, "must lie between 1990 and 2199"),
        ({"a.md": _post(body="a\x00b")}, "control characters"),
        ({"a.md": _post(), "b.md": _post()}, "another file has the slug a-slug already"),
        ({"a.md": _post(body="x" * 900_000)}, "a.md is larger than"),
        ({"a.md": "---\ntitle: !!python/object/apply:os.system ['id']\n---\n"}, "is not YAML"),
        (
            {"a.md": "---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\ntitle: [*b,*b,*b]\n---\n"},
            "holds an alias, such as *this",
        ),
        ({"a.md": "---\ntitle: [a, list]\n---\n"}, "a.md: title: it must be plain text"),
        ({"a.md": "---\nslug: {a: map}\n---\n"}, "a.md: slug: it must be plain text"),
        ({"a.md": "---\ntags: [[a, list]]\n---\n"}, "a.md: a tag: it must be plain text"),
        ({"a.md": f"---\ntitle: 0x{'f' * 9999}\n---\n"}, "a.md: title: "),
        ({"a.md": f"---\ntitle: {'[' * 9999}\n---\n"}, "The front matter of a.md is not YAML"),
        ({"a.md": f"---\ntitle: {'x' * 20_000}\n---\n"}, "The front matter of a.md has 20,007 characters"),
        ({"x.png": b"not an image"}, "x.png: This is no PNG"),
        ({"readme.txt": "hello"}, "holds neither .md files nor images"),
    ],
)
def test_a_file_that_will_not_do_stops_the_whole_import(ada, site, files, message):
    said = _import(
        ada, zip_file(files={"0-good.md": _post("Good", "good")} | files if "readme.txt" not in files else files)
    )

    assert message in said
    assert site.value("SELECT count(*) FROM posts") == 0


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, zip_file(a="x")[:-10]])
def test_what_is_no_zip_is_refused(ada, site, data):
    assert "This is no zip file that can be read" in _import(ada, data)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(ada, site):
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive, archive.open("bomb.md", "w", force_zip64=True) as file:
        for _ in range(1100):
            file.write(b"\0" * 2**20)

    assert "unpacks to 1,100 MB; 1,024 MB is the most" in _import(ada, out.getvalue())


def _nameless_entries(count: int, claimed: int) -> bytes:
    """Return a zip of files that are nothing but lines in its list of files, which claims to hold another number of them."""
    entry = b"PK\x01\x02" + b"\0" * 42
    size = count * len(entry)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, claimed, claimed, size, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, size, 1)
    return entry * count + end + locator + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, 0)


@pytest.mark.parametrize(
    ("count", "claimed", "message"),
    [
        (50_001, 50_001, "The zip file holds more than 50,000 files."),
        (50_001, 1, "The zip file holds more than 50,000 files."),
        (364_723, 1, "The zip file's list of files takes more than 16 MB."),
        (50_000, 50_000, "The zip file holds neither .md files nor images"),
    ],
)
def test_a_zip_of_too_many_files_is_refused_before_they_are_looked_at(site, engine, media_folder, count, claimed, message):
    upload = BytesIO(_nameless_entries(count, claimed))

    with Session(engine) as session, pytest.raises(importing.BadArchive, match=re.escape(message)):
        importing.import_all(session, str(media_folder), upload, None, lambda *step: None)


def test_the_command_line_takes_any_number_of_files(site, engine, media_folder, monkeypatch):
    monkeypatch.setattr(importing, "MAX_DIRECTORY", 10)

    with Session(engine) as session:
        upload = BytesIO(zip_file(files={"a.md": _post()}))
        done = importing.import_all(session, str(media_folder), upload, None, lambda *step: None, most_unpacked=None)

    assert done.added == 1


def test_a_zip_that_lies_about_its_sizes_is_refused(ada, site):
    data = bytearray(zip_file(files={"a.md": "x" * 2_000_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(signature) + offset
        data[start : start + 4] = (100).to_bytes(4, "little")

    assert _import(ada, bytes(data)) != ""
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_name_that_climbs_out_of_the_archive_writes_nothing_elsewhere(ada, site, tmp_path):
    message = _import(ada, zip_file(files={"../../../../tmp/evil.md": _post(), "/etc/evil.md": _post(slug="two")}))

    assert message.startswith("2 posts added")
    assert sorted(site.execute("SELECT slug FROM posts")) == [("a-slug",), ("two",)]


def _damaged_zip() -> bytes:
    """Return a zip whose directory is whole, and one of whose files cannot be unpacked."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.md", _post(body="Some words. " * 99))
    data = bytearray(out.getvalue())
    start = data.index(b"a.md") + len(b"a.md")
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


def test_a_damaged_zip_is_refused(ada, site):
    assert _import(ada, _damaged_zip()).startswith("a.md cannot be read: ")
    assert site.value("SELECT count(*) FROM posts") == 0


def test_an_import_that_fails_leaves_no_file_behind(ada, site, media_folder):
    message = _import(ada, zip_file(files={"1.png": picture(), "2.png": b"not an image"}))

    assert "2.png: This is no PNG" in message
    assert list(media_folder.rglob("*")) == []
    assert site.value("SELECT count(*) FROM media") == 0


def test_an_import_whose_server_died_is_reported(ada, site):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes')")

    assert "The server was restarted; nothing was imported." in ada.browser.get("/author/imports/1")


@pytest.fixture
def held_import(engine):
    """The lock of an import that has not said anything for a long time."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": importing.LOCK})
        yield


def test_an_import_that_says_nothing_for_long_is_not_given_up(ada, site, held_import):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes')")

    assert ada.browser.get("/author/imports/1").html.progress is not None


def test_an_import_whose_server_died_is_reported_while_a_later_one_is_under_way(ada, site, held_import):
    site.execute("INSERT INTO imports (name, updated_at) VALUES ('x.zip', now() - interval '5 minutes'), ('y.zip', now())")

    assert "The server was restarted; nothing was imported." in ada.browser.get("/author/imports/1")
    assert ada.browser.get("/author/imports/2").html.progress is not None


def test_there_is_one_import_at_a_time(ada, held_import):
    page = ada.upload("/author/imports", "posts.zip", zip_file(files={"a.md": _post()}), status=409)

    assert "Another import is under way." in page


def test_an_import_from_the_command_line_waits_for_none(site, engine, media_folder, held_import):
    with Session(engine) as session, pytest.raises(importing.ImportRefused, match="Another import is under way."):
        importing.import_all(session, str(media_folder), BytesIO(zip_file(a="x")), None, lambda *step: None)


def test_an_import_and_a_save_that_share_a_tag_do_not_wait_for_each_other(ada, site, engine):
    with Session(engine) as session, session.begin():
        author = session.scalar(select(Author))
        writing.take_turn(session)
        response = ada.upload("/author/imports", "a.zip", zip_file(files={"a.md": _post(tags="[shared]")}), status=303)
        wait_until_somebody_waits(site)

        writing.create_post(session, author, Content("Saved", "saved", "", "", ("shared",)), None)

    assert _ended(ada, response.location) == "1 posts added, 0 changed, 0 unchanged; 0 images."
    assert site.value("SELECT count(*) FROM post_tags") == 2


def test_a_save_goes_first_while_an_import_still_reads(ada, site, engine, monkeypatch):
    """Images take long: nobody waits for them."""
    reading, go_on = threading.Event(), threading.Event()

    def slow(*arguments, **options):
        reading.set()
        assert go_on.wait(60)
        return media.Picture(b"x", "png", "image/png", 1, 1)

    monkeypatch.setattr(media, "read_picture", slow)
    response = ada.upload(
        "/author/imports", "a.zip", zip_file(files={"a.md": _post(), "a.png": picture()}), status=303
    )
    assert reading.wait(60)

    ada.write("Saved meanwhile")
    go_on.set()

    assert _ended(ada, response.location) == "1 posts added, 0 changed, 0 unchanged; 1 images."


def test_an_export_is_sent_while_it_is_made(site, engine, media_folder):
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


def test_others_may_read_while_an_import_runs(ada, site, browser):
    files = {f"p{i}.md": _post(f"Post {i}", f"p{i}", date="2026-01-01") for i in range(500)}
    response = ada.upload("/author/imports", "posts.zip", zip_file(files=files), status=303)

    statuses = [browser.get("/").status_int for _ in range(10)]

    assert statuses == [200] * 10
    while ada.browser.get(response.location).html.progress:
        time.sleep(0.05)


@pytest.mark.parametrize(
    "body", ["", "\n", "---\n", "a\n---\nb", "\n\nleading", "trailing\n\n", "tab\tand\u2028separator", "🦴"]
)
def test_a_file_says_what_the_post_says(body):
    post = ExchangedPost(Content("Title: a 'b' \"c\" #d", "slug", "", body, ("a", "b c".replace(" ", "-"))), None)

    assert parse_post(format_post(post).encode(), "x.md") == post


def test_files_of_other_blogs_are_understood():
    post = parse_post(
        b"\xef\xbb\xbf---\r\ntitle: Hi\r\ndate: 2026-03-31\r\ntags: One, Two Words\r\nlayout: post\r\n---\r\nText\r\n",
        "2026/hi-there.md",
    )

    assert post.content == Content("Hi", "hi-there", "", "Text\n", ("one", "two-words"))
    assert post.published_at.isoformat() == "2026-03-31T00:00:00+00:00"
