"""Comma-separated text: its names, its lines and exactly where it goes wrong.

Lines are counted as an editor counts them, so a line number is right also where a quoted field holds line breaks.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO

from klal.errors import BadLineError, EncodingError, TooLargeError, UnknownFormatError
from klal.io.columns import Header

Opener = Callable[[], BinaryIO]
"""Opens the bytes of one file, from their start, as often as asked."""

MAX_HEADER_BYTES = 64 << 20
"""Names in the first line; a million statement columns take seven million."""

_BOM = b"\xef\xbb\xbf"
_END = "\0end"
_CONVENTION = re.compile(r"#\s*vote-convention:\s*(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TextTable:
    """A CSV file whose first line has been read.

    Attributes
    ----------
    file : str
        Name of the file, for messages.
    opener : Opener
        Opens its bytes.
    header : Header
        Column names and the line they are in.
    lines, offset : int
        Lines and bytes up to the first record.
    delimiter : str
        Comma, semicolon or tab, whichever the first line has most of.
    convention : str
        What a first line ``# vote-convention: …`` declares; empty without one.
    """

    file: str
    opener: Opener
    header: Header
    lines: int
    offset: int
    delimiter: str
    convention: str

    def body(self) -> BinaryIO:
        """Return the bytes from the first record on."""
        stream = self.opener()
        left = self.offset
        while left:
            left -= len(stream.read(min(left, 1 << 20)))
        return stream

    def text_lines(self) -> Generator[str]:
        """Return the physical lines from the first record on, line ends included.

        Raises
        ------
        EncodingError
            If the text is not UTF-8.
        """
        return decoded_lines(self.file, self.opener, self.body())

    def records(self) -> Generator[tuple[int, list[str]]]:
        """Yield each record with the line it begins in; empty lines are passed over. To be closed by who does not read to the end.

        Raises
        ------
        BadLineError
            If a quote is never closed, a field is longer than 131 072 characters or holds a null byte.
        EncodingError
            If the text is not UTF-8.
        """
        # A line of our own at the end tells a closed last record from one whose quote is still open.
        with closing(self.text_lines()) as lines:
            reader = csv.reader(itertools.chain(lines, [_END]), delimiter=self.delimiter)
            while True:
                line = self.lines + reader.line_num + 1
                try:
                    cells = next(reader)
                except csv.Error as error:
                    raise overlong(self.file, line) from error
                if cells == [_END]:
                    return
                self._check(line, cells)
                if cells:
                    yield line, cells

    def _check(self, line: int, cells: list[str]) -> None:
        if cells and cells[-1].endswith(_END):
            raise BadLineError(file=self.file, line=line, found="a quote that is never closed", needed="a closing quote")
        if any("\0" in cell for cell in cells):
            raise BadLineError(file=self.file, line=line, found="a null byte", needed="text")

    def wrong_width(self, line: int, width: int) -> BadLineError:
        """Return the error for a record with too many or too few fields."""
        fields = "1 field" if width == 1 else f"{width} fields"
        return BadLineError(file=self.file, line=line, found=fields, needed=f"{len(self.header.names)}, as in line {self.header.line}")


def open_table(file: str, opener: Opener, *, delimiter: str | None = None) -> TextTable:
    """Read the first line of a CSV file.

    Parameters
    ----------
    file : str
        Name for messages.
    opener : Opener
        Opens the bytes.
    delimiter : str, optional
        Where the first line must not be asked for it, because it holds free text.

    Returns
    -------
    TextTable
        Its names, and where the records begin.

    Raises
    ------
    UnknownFormatError
        If the file is empty or binary.
    EncodingError
        If it is not UTF-8.
    TooLargeError
        If the first line is longer than 64 MiB.
    """
    with opener() as stream:
        has_bom = stream.read(3) == _BOM
    with closing(decoded_lines(file, opener, opener())) as source:
        lines = _Counted(_limited(file, source))
        convention, first = _first_line(file, lines)
        delimiter = delimiter or max(",;\t", key=first.count)
        reader = csv.reader(itertools.chain([first], lines), delimiter=delimiter)
        line = lines.lines
        try:
            names = tuple(next(reader))
        except csv.Error as error:
            raise overlong(file, line) from error
    if any("\0" in name for name in names):
        raise UnknownFormatError(path=file, found="a binary file")
    offset = lines.bytes + (len(_BOM) if has_bom else 0)
    return TextTable(file, opener, Header(file, line, names), lines.lines, offset, delimiter, convention)


def decoded_lines(file: str, opener: Opener, stream: BinaryIO) -> Generator[str]:
    """Yield the lines of a UTF-8 stream, line ends included and a byte-order mark left out; close it in the end.

    Raises
    ------
    EncodingError
        With line and byte, if the text is not UTF-8.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
    try:
        while line := text.readline(MAX_HEADER_BYTES):
            yield line
    except UnicodeDecodeError as error:
        raise _bad_byte(file, opener) from error
    finally:
        text.close()


def _bad_byte(file: str, opener: Opener) -> EncodingError:
    """Read again, by bytes, to the first one that is not UTF-8."""
    ended = 0
    with opener() as stream:
        for line in stream:
            try:
                line.decode()
            except UnicodeDecodeError as error:
                # An old line end, a carriage return alone, ends a line too.
                ended += len(re.findall(rb"\r(?!\n)", line[: error.start]))
                return EncodingError(file=file, line=ended + 1, found=f"0x{line[error.start]:02x}")
            ended += 1
    raise AssertionError("a text that could not be decoded could be decoded")  # pragma: no cover


def overlong(file: str, line: int) -> BadLineError:
    """Return the error for the one thing Python's reader refuses."""
    found = f"a field of more than {csv.field_size_limit()} characters (perhaps a quote that is never closed)"
    return BadLineError(file=file, line=line, found=found, needed="shorter fields")


class _Counted:
    """Lines, counted as they are handed on."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._source = lines
        self.lines = 0
        self.bytes = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source)
        self.lines += 1
        self.bytes += len(line.encode())
        return line


def _limited(file: str, lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        if len(line) >= MAX_HEADER_BYTES:
            raise TooLargeError(file=file, found="a first line of more than 64 MiB", needed="64 MiB")
        yield line


def _first_line(file: str, lines: _Counted) -> tuple[str, str]:
    """Return the declared vote convention (or nothing) and the line with the names."""
    convention = ""
    for line in lines:
        declared = _CONVENTION.match(line)
        if declared and not convention:
            convention = declared[1].strip()
        elif line.strip():
            return convention, line
    raise UnknownFormatError(path=file, found="an empty file")
