"""Reading a CSV with one participant a line and one statement a column, such as Polis's participants-votes.csv.

An empty cell is no vote. Totals in the file (``n-votes`` and so on) are not read: they are counted anew.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Bools, Codes
from klal.errors import BadIdError, BadLineError, BadVoteError
from klal.io.buffers import GrowingColumn
from klal.io.columns import GROUP, PARTICIPANT, WIDE_ONLY, plain_name
from klal.io.id_column import MAX_ID_LENGTH, ids_of, is_usable_id
from klal.io.log_builder import RawVotes
from klal.io.progress import Progress
from klal.io.text_table import TextTable, overlong
from klal.io.vote_values import vote_code

_COMMA, _MINUS, _ZERO, _ONE = b",-01"


@dataclass(frozen=True, slots=True)
class WideVotes:
    """What a table of one participant a line says.

    Attributes
    ----------
    participants : list of str
        Ids, in the order of the file.
    groups : dict of str to int
        Opinion group of those participants that have one.
    votes : RawVotes
        The cells; none if only the first columns were asked for.
    """

    participants: list[str]
    groups: dict[str, int]
    votes: RawVotes


@dataclass(frozen=True, slots=True)
class _Places:
    participant: int
    group: int | None
    statements: Sequence[int]
    width: int

    @property
    def fast_from(self) -> int | None:
        """Return the place from which on every column is a statement, None if they are not together at the end."""
        start = self.width - len(self.statements)
        return start if list(self.statements[:1]) == [start] else None


def read_wide_csv(table: TextTable, progress: Progress, columns: Mapping[str, str] | None = None, *, with_votes: bool = True) -> WideVotes:
    """Read participants, their groups and (if asked) their votes.

    Parameters
    ----------
    table : TextTable
        The file.
    progress : Progress
        Told of the bytes read.
    columns : mapping of str to str, optional
        Our name → the file's name; only ``participant`` matters here.
    with_votes : bool
        False where the votes are known from elsewhere; the cells are not looked at then.

    Returns
    -------
    WideVotes
        What the table says.

    Raises
    ------
    MissingColumnError, BadVoteError, BadIdError, BadLineError, EncodingError
        With file and line, if the file is not what it should be.
    """
    places = _find(table, columns)
    cells, groups = _Cells(table, places), dict[str, int]()
    seen: dict[str, None] = {}  # in the order of the file
    with closing(_lines(table, places, progress)) as lines:
        for line, head, votes in lines:
            one = _participant(table, line, head[places.participant].strip(), places)
            if one in seen:
                raise BadLineError(file=table.file, line=line, found=f"the participant {one} again", needed="one line for each")
            if with_votes:
                cells.add(line, len(seen), votes)
            seen[one] = None
            if places.group is not None and (group := head[places.group].strip()):
                groups[one] = _group(table, line, group)
    participants = list(seen)
    return WideVotes(participants, groups, cells.close(participants))


def _find(table: TextTable, columns: Mapping[str, str] | None) -> _Places:
    header = table.header
    asked = (columns or {}).get("participant")
    participant = header.find((plain_name(asked),) if asked else PARTICIPANT)
    if participant is None:
        raise header.missing(f"a column {asked}" if asked else f"a column for the participant ({', '.join(PARTICIPANT)})")
    statements = [at for at, name in enumerate(header.names) if at != participant and plain_name(name) not in WIDE_ONLY]
    names = [header.names[at].strip() for at in statements]
    for name in names:
        if not is_usable_id(name):
            raise BadIdError(file=table.file, line=header.line, column=name[:40] or "without a name", found=_bad_id(name))
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise BadLineError(file=table.file, line=header.line, found=f"the column {twice} twice", needed="it once")
    return _Places(participant, header.find(GROUP), statements, len(header.names))


def _lines(table: TextTable, places: _Places, progress: Progress) -> Generator[tuple[int, list[str], str | list[str]]]:
    """Yield line number, the cells before the votes (or all), and the votes as one text where that is safe, else as cells."""
    line, start = table.lines, places.fast_from
    with closing(table.text_lines()) as lines:
        for text in lines:
            line += 1
            progress.advance(len(text))
            if not text.rstrip("\r\n"):
                continue
            if start is not None and '"' not in text and "\0" not in text:
                yield line, *_split(table, places, line, text.rstrip("\r\n"))
                continue
            cells, more = _quoted(table, line, text, lines)
            if len(cells) != places.width:
                raise table.wrong_width(line, len(cells))
            yield line, cells, [cells[at] for at in places.statements]
            line += more


def _split(table: TextTable, places: _Places, line: int, text: str) -> tuple[list[str], str]:
    """Take the cells before the votes off a line without quotes, and leave the votes in one piece."""
    start = places.width - len(places.statements)
    head = text.split(table.delimiter, start)
    width = len(head) if len(head) <= start else start + head[start].count(table.delimiter) + 1
    if width != places.width:
        raise table.wrong_width(line, width)
    return head[:start], head[start]


def _quoted(table: TextTable, line: int, text: str, lines: Iterator[str]) -> tuple[list[str], int]:
    """Take apart a record with quotes, which may go on in the next lines; return its cells and how many more lines it takes."""
    reader = csv.reader(itertools.chain([text], lines), delimiter=table.delimiter)
    try:
        return next(reader), reader.line_num - 1
    except csv.Error as error:
        raise overlong(table.file, line) from error


def _participant(table: TextTable, line: int, text: str, places: _Places) -> str:
    if not is_usable_id(text):
        raise BadIdError(file=table.file, line=line, column=table.header.names[places.participant].strip(), found=_bad_id(text))
    return text


def _bad_id(text: str) -> str:
    if not text:
        return "nothing"
    return "a null byte" if "\0" in text else f"{len(text)} characters (more than {MAX_ID_LENGTH})"


def _group(table: TextTable, line: int, text: str) -> int:
    try:
        return int(text.removesuffix(".0"))
    except ValueError as error:
        raise BadLineError(file=table.file, line=line, found=f"the group {text}", needed="a whole number or nothing") from error


class _Cells:
    """The votes of a wide table, as they come."""

    def __init__(self, table: TextTable, places: _Places) -> None:
        self._table = table
        self._names = [table.header.names[at].strip() for at in places.statements]
        self._rows, self._columns = GrowingColumn(np.int32), GrowingColumn(np.int32)
        self._codes = GrowingColumn(np.int8)

    def add(self, line: int, row: int, votes: str | list[str]) -> None:
        """Take in the votes of one participant."""
        read = plain_votes(votes, self._table.delimiter) if isinstance(votes, str) else None
        columns, codes = self._slowly(line, votes) if read is None else read
        self._columns.extend(columns)
        self._codes.extend(codes)
        self._rows.extend(np.full(len(codes), row, dtype=np.int32))

    def _slowly(self, line: int, votes: str | list[str]) -> tuple[NDArray[Any], Codes]:
        cells = votes.split(self._table.delimiter) if isinstance(votes, str) else votes
        filled = [at for at, cell in enumerate(cells) if cell.strip()]
        codes = [vote_code(cells[at]) for at in filled]
        if None in codes:
            found = f"{cells[filled[codes.index(None)]].strip()[:40]} on statement {self._names[filled[codes.index(None)]]}"
            raise BadVoteError(file=self._table.file, line=line, found=found)
        return np.array(filled, dtype=np.int32), np.array(codes, dtype=np.int8)

    def close(self, participants: list[str]) -> RawVotes:
        """Return all votes."""
        return RawVotes(self._rows.close(), self._columns.close(), self._codes.close(), None, ids_of(participants), ids_of(self._names))


def plain_votes(text: str, delimiter: str = ",") -> tuple[NDArray[Any], Codes] | None:
    """Take apart cells that hold nothing but 1, 0 and -1, all at once.

    Parameters
    ----------
    text : str
        Cells with delimiters between them.
    delimiter : str
        One character.

    Returns
    -------
    tuple of ndarray, or None
        Places of the cells with a vote, ascending, and their codes; None if a cell holds anything else.
    """
    raw = text.encode().replace(delimiter.encode(), b",") if delimiter != "," else text.encode()
    if raw.translate(None, b"-01,"):
        return None
    byte = np.frombuffer(raw, dtype=np.uint8)
    digit = (byte == _ZERO) | (byte == _ONE)
    places = np.cumsum(byte == _COMMA, dtype=np.int32)[digit]
    negative = _before(byte == _MINUS)
    starts = _before(byte == _COMMA)
    starts[:1] = True
    minus_is_right = ((byte == _MINUS) & starts).sum() == (byte == _MINUS).sum() == (negative & (byte == _ONE)).sum()
    if not minus_is_right or (np.diff(places) == 0).any():
        return None
    ones = (byte[digit] == _ONE).astype(np.int8)
    signs = 1 - 2 * negative[digit].astype(np.int8)
    return places, np.asarray(2 + ones * signs).astype(np.int8)


def _before(marks: Bools) -> Bools:
    """Return for every byte whether the one before it is marked."""
    moved = np.zeros_like(marks)
    moved[1:] = marks[:-1]
    return moved
