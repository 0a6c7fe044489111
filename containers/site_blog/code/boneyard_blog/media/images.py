"""Decodes uploaded images and encodes them again, so that nothing but the image is stored."""

from __future__ import annotations

import fcntl
import hashlib
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, ImageSequence

MAX_BYTES = 10 * 1024 * 1024
# In bytes. An image may grow when it is encoded again, and must still be importable from an export.
MAX_KEPT_BYTES = 32 * 1024 * 1024
# Pixels of all frames together, for a container of 512 MB: a pixel takes 7 bytes while an image is encoded (26 as WebP),
# and 4 while it is only decoded.
MAX_PIXELS = 25_000_000
MAX_WEBP_PIXELS = 10_000_000
MAX_KEPT_PIXELS = 40_000_000
MAX_FRAMES = 200

# In milliseconds, for frames without a duration; browsers use the same.
_DEFAULT_DURATION = 100

_FORMATS = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "GIF": ("gif", "image/gif"),
    "WEBP": ("webp", "image/webp"),
}


# The errors that Pillow's decoders raise for damaged images.
_DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, OverflowError, LookupError, TypeError, AttributeError, struct.error, zlib.error,
)  # fmt: skip


class NotAnImage(Exception):
    """An upload is not an image that can be stored; the message gives the reason."""


@dataclass(frozen=True)
class Picture:
    """An image that was decoded without errors."""

    data: bytes
    extension: str
    content_type: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """Its path in the media folder, and below /media/ on the site: a hash of its content."""
        digest = hashlib.sha256(self.data).hexdigest()[:32]
        return f"{digest[:2]}/{digest}.{self.extension}"

    def row(self, file_name: str) -> dict[str, str | int]:
        """Return its row for the table `media`; `file_name` is only shown to authors and never used as a path."""
        stem = file_name.replace("\\", "/").rpartition("/")[2]
        return {
            "path": self.path,
            "name": "".join(c for c in stem if c.isprintable())[:100] or "image",
            "content_type": self.content_type,
            "width": self.width,
            "height": self.height,
            "bytes": len(self.data),
        }


def read_picture(data: bytes, path: str | None = None) -> Picture:
    """Return the image in `data`, encoded again. Raises NotAnImage.

    If `path` is the path that these bytes have in a media folder, they come from an export and stay unchanged: encoding
    them again would lose quality, and change the path that posts refer to.
    """
    if not data:
        raise NotAnImage("The file is empty.")
    maximum = MAX_KEPT_BYTES if path else MAX_BYTES
    if len(data) > maximum:
        raise NotAnImage(f"The file is larger than {maximum // 2**20} MB.")
    try:
        with _lock(), warnings.catch_warnings():
            # The limits of this module are lower than the one at which Pillow warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=list(_FORMATS)) as image:
                kept = Picture(data, *_FORMATS[_format_name(image)], image.width, image.height)
                if kept.path != path:
                    _check_size(image, MAX_WEBP_PIXELS if image.format == "WEBP" else MAX_PIXELS)
                    return _encode(image)
                _check_size(image, MAX_KEPT_PIXELS)
                for frame in ImageSequence.Iterator(image):
                    frame.load()
                return kept
    except Image.DecompressionBombError as error:
        raise NotAnImage(_too_large(MAX_PIXELS)) from error
    except _DAMAGE as error:
        raise NotAnImage("The file is not a PNG, JPEG, GIF or WebP image, or it is damaged.") from error


@contextmanager
def _lock() -> Iterator[None]:
    """Wait until no other worker decodes an image: two large ones at once exceed the container's memory limit."""
    with open(__file__, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _too_large(maximum: int) -> str:
    return f"The image is larger than {maximum // 10**6} million pixels."


def _check_size(image: Image.Image, maximum: int) -> None:
    frames = getattr(image, "n_frames", 1)
    if image.width * image.height * frames > maximum:
        raise NotAnImage(_too_large(maximum))
    if frames > MAX_FRAMES:
        raise NotAnImage(f"The animation has more than {MAX_FRAMES} frames.")


def _format_name(image: Image.Image) -> str:
    # Pillow calls a JPEG with a preview, which cameras write, MPO.
    return "JPEG" if image.format == "MPO" else image.format


def _encode(image: Image.Image) -> Picture:
    image_format = _format_name(image)
    out = BytesIO()
    if getattr(image, "n_frames", 1) > 1 and image_format in ("GIF", "WEBP"):
        first, options = _animation(image)
    else:
        first, options = _still(image, image_format)
    first.info = {key: value for key, value in first.info.items() if key in ("transparency", "background")}
    first.save(out, image_format, **options)
    if out.tell() > MAX_KEPT_BYTES:
        raise NotAnImage(f"The image takes more than {MAX_KEPT_BYTES // 2**20} MB after encoding.")
    return Picture(out.getvalue(), *_FORMATS[image_format], first.width, first.height)


def _animation(image: Image.Image) -> tuple[Image.Image, dict]:
    """Return the first frame, and the options to save it with the others, their durations and the loop count."""
    frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
    options = {
        "save_all": True,
        "append_images": frames[1:],
        "duration": [frame.info.get("duration") or _DEFAULT_DURATION for frame in frames],
    }
    if "loop" in image.info:
        # Without this an animation plays once.
        options["loop"] = image.info["loop"]
    return frames[0], options


def _still(image: Image.Image, image_format: str) -> tuple[Image.Image, dict]:
    """Return the image upright and in sRGB, and the options to save it with."""
    image.load()
    _make_upright(image)
    if profile := image.info.get("icc_profile"):
        image = _to_srgb(image, profile)
    if image_format == "JPEG":
        image = image if image.mode in ("L", "RGB") else image.convert("RGB")
        return image, {"quality": 88, "optimize": True, "progressive": True}
    return image, {"optimize": True} if image_format == "PNG" else {}


def _make_upright(image: Image.Image) -> None:
    """Rotate the image as its metadata say, and drop the metadata, which may also tell where it was taken."""
    with suppress(*_DAMAGE):
        image.getexif()
    # Without its source Pillow does not encode the metadata again, which fails for some cameras.
    for key in ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"):
        image.info.pop(key, None)
    ImageOps.exif_transpose(image, in_place=True)


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert an image from its colour profile to sRGB."""
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        return ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError):
        # The profile is damaged or does not fit the image: ignore it.
        return image
