"""The media folder: the files of images, named by their content."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boneyard_blog.media.images import Picture


def keep(folder: str, picture: Picture) -> None:
    """Write an image to the media folder, atomically. Raises OSError, for example if the volume is full."""
    target = Path(folder, picture.path)
    if target.exists():
        return
    target.parent.mkdir(mode=0o755, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".upload-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(picture.data)
        # Nginx reads it as another user, in another container.
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def remove(folder: str, path: str) -> None:
    """Remove the file of an image, if it exists."""
    Path(folder, path).unlink(missing_ok=True)


@contextmanager
def staging_folder(folder: str) -> Iterator[str]:
    """Give a temporary folder on the same volume, and remove those that interrupted imports have left behind."""
    for left_behind in Path(folder).glob(".import-*"):
        shutil.rmtree(left_behind, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".import-") as staging:
        yield staging


def move_in(staging: str, folder: str) -> None:
    """Move all images from one media folder to another, each atomically."""
    for source in Path(staging).glob("*/*"):
        target = Path(folder, source.relative_to(staging))
        target.parent.mkdir(mode=0o755, exist_ok=True)
        source.replace(target)
