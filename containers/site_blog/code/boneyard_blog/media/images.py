"""Uploaded images: known by their content, never by what they call themselves, and written anew."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import struct
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, ImageSequence

MAX_BYTES = 10 * 1024 * 1024
# An image that is written anew may well grow; it must also come back in from an export.
MAX_KEPT_BYTES = 32 * 1024 * 1024
# Of all frames together. With half a gigabyte for the whole container, and each pixel taking 7 bytes while an image is
# encoded, 26 as WebP, and 4 while it is only decoded.
MAX_PIXELS = 25_000_000
MAX_WEBP_PIXELS = 10_000_000
MAX_KEPT_PIXELS = 40_000_000
MAX_FRAMES = 200

# In milliseconds, for frames that do not say: what browsers take.
_USUAL_DURATION = 100

_FORMATS = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "GIF": ("gif", "image/gif"),
    "WEBP": ("webp", "image/webp"),
}


# What the decoders raise on bytes that are not what they expect.
_DAMAGE = (
    OSError, ValueError, SyntaxError, EOFError, OverflowError, LookupError, TypeError, AttributeError, struct.error, zlib.error,
)  # fmt: skip


class NotAnImage(Exception):
    """An upload is not an image that can be shown."""


@dataclass(frozen=True)
class Picture:
    """An image that was decoded without complaint."""

    data: bytes
    extension: str
    content_type: str
    width: int
    height: int

    @property
    def path(self) -> str:
        """Where it lies below the media folder, and below /media/ for readers: named by its content."""
        digest = hashlib.sha256(self.data).hexdigest()[:32]
        return f"{digest[:2]}/{digest}.{self.extension}"

    def row(self, file_name: str) -> dict[str, str | int]:
        """Return what the database keeps of it; a file's name, which its author chose, is a text and nothing else."""
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
    """Return the image in some bytes, without anything else that they may hold.

    When `path` is the very one that these bytes have, they come from a media folder and are kept to the last bit: encoded
    again they would be worse, and no longer where posts look for them.
    """
    if not data:
        raise NotAnImage("The file is empty.")
    most = MAX_KEPT_BYTES if path else MAX_BYTES
    if len(data) > most:
        raise NotAnImage(f"The file is larger than {most // 2**20} MB.")
    try:
        with _alone(), warnings.catch_warnings():
            # Pillow's own bomb check only warns below twice its limit; ours comes first.
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
        raise NotAnImage("This is no PNG, JPEG, GIF or WebP image, or it is damaged.") from error


@contextmanager
def _alone() -> Iterator[None]:
    """Wait until no other worker has an image in its hands: two large ones at once are more than the container may take."""
    with open(__file__, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _too_large(most: int) -> str:
    return f"The image is larger than {most // 10**6} million pixels."


def _check_size(image: Image.Image, most: int) -> None:
    frames = getattr(image, "n_frames", 1)
    if image.width * image.height * frames > most:
        raise NotAnImage(_too_large(most))
    if frames > MAX_FRAMES:
        raise NotAnImage(f"The animation has more than {MAX_FRAMES} frames.")


def _format_name(image: Image.Image) -> str:
    # Cameras that add a preview to a JPEG make what Pillow calls MPO.
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
        raise NotAnImage(f"The image takes more than {MAX_KEPT_BYTES // 2**20} MB when it is written anew.")
    return Picture(out.getvalue(), *_FORMATS[image_format], first.width, first.height)


def _animation(image: Image.Image) -> tuple[Image.Image, dict]:
    """Return the first frame, and the others as options to save it with: each as long as it was, as often as it was."""
    frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
    options = {
        "save_all": True,
        "append_images": frames[1:],
        "duration": [frame.info.get("duration") or _USUAL_DURATION for frame in frames],
    }
    if "loop" in image.info:
        # Without it an animation plays once.
        options["loop"] = image.info["loop"]
    return frames[0], options


def _still(image: Image.Image, image_format: str) -> tuple[Image.Image, dict]:
    """Return the image as it is seen, and the options to save it with."""
    image.load()
    _turn(image)
    if profile := image.info.get("icc_profile"):
        image = _in_srgb(image, profile)
    if image_format == "JPEG":
        image = image if image.mode in ("L", "RGB") else image.convert("RGB")
        return image, {"quality": 88, "optimize": True, "progressive": True}
    return image, {"optimize": True} if image_format == "PNG" else {}


def _turn(image: Image.Image) -> None:
    """Turn the image as the camera meant it, because what said so is not kept: nor is where it was taken."""
    with suppress(*_DAMAGE):
        image.getexif()
    # Without its source Pillow does not write anew what was read, which it cannot do with all that cameras write.
    for key in ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"):
        image.info.pop(key, None)
    ImageOps.exif_transpose(image, in_place=True)


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return the colours that a profile describes as those that every browser takes for granted."""
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        return ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError):
        # A profile that is damaged, or for other colours than the image has: then as it would be without one.
        return image


def keep(folder: str, picture: Picture) -> None:
    """Write a picture into the media folder, whole or not at all."""
    target = Path(folder, picture.path)
    if target.exists():
        return
    target.parent.mkdir(mode=0o755, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".upload-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(picture.data)
        # Nginx, another user in another container, reads it.
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def remove(folder: str, path: str) -> None:
    """Remove a picture's file, if it is still there."""
    Path(folder, path).unlink(missing_ok=True)


@contextmanager
def staging_folder(folder: str) -> Iterator[str]:
    """Give a folder, on the same volume, for pictures of which it is not sure yet that they stay."""
    for left_behind in Path(folder).glob(".import-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".import-") as staging:
        yield staging


def move_in(staging: str, folder: str) -> None:
    """Move the pictures that were kept in one folder to another, each at once."""
    for source in Path(staging).glob("*/*"):
        target = Path(folder, source.relative_to(staging))
        target.parent.mkdir(mode=0o755, exist_ok=True)
        source.replace(target)
