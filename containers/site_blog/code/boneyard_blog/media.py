"""Uploaded images: known by their content, never by what they call themselves, and written anew."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_FRAMES = 200

_TOO_MANY_PIXELS = f"The image is larger than {MAX_PIXELS // 10**6} million pixels."
_FORMATS = {
    "PNG": ("png", "image/png"),
    "JPEG": ("jpg", "image/jpeg"),
    "GIF": ("gif", "image/gif"),
    "WEBP": ("webp", "image/webp"),
}


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
    if len(data) > MAX_BYTES:
        raise NotAnImage(f"The file is larger than {MAX_BYTES // 2**20} MB.")
    try:
        with warnings.catch_warnings():
            # Pillow's own bomb check only warns below twice its limit; ours comes first.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=list(_FORMATS)) as image:
                _check_size(image)
                kept = Picture(data, *_FORMATS[_format_name(image)], image.width, image.height)
                if kept.path != path:
                    return _encode(image)
                for frame in ImageSequence.Iterator(image):
                    frame.load()
                return kept
    except Image.DecompressionBombError as error:
        raise NotAnImage(_TOO_MANY_PIXELS) from error
    except (OSError, ValueError, SyntaxError, EOFError, OverflowError) as error:
        raise NotAnImage("This is no PNG, JPEG, GIF or WebP image, or it is damaged.") from error


def _check_size(image: Image.Image) -> None:
    frames = getattr(image, "n_frames", 1)
    if image.width * image.height * frames > MAX_PIXELS:
        raise NotAnImage(_TOO_MANY_PIXELS)
    if frames > MAX_FRAMES:
        raise NotAnImage(f"The animation has more than {MAX_FRAMES} frames.")


def _format_name(image: Image.Image) -> str:
    # Cameras that add a preview to a JPEG make what Pillow calls MPO.
    return "JPEG" if image.format == "MPO" else image.format


def _encode(image: Image.Image) -> Picture:
    image_format = _format_name(image)
    out = BytesIO()
    if getattr(image, "n_frames", 1) > 1 and image_format in ("GIF", "WEBP"):
        frames = [frame.copy() for frame in ImageSequence.Iterator(image)]
        options = {"save_all": True, "append_images": frames[1:], "loop": image.info.get("loop", 0)}
        first = frames[0]
        options["duration"] = image.info.get("duration") or 100
    else:
        # Turned as the camera meant it, because what said so is not kept: nor is where it was taken.
        first = ImageOps.exif_transpose(image)
        first.load()
        options = {"JPEG": {"quality": 88, "optimize": True, "progressive": True}, "PNG": {"optimize": True}}.get(
            image_format, {}
        )
        if image_format == "JPEG" and first.mode not in ("L", "RGB"):
            first = first.convert("RGB")
    first.info = {key: value for key, value in first.info.items() if key in ("transparency", "background")}
    first.save(out, image_format, **options)
    return Picture(out.getvalue(), *_FORMATS[image_format], first.width, first.height)


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
