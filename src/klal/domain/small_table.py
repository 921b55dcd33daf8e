"""A small table that somebody pasted or uploaded: taken apart with the line of every row, so that nothing wrong in it goes unsaid.

The standard library's reader, not the one of ``klal.io``: a web process stays small, and these tables are.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import StringIO

_DELIMITERS = ("\t", ";", ",")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class Flaw(StrEnum):
    """Why a row, or the whole table, cannot be taken apart."""

    ENCODING = "encoding"
    COLUMNS = "columns"
    QUOTES = "quotes"
    WIDTH = "width"


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes
    ----------
    line : int
        Where it begins, counted from 1.
    cells : mapping of str to str
        By column, without blanks around them; empty ones are left out, so that there may be none. A line without columns is one cell
        named like the first column.
    flaw : Flaw or None
        Why it could not be taken apart; the first cell is then the whole line.
    """

    line: int
    cells: Mapping[str, str]
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What was found in a text.

    Attributes
    ----------
    rows : tuple of Row
        Without empty ones.
    unused : tuple of str
        Names of columns that mean nothing here.
    flaw : Flaw or None
        Why nothing could be read at all.
    found : str
        What was found instead, for the sentence about the flaw.
    """

    rows: tuple[Row, ...] = ()
    unused: tuple[str, ...] = ()
    flaw: Flaw | None = None
    found: str = field(default="")


def decode(raw: bytes) -> str | None:
    """Return a file's text: UTF-8 with or without its mark, or UTF-16 with it; None for anything else.

    Parameters
    ----------
    raw : bytes
        The file.
    """
    try:
        return raw.decode("utf-16" if raw.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def read_table(text: str, names: Mapping[str, str], *, needs_columns: bool = False, keys: Collection[str] = ()) -> Table:
    """Take a text apart: a table if its first line names columns, else one row a line.

    Parameters
    ----------
    text : str
        With commas, semicolons or tabs between the cells.
    names : mapping of str to str
        The column meant by each name it may have, in small letters; the first one is that of a line without columns.
    needs_columns : bool
        Whether it says that it is a table, so that a first line without columns is a flaw and not a row.
    keys : collection of str
        Columns of which a table must have one; any will do if left out.

    Returns
    -------
    Table
        Every row that is not empty, those that cannot be taken apart as well.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return Table()
    delimiter, head = _head(lines[first], names)
    columns = [names.get(cell.lower(), "") for cell in head]
    if not set(columns) & (set(keys) or set(names.values())):
        several = any(sign in lines[first] for sign in _DELIMITERS)
        if needs_columns and several:
            return Table(flaw=Flaw.COLUMNS, found=", ".join(cell for cell in head if cell)[:200])
        only = next(iter(names.values()))
        return Table(tuple(Row(number, {only: line.strip()}) for number, line in enumerate(lines, 1) if line.strip()))
    unused = tuple(cell for cell, column in zip(head, columns, strict=True) if cell and not column)
    return Table(_rows(lines[first + 1 :], first + 1, delimiter, columns), unused)


def _head(line: str, names: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return the delimiter under which most cells of the first line name columns, and the cells."""
    read = {delimiter: [cell.strip() for cell in _cells(line, delimiter) or [line]] for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: (sum(cell.lower() in names for cell in read[delimiter]), len(read[delimiter])))
    return best, read[best]


def _cells(line: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return None


def _rows(lines: list[str], before: int, delimiter: str, columns: list[str]) -> tuple[Row, ...]:
    reader = csv.reader(StringIO("\n".join(lines), newline=""), delimiter=delimiter, strict=True)
    read: list[tuple[int, list[str] | None]] = []
    try:
        start = before + 1
        for cells in reader:
            read.append((start, cells))
            start = before + reader.line_num + 1
    except csv.Error:  # quotes that are not closed would swallow the rest: then every line is for itself
        read = [(number, _cells(line, delimiter)) for number, line in enumerate(lines, before + 1)]
    rows: list[Row] = []
    for number, found in read:
        if found is None:
            rows.append(Row(number, {_text_column(columns): lines[number - before - 1].strip()}, Flaw.QUOTES))
        elif any(cell.strip() for cell in found):
            rows.append(_row(number, found, columns, delimiter))
    return tuple(rows)


def _row(line: int, cells: list[str], columns: list[str], delimiter: str) -> Row:
    if any(cell.strip() for cell in cells[len(columns) :]):
        return Row(line, {_text_column(columns): f"{delimiter.strip() or ' '} ".join(cells).strip()}, Flaw.WIDTH)
    found: dict[str, str] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name and cell.strip():
            found.setdefault(name, cell.strip())
    return Row(line, found)


def _text_column(columns: list[str]) -> str:
    return next(name for name in columns if name)
