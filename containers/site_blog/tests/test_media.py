"""Uploading and deleting images."""

import struct
import threading
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, ImageFile, ImageSequence
from sqlalchemy import event, text

from boneyard_blog.media import gallery, images, storage
from helpers import photo, picture, wait_until_a_lock_is_awaited


def _only_file(folder):
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    return file


@pytest.mark.parametrize(
    ("image_format", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("WEBP", "webp")]
)
def test_an_image_is_stored_where_nginx_serves_it(ada, media_folder, site, image_format, extension):
    ada.upload("/author/media", "photo.whatever", picture(image_format), status=303)

    file = _only_file(media_folder)
    assert site.execute("SELECT path, name, width, height FROM media") == [
        (str(file.relative_to(media_folder)), "photo.whatever", 40, 30)
    ]
    assert file.suffix == f".{extension}"
    assert file.stat().st_mode & 0o777 == 0o644
    assert Image.open(file).format == image_format
    assert f"/media/{file.relative_to(media_folder)}" in ada.browser.get("/author/media")


def test_the_same_image_is_stored_once(ada, media_folder, site):
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
            "The file is not a PNG, JPEG, GIF or WebP",
        ),
        (b"<html><script>alert(1)</script></html>", "The file is not a PNG, JPEG, GIF or WebP"),
        (b"MZ" + b"\0" * 500, "The file is not a PNG, JPEG, GIF or WebP"),
        (b"%PDF-1.7\n", "The file is not a PNG, JPEG, GIF or WebP"),
        (b"\x89PNG\r\n\x1a\n", "The file is not a PNG, JPEG, GIF or WebP"),
        (picture("JPEG", (400, 300))[:900], "The file is not a PNG, JPEG, GIF or WebP"),
        (picture("BMP"), "The file is not a PNG, JPEG, GIF or WebP"),
        (picture("TIFF"), "The file is not a PNG, JPEG, GIF or WebP"),
        (_bomb(), "The image is larger than 25 million pixels."),
        (b"\xff\xd8\xff" + b"\0" * (images.MAX_BYTES), "The file is larger than 10 MB."),
    ],
    ids=["empty", "svg", "html", "program", "pdf", "head only", "cut off", "bmp", "tiff", "bomb", "too large"],
)
def test_a_file_that_is_not_an_image_is_refused(ada, media_folder, site, data, message):
    page = ada.upload("/author/media", "photo.png", data, status=422)

    assert message in page.html.select_one("[role=alert]").text
    assert [path for path in media_folder.rglob("*") if path.is_file()] == []
    assert site.value("SELECT count(*) FROM media") == 0


def test_a_webp_image_may_have_fewer_pixels_because_it_takes_more_memory():
    data = picture("WEBP", (4000, 2501))

    with pytest.raises(images.NotAnImage, match="larger than 10 million pixels"):
        images.read_picture(data)
    assert images.read_picture(data, images.Picture(data, "webp", "image/webp", 4000, 2501).path).data == data


def test_an_image_that_grew_when_encoded_can_be_imported(monkeypatch):
    data = photo("PNG")
    monkeypatch.setattr(images, "MAX_BYTES", len(data) - 1)

    with pytest.raises(images.NotAnImage, match="The file is larger than"):
        images.read_picture(data)
    assert images.read_picture(data, images.Picture(data, "png", "image/png", 80, 60).path).data == data


def test_an_image_that_grows_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(images, "MAX_KEPT_BYTES", 100)

    with pytest.raises(images.NotAnImage, match="after encoding"):
        images.read_picture(photo("PNG"))


def test_data_after_an_image_are_removed(ada, media_folder):
    ada.upload("/author/media", "photo.png", picture() + b"<script>alert(1)</script>PK\x03\x04", status=303)

    assert b"script" not in _only_file(media_folder).read_bytes()


def test_the_location_of_a_photo_is_removed(ada, media_folder):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif[0x0112] = 6

    ada.upload("/author/media", "photo.jpg", picture("JPEG", exif=exif.tobytes()), status=303)

    file = _only_file(media_folder)
    assert b"SecretCamera" not in file.read_bytes()
    assert Image.open(file).size == (30, 40)


def _below_sea_level() -> bytes:
    """Return EXIF of a rotated image, with a negative number that Pillow cannot encode."""
    orientation = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    place = struct.pack("<HHII", 0x8825, 4, 1, 38)
    altitude = struct.pack("<HHII", 6, 10, 1, 56)
    return (
        b"Exif\0\0II*\0"
        + struct.pack("<IH", 8, 2) + orientation + place + struct.pack("<I", 0)
        + struct.pack("<H", 1) + altitude + struct.pack("<I", 0) + struct.pack("<ii", -1200, 100)
    )  # fmt: skip


@pytest.mark.parametrize("image_format", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_rotated_in_spite_of_invalid_metadata(image_format):
    kept = images.read_picture(picture(image_format, exif=_below_sea_level()))

    assert (kept.width, kept.height) == (30, 40)
    assert not Image.open(BytesIO(kept.data)).getexif()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12\x01"])
def test_a_photo_with_damaged_metadata_is_accepted(exif):
    assert images.read_picture(picture("JPEG", exif=exif)).width == 40


@pytest.mark.parametrize("error", [struct.error, TypeError, KeyError, IndexError, AttributeError, zlib.error])
def test_an_error_of_the_decoder_is_reported_as_a_damaged_image(monkeypatch, error):
    def stumble(*arguments, **options):
        raise error("not that")

    monkeypatch.setattr(ImageFile.ImageFile, "load", stumble)

    with pytest.raises(images.NotAnImage, match="or it is damaged"):
        images.read_picture(picture("JPEG"))


def test_an_animation_keeps_its_frames():
    out = BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=80)

    kept = images.read_picture(out.getvalue())

    assert Image.open(BytesIO(kept.data)).n_frames == 3


def _animated(image_format, **options) -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, image_format, save_all=True, append_images=frames[1:], **options)
    return out.getvalue()


def _durations(data: bytes) -> list[int]:
    image = Image.open(BytesIO(data))
    return [frame.copy().info["duration"] for frame in ImageSequence.Iterator(image)]


@pytest.mark.parametrize("image_format", ["GIF", "WEBP"])
def test_an_animation_keeps_its_durations(image_format):
    kept = images.read_picture(_animated(image_format, duration=[80, 500, 2000]))

    assert _durations(kept.data) == [80, 500, 2000]


@pytest.mark.parametrize("options", [{}, {"loop": 0}, {"loop": 3}])
def test_an_animation_keeps_its_loop_count(options):
    kept = images.read_picture(_animated("GIF", duration=80, **options))

    assert Image.open(BytesIO(kept.data)).info.get("loop") == options.get("loop")


def _swapped_profile() -> bytes:
    """Return a profile that swaps red and green."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(profile[128:132])
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    return bytes(profile)


@pytest.mark.parametrize("image_format", ["PNG", "JPEG", "WEBP"])
def test_a_colour_profile_is_converted_to_srgb(image_format):
    out = BytesIO()
    Image.new("RGB", (16, 16), (250, 10, 10)).save(out, image_format, icc_profile=_swapped_profile())

    kept = Image.open(BytesIO(images.read_picture(out.getvalue()).data))

    assert "icc_profile" not in kept.info
    red, green, blue = kept.convert("RGB").getpixel((8, 8))
    assert green > 230 and red < 30 and blue < 30


def test_an_invalid_colour_profile_is_ignored():
    assert images.read_picture(picture("PNG", icc_profile=b"no profile")).width == 40


def _delete(ada, site, status):
    return ada.press(f"/author/media/{site.value('SELECT id FROM media')}/delete", status=status)


def test_an_unused_image_can_be_deleted(ada, site, media_folder):
    ada.upload("/author/media", "photo.png", picture(), status=303)

    _delete(ada, site, 303)

    assert site.value("SELECT count(*) FROM media") == 0
    assert [path for path in media_folder.rglob("*") if path.is_file()] == []


def test_an_image_whose_deletion_failed_keeps_its_file(ada, site, engine, media_folder):
    ada.upload("/author/media", "photo.png", picture(), status=303)
    token = ada.token()

    def lose(connection):
        connection.connection.driver_connection.close()

    event.listen(engine, "commit", lose)
    try:
        ada.browser.post("/author/media/1/delete", {"csrf_token": token}, status=503)
    finally:
        event.remove(engine, "commit", lose)

    assert site.value("SELECT count(*) FROM media") == 1
    assert _only_file(media_folder)


def test_an_image_that_is_uploaded_during_its_deletion_is_kept(ada, site, engine, media_folder):
    ada.upload("/author/media", "photo.png", picture(), status=303)
    path = site.value("SELECT path FROM media")

    with engine.begin() as deleting:
        deleting.execute(text("SELECT FROM media FOR UPDATE"))
        upload = threading.Thread(target=ada.upload, args=("/author/media", "photo.png", picture()))
        upload.start()
        wait_until_a_lock_is_awaited(site)
        deleting.execute(text("DELETE FROM media"))
    upload.join()

    assert site.execute("SELECT path FROM media") == [(path,)]


def test_a_file_stays_if_its_image_was_added_again(site, application, media_folder):
    sessions, folder, image = application.registry.session_factory, str(media_folder), images.read_picture(picture())
    with sessions.begin() as session:
        gallery.add_images(session, [image.row("photo.png")])
        storage.keep(folder, image)

    gallery.remove_file(sessions, folder, image.path)
    assert _only_file(media_folder)
    site.execute("DELETE FROM media")
    gallery.remove_file(sessions, folder, image.path)

    assert [path for path in media_folder.rglob("*") if path.is_file()] == []


def test_an_image_in_a_post_or_revision_cannot_be_deleted(ada, site, media_folder):
    ada.upload("/author/media", "photo.png", picture(), status=303)
    key = ada.write("Photo", f"![A photo](/media/{site.value('SELECT path FROM media')})")

    assert "The image is used in the post “Photo” or one of its revisions" in _delete(ada, site, 409)
    ada.post_form(f"/author/posts/{key}", body="No photo.", status=303)
    _delete(ada, site, 409)
    site.execute("DELETE FROM posts")
    _delete(ada, site, 303)


def test_deleting_an_unknown_image_gives_404(ada):
    ada.press("/author/media/99/delete", status=404)


def test_every_image_is_shown_on_some_page(ada, site):
    site.execute("""
        INSERT INTO media (path, name, content_type, width, height, bytes)
        SELECT left(md5(CAST(i AS text)), 2) || '/' || md5(CAST(i AS text)) || '.png', 'image ' || i, 'image/png', 1, 1, 1
        FROM generate_series(1, 70) AS i
    """)

    first, second = (ada.browser.get(f"/author/media?page={number}") for number in (1, 2))

    assert [len(page.html.select(".gallery img")) for page in (first, second)] == [60, 10]
    assert first.html.select_one("a[rel=next]")["href"] == "/author/media?page=2"
    assert second.html.select_one("a[rel=prev]")["href"] == "/author/media?page=1"


def test_transparency_is_kept():
    out = BytesIO()
    Image.new("RGBA", (10, 10), (255, 0, 0, 0)).save(out, "PNG")

    kept = images.read_picture(out.getvalue())

    assert Image.open(BytesIO(kept.data)).convert("RGBA").getpixel((0, 0))[3] == 0


def test_a_file_name_is_never_used_as_a_path(ada, media_folder, site):
    ada.upload("/author/media", '../../etc/<script>"pass\x01wd.png', picture(), status=303)

    assert "/" not in site.value("SELECT name FROM media")
    assert _only_file(media_folder).parent.parent == media_folder
    assert "<script>" not in ada.browser.get("/author/media")


def test_an_upload_without_a_file_is_refused(ada):
    page = ada.browser.post("/author/media", {"csrf_token": ada.token(), "file": "not a file"}, status=422)

    assert "Choose a file." in page


def test_a_full_disk_is_reported_and_nothing_is_stored(ada, site, monkeypatch):
    def full(folder, kept):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "keep", full)

    page = ada.upload("/author/media", "photo.png", picture(), status=507)

    assert "The disk may be full" in page.html.select_one("[role=alert]").text
    assert site.value("SELECT count(*) FROM media") == 0
