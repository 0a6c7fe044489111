"""Uploads: known by their content."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from boneyard_blog import media
from helpers import picture


def _only_file(folder):
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    return file


@pytest.mark.parametrize(
    ("image_format", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("WEBP", "webp")]
)
def test_an_image_is_kept_where_nginx_serves_it(ada, media_folder, site, image_format, extension):
    ada.upload("/author/media", "photo.whatever", picture(image_format), status=303)

    file = _only_file(media_folder)
    assert site.execute("SELECT path, name, width, height FROM media") == [
        (str(file.relative_to(media_folder)), "photo.whatever", 40, 30)
    ]
    assert file.suffix == f".{extension}"
    assert file.stat().st_mode & 0o777 == 0o644
    assert Image.open(file).format == image_format
    assert f"/media/{file.relative_to(media_folder)}" in ada.browser.get("/author/media")


def test_the_same_image_twice_is_kept_once(ada, media_folder, site):
    for _ in range(2):
        ada.upload("/author/media", "photo.png", picture(), status=303)

    assert site.value("SELECT count(*) FROM media") == 1
    assert _only_file(media_folder)


def _bomb() -> bytes:
    """Return a PNG of a few bytes that claims to be 60,000 pixels wide and high."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty."),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "This is no PNG, JPEG, GIF or WebP",
        ),
        (b"<html><script>alert(1)</script></html>", "This is no PNG, JPEG, GIF or WebP"),
        (b"MZ" + b"\0" * 500, "This is no PNG, JPEG, GIF or WebP"),
        (b"%PDF-1.7\n", "This is no PNG, JPEG, GIF or WebP"),
        (b"\x89PNG\r\n\x1a\n", "This is no PNG, JPEG, GIF or WebP"),
        (picture("JPEG", (400, 300))[:900], "This is no PNG, JPEG, GIF or WebP"),
        (picture("BMP"), "This is no PNG, JPEG, GIF or WebP"),
        (picture("TIFF"), "This is no PNG, JPEG, GIF or WebP"),
        (_bomb(), "The image is larger than 40 million pixels."),
        (b"\xff\xd8\xff" + b"\0" * (media.MAX_BYTES), "The file is larger than 10 MB."),
    ],
    ids=["empty", "svg", "html", "program", "pdf", "head only", "cut off", "bmp", "tiff", "bomb", "too large"],
)
def test_what_is_no_image_is_refused(ada, media_folder, site, data, message):
    page = ada.upload("/author/media", "photo.png", data, status=422)

    assert message in page.html.select_one("[role=alert]").text
    assert [path for path in media_folder.rglob("*") if path.is_file()] == []
    assert site.value("SELECT count(*) FROM media") == 0


def test_what_is_hidden_behind_an_image_does_not_survive(ada, media_folder):
    ada.upload("/author/media", "photo.png", picture() + b"<script>alert(1)</script>PK\x03\x04", status=303)

    assert b"script" not in _only_file(media_folder).read_bytes()


def test_where_a_photo_was_taken_is_not_told(ada, media_folder):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6

    ada.upload("/author/media", "photo.jpg", picture("JPEG", exif=exif.tobytes()), status=303)

    file = _only_file(media_folder)
    assert b"SecretCamera" not in file.read_bytes()
    assert Image.open(file).size == (30, 40)


def test_an_animation_keeps_its_frames():
    out = BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)

    kept = media.read_picture(out.getvalue())

    assert Image.open(BytesIO(kept.data)).n_frames == 3


def test_transparency_is_kept():
    out = BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")

    kept = media.read_picture(out.getvalue())

    assert Image.open(BytesIO(kept.data)).convert("RGBA").getpixel((0, 0))[3] == 0


def test_a_hostile_file_name_is_only_a_name(ada, media_folder, site):
    ada.upload("/author/media", '../../etc/<script>"pass\x01wd.png', picture(), status=303)

    assert "/" not in site.value("SELECT name FROM media")
    assert _only_file(media_folder).parent.parent == media_folder
    assert "<script>" not in ada.browser.get("/author/media")


def test_no_file_at_all_is_refused(ada):
    page = ada.browser.post("/author/media", {"csrf_token": ada.token(), "file": "not a file"}, status=422)

    assert "Choose a file first." in page


def test_a_full_disk_is_told_and_nothing_is_kept(ada, site, monkeypatch):
    def full(folder, kept):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(media, "keep", full)

    page = ada.upload("/author/media", "photo.png", picture(), status=507)

    assert "no room left" in page
    assert site.value("SELECT count(*) FROM media") == 0
