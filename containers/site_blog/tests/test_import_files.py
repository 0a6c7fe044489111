"""Import: files that are refused, and files of other blogs."""

import re
import struct
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from sqlalchemy.orm import Session

from boneyard_blog.exchange import archive, importing
from boneyard_blog.exchange.front_matter import ExchangedPost, format_post, parse_post
from boneyard_blog.posts.writing import Content
from helpers import import_zip, picture, post_file, zip_file


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.md": "no front matter"}, "a.md has no front matter"),
        ({"a.md": "---\ntitle: [\n---\n"}, "The front matter of a.md is not valid YAML"),
        ({"a.md": "---\n- a list\n---\n"}, "The front matter of a.md has no fields"),
        ({"a.md": b"---\ntitle: \xff\n---\n"}, "a.md is not UTF-8 text"),
        ({"a.md": post_file(slug="Not A Slug")}, "a.md: An address may contain"),
        ({"a.md": post_file(title="x" * 300)}, "The title has 300 characters"),
        ({"a.md": post_file(date="someday")}, "date: someday is not a date"),
        ({"a.md": post_file(date="0001-01-01")}, "must be between 1990 and 2199"),
        ({"a.md": post_file(body="a\x00b")}, "control characters"),
        ({"a.md": post_file(), "b.md": post_file()}, "another file has the same slug, a-slug"),
        ({"a.md": post_file(body="x" * 900_000)}, "a.md is larger than"),
        ({"a.md": "---\ntitle: !!python/object/apply:os.system ['id']\n---\n"}, "is not valid YAML"),
        (
            {"a.md": "---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\ntitle: [*b,*b,*b]\n---\n"},
            "contains a YAML alias",
        ),
        ({"a.md": "---\ntitle: [a, list]\n---\n"}, "a.md: title: must be plain text"),
        ({"a.md": "---\nslug: {a: map}\n---\n"}, "a.md: slug: must be plain text"),
        ({"a.md": "---\ntags: [[a, list]]\n---\n"}, "a.md: tags: must be plain text"),
        ({"a.md": f"---\ntitle: 0x{'f' * 9999}\n---\n"}, "a.md: title: "),
        ({"a.md": f"---\ntitle: {'[' * 9999}\n---\n"}, "The front matter of a.md is not valid YAML"),
        ({"a.md": f"---\ntitle: {'x' * 20_000}\n---\n"}, "The front matter of a.md has 20,007 characters"),
        ({"x.png": b"not an image"}, "x.png: The file is not a PNG"),
        ({"readme.txt": "hello"}, "contains no .md files and no images"),
    ],
)
def test_an_invalid_file_stops_the_whole_import(ada, site, files, message):
    said = import_zip(
        ada, zip_file(files={"0-good.md": post_file("Good", "good")} | files if "readme.txt" not in files else files)
    )

    assert message in said
    assert site.value("SELECT count(*) FROM posts") == 0


@pytest.mark.parametrize("data", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, zip_file(a="x")[:-10]])
def test_a_file_that_is_not_a_zip_is_refused(ada, site, data):
    assert "The zip file cannot be read" in import_zip(ada, data)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(ada, site):
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive, archive.open("bomb.md", "w", force_zip64=True) as file:
        for _ in range(1100):
            file.write(b"\0" * 2**20)

    assert "unpacks to 1,100 MB; the maximum is 1,024 MB" in import_zip(ada, out.getvalue())


def _nameless_entries(count: int, claimed: int) -> bytes:
    """Return a zip with `count` entries in its list of files, which claims to have `claimed`, and no data."""
    entry = b"PK\x01\x02" + b"\0" * 42
    size = count * len(entry)
    end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, claimed, claimed, size, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, size, 1)
    return entry * count + end + locator + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 0, 0, 2**32 - 1, 2**32 - 1, 0)


@pytest.mark.parametrize(
    ("count", "claimed", "message"),
    [
        (50_001, 50_001, "The zip file has more than 50,000 files."),
        (50_001, 1, "The zip file has more than 50,000 files."),
        (364_723, 1, "The zip file's list of files takes more than 16 MB."),
        (50_000, 50_000, "The zip file contains no .md files and no images"),
    ],
)
def test_a_zip_with_too_many_files_is_refused_before_they_are_read(site, engine, media_folder, count, claimed, message):
    upload = BytesIO(_nameless_entries(count, claimed))

    with Session(engine) as session, pytest.raises(archive.BadArchive, match=re.escape(message)):
        importing.import_all(session, str(media_folder), upload, None, lambda *step: None)


def test_the_command_line_imports_any_number_of_files(site, engine, media_folder, monkeypatch):
    monkeypatch.setattr(archive, "MAX_DIRECTORY", 10)

    with Session(engine) as session:
        upload = BytesIO(zip_file(files={"a.md": post_file()}))
        done = importing.import_all(session, str(media_folder), upload, None, lambda *step: None, max_unpacked=None)

    assert done.added == 1


def test_a_zip_with_false_sizes_is_refused(ada, site):
    data = bytearray(zip_file(files={"a.md": "x" * 2_000_000}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = data.index(signature) + offset
        data[start : start + 4] = (100).to_bytes(4, "little")

    assert import_zip(ada, bytes(data)) != ""
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_path_outside_the_archive_is_not_written(ada, site, tmp_path):
    message = import_zip(ada, zip_file(files={"../../../../tmp/evil.md": post_file(), "/etc/evil.md": post_file(slug="two")}))

    assert message.startswith("2 posts added")
    assert sorted(site.execute("SELECT slug FROM posts")) == [("a-slug",), ("two",)]


def _damaged_zip() -> bytes:
    """Return a zip with a valid list of files and a file that cannot be unpacked."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        archive.writestr("a.md", post_file(body="Some words. " * 99))
    data = bytearray(out.getvalue())
    start = data.index(b"a.md") + len(b"a.md")
    data[start : start + 20] = b"\xff" * 20
    return bytes(data)


def test_a_damaged_zip_is_refused(ada, site):
    assert import_zip(ada, _damaged_zip()).startswith("a.md cannot be read: ")
    assert site.value("SELECT count(*) FROM posts") == 0


def test_a_failed_import_leaves_no_files(ada, site, media_folder):
    message = import_zip(ada, zip_file(files={"1.png": picture(), "2.png": b"not an image"}))

    assert "2.png: The file is not a PNG" in message
    assert list(media_folder.rglob("*")) == []
    assert site.value("SELECT count(*) FROM media") == 0


@pytest.mark.parametrize(
    "body", ["", "\n", "---\n", "a\n---\nb", "\n\nleading", "trailing\n\n", "tab\tand\u2028separator", "🦴"]
)
def test_a_post_survives_formatting_and_parsing(body):
    post = ExchangedPost(Content("Title: a 'b' \"c\" #d", "slug", "", body, ("a", "b c".replace(" ", "-"))), None)

    assert parse_post(format_post(post).encode(), "x.md") == post


def test_files_of_other_blogs_are_parsed():
    post = parse_post(
        b"\xef\xbb\xbf---\r\ntitle: Hi\r\ndate: 2026-03-31\r\ntags: One, Two Words\r\nlayout: post\r\n---\r\nText\r\n",
        "2026/hi-there.md",
    )

    assert post.content == Content("Hi", "hi-there", "", "Text\n", ("one", "two-words"))
    assert post.published_at.isoformat() == "2026-03-31T00:00:00+00:00"
