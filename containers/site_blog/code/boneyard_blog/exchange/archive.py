"""Reads zip files from untrusted sources, with limits, and with one kind of error."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from lzma import LZMAError
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile, ZipInfo

MAX_ENTRIES = 50_000
# In bytes, for all files together.
MAX_UNPACKED = 1024 * 1024 * 1024
# In bytes. ZipFile reads the zip's list of files as a whole; this is far more than MAX_ENTRIES names take.
MAX_DIRECTORY = 16 * 1024 * 1024


class ImportRefused(Exception):
    """The import was refused and nothing was imported; the message gives the reason."""


class BadArchive(ImportRefused):
    """An upload is not an archive that can be imported."""


@contextmanager
def _reading(failure: str) -> Iterator[None]:
    """Raise BadArchive for every error that a damaged zip file causes."""
    try:
        yield
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError, zlib.error, LZMAError) as error:
        raise BadArchive(f"{failure}: {error}") from error


class _LimitedFile:
    """A file that refuses to read a list of files larger than the limits, while ZipFile opens it."""

    def __init__(self, file: BinaryIO):
        self._file = file
        self.is_open = False

    def __getattr__(self, name: str):
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        if self.is_open:
            return self._file.read(size)
        if not 0 <= size <= MAX_DIRECTORY:
            raise BadArchive(f"The zip file's list of files takes more than {MAX_DIRECTORY // 2**20} MB.")
        data = self._file.read(size)
        # Each entry of the list begins with this signature; the number that the zip file itself gives may be false.
        if data.count(b"PK\x01\x02") > MAX_ENTRIES:
            raise BadArchive(f"The zip file has more than {MAX_ENTRIES:,} files.")
        return data


def open_archive(file: BinaryIO, max_unpacked: int | None) -> ZipFile:
    """Open a zip file. Without `max_unpacked` its number of files is not limited either. Raises BadArchive."""
    limited = _LimitedFile(file)
    limited.is_open = max_unpacked is None
    with _reading("The zip file cannot be read"):
        archive = ZipFile(limited)
    limited.is_open = True
    return archive


def list_entries(archive: ZipFile, max_unpacked: int | None) -> list[ZipInfo]:
    """Return the files of an archive. Raises BadArchive if they unpack to more than `max_unpacked` bytes."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if max_unpacked is None:
        return entries
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max_unpacked:
        raise BadArchive(f"The zip file unpacks to {unpacked // 2**20:,} MB; the maximum is {max_unpacked // 2**20:,} MB.")
    return entries


def read_entry(archive: ZipFile, entry: ZipInfo, max_bytes: int) -> bytes:
    """Return the content of a file. Raises BadArchive if it is damaged or larger than `max_bytes`."""
    # The size in the zip's list may be false: never read more than the maximum.
    with _reading(f"{entry.filename} cannot be read"), archive.open(entry) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise BadArchive(f"{entry.filename} is larger than {max_bytes // 1024:,} kB.")
    return data
