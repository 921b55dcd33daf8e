"""Reading zips that strangers send: nothing is unpacked to disk, nothing leaves its folder, nothing explodes.

What a zip says about itself is not believed: sizes are counted while reading.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, BinaryIO, TypeVar

from klal.errors import UnsafeArchiveError
from klal.io.text_table import Opener

MAX_ENTRIES = 10_000
MAX_BYTES = 4 << 30
"""All members together, unpacked. Fifty million votes of a first-generation export take about three thousand million bytes."""
MAX_RATIO = 200
RATIO_FROM = 256 << 20
"""Bytes from which the ratio counts: a wide table of a large conversation is mostly commas and shrinks that much honestly."""

Made = TypeVar("Made")


def open_archive(file: str, opener: Opener, make: Callable[[str, Opener, int], Made]) -> dict[str, Made]:
    """Look into a zip and return what it holds, checked but not yet read.

    Parameters
    ----------
    file : str
        Name for messages.
    opener : Opener
        Opens the bytes of the zip.
    make : callable
        Called with a member's name without folders, its opener and its declared size.

    Returns
    -------
    dict
        Place in the zip → what ``make`` made of it. Folders and zips inside the zip are left out.

    Raises
    ------
    UnsafeArchiveError
        If a name leaves its folder, a member is a link or encrypted, or there is too much of it.
    """
    with opener() as stream:
        entries = _entries(file, stream)
    if len(entries) > MAX_ENTRIES:
        raise UnsafeArchiveError(file=file, found=f"{len(entries)} entries (more than {MAX_ENTRIES})")
    for entry in entries:
        _check(file, entry)
    if len({entry.filename for entry in entries}) < len(entries):
        raise UnsafeArchiveError(file=file, found="two files of the same name")
    size = sum(entry.file_size for entry in entries)
    if size > MAX_BYTES:
        raise UnsafeArchiveError(file=file, found=f"{size} bytes once unpacked (more than {MAX_BYTES})")
    wanted = [entry for entry in entries if not entry.is_dir() and not entry.filename.lower().endswith(".zip")]
    return {entry.filename: make(PurePosixPath(entry.filename).name, _member(file, opener, entry), entry.file_size) for entry in wanted}


def _entries(file: str, stream: BinaryIO) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(stream) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise UnsafeArchiveError(file=file, found="a damaged zip") from error


def _check(file: str, entry: zipfile.ZipInfo) -> None:
    # orig_filename is what is written in the zip; filename has been cut at a null byte already.
    for name in (entry.filename, entry.orig_filename):
        parts = re.split(r"[/\\]", name)
        if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise UnsafeArchiveError(file=file, found=f"a file that leaves its folder ({_printable(name)})")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnsafeArchiveError(file=file, found=f"a link ({_printable(entry.filename)})")
    if entry.flag_bits & 0x1:
        raise UnsafeArchiveError(file=file, found=f"an encrypted file ({_printable(entry.filename)})")


def _printable(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name[:80])


def _member(file: str, opener: Opener, entry: zipfile.ZipInfo) -> Opener:
    def open_member() -> BinaryIO:
        stream = opener()
        try:
            archive = zipfile.ZipFile(stream)
            return io.BufferedReader(_Measured(file, archive.open(entry), stream, entry.compress_size), 1 << 16)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            stream.close()
            raise UnsafeArchiveError(file=file, found=f"a file that cannot be unpacked ({_printable(entry.filename)})") from error

    return open_member


class _Measured(io.RawIOBase):
    """Bytes of one member, counted as they come out."""

    def __init__(self, file: str, member: Any, stream: BinaryIO, packed: int) -> None:
        super().__init__()
        self._file, self._member, self._stream = file, member, stream
        self._packed, self._read = max(packed, 1), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._member.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise UnsafeArchiveError(file=self._file, found=f"a damaged file ({_printable(self._member.name)})") from error
        self._read += len(data)
        if self._read > MAX_BYTES or (self._read > RATIO_FROM and self._read > MAX_RATIO * self._packed):
            raise UnsafeArchiveError(file=self._file, found=f"a file that unpacks to far too much ({_printable(self._member.name)})")
        buffer[: len(data)] = data
        return len(data)

    def tell(self) -> int:
        return self._read

    def close(self) -> None:
        self._member.close()
        self._stream.close()
        super().close()
