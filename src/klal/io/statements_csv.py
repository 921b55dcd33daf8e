"""Reading the statements of a conversation (Polis's comments.csv) and its key–value summary.

The totals in these files are not read: Polis counted every event, repeated votes included, so they do not add up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from klal.core.index import IdIndex
from klal.domain.records import Id, Moderation, Statement
from klal.errors import BadIdError, BadLineError
from klal.io.id_column import MAX_ID_LENGTH, is_usable_id, numbers_of
from klal.io.text_table import TextTable
from klal.io.vote_values import SECONDS_END, TimeKind, is_time, moment, time_kind

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("comment-id", "statement-id", "statement", "tid", "id"),
    "text": ("comment-body", "text", "txt", "body"),
    "author": ("author-id", "author", "pid"),
    "moderated": ("moderated", "moderation", "mod"),
    "is-meta": ("is-meta",),
    "is-seed": ("is-seed",),
    "time": ("timestamp", "created", "time"),
}
_MODERATION = {
    "-1": Moderation.REJECTED,
    "0": Moderation.PENDING,
    "1": Moderation.ACCEPTED,
    "": Moderation.PENDING,
    **{state.value: state for state in Moderation},
}
_YES, _NO = frozenset({"true", "t", "1", "yes"}), frozenset({"false", "f", "0", "no", ""})


@dataclass(frozen=True, slots=True)
class RawStatement:
    """A statement as the file has it; ids are still text, because their kind depends on the votes as well."""

    line: int
    id: str
    text: str
    author: str
    time: int | None
    moderation: Moderation
    is_meta: bool
    is_seed: bool

    def settled(self, statement: Id, author: Id | None) -> Statement:
        """Return the record."""
        created = None if self.time is None else moment(self.time)
        return Statement(statement, self.text, author, created, self.moderation, self.is_meta, self.is_seed)


@dataclass(frozen=True, slots=True)
class RawStatements:
    """All statements of a file.

    Attributes
    ----------
    file : str
        Its name.
    statements : tuple of RawStatement
        In its order.
    rejoined : bool
        Whether a text without quotes held commas and had to be put together again.
    """

    file: str
    statements: tuple[RawStatement, ...]
    rejoined: bool


def read_statements(table: TextTable) -> RawStatements:
    """Read every statement.

    Parameters
    ----------
    table : TextTable
        A comments.csv of any generation.

    Returns
    -------
    RawStatements
        In the order of the file.

    Raises
    ------
    MissingColumnError, BadIdError, BadLineError, EncodingError
        With file and line, if the file is not what it should be.
    """
    places = {name: table.header.find(aliases) for name, aliases in _COLUMNS.items()}
    for name in ("id", "text"):
        if places[name] is None:
            raise table.header.missing(f"a column for the {'text' if name == 'text' else 'statement'} ({', '.join(_COLUMNS[name])})")
    width, rejoined = len(table.header.names), False
    rows: list[tuple[int, dict[str, str]]] = []
    with closing(table.records()) as records:
        for line, cells in records:
            if len(cells) > width and places["text"] == width - 1:
                # One edition of Polis wrote texts without quotes; as the text comes last, its commas can be put back.
                cells[width - 1 :] = [table.delimiter.join(cells[width - 1 :])]
                rejoined = True
            if len(cells) != width:
                raise table.wrong_width(line, len(cells))
            rows.append((line, {name: cells[at] for name, at in places.items() if at is not None}))
    to_ms = _time_reader(table, rows)
    found = tuple(_statement(table, line, row, to_ms) for line, row in rows)
    _refuse_repeats(table, found)
    return RawStatements(table.file, found, rejoined)


def author_of(raw: RawStatement, participants: IdIndex) -> Id | None:
    """Return the author's id as a number or text, whichever the participants have; None if the file names nobody."""
    text = raw.author.strip()
    if not text:
        return None
    numbers = numbers_of([text]) if participants.ids.dtype.kind == "i" else None
    return text if numbers is None else int(numbers[0])


def read_summary(table: TextTable) -> dict[str, tuple[int, str]]:
    """Return the pairs of Polis's summary.csv, which has no header: key, value.

    Parameters
    ----------
    table : TextTable
        A summary.csv of any generation.

    Returns
    -------
    dict of str to (int, str)
        Key in small letters → line and value.
    """
    pairs = [(table.header.line, list(table.header.names)), *table.records()]
    # A value with commas and no quotes belongs together.
    return {cells[0].strip().lower(): (line, table.delimiter.join(cells[1:])) for line, cells in pairs}


def _statement(table: TextTable, line: int, row: Mapping[str, str], to_ms: Callable[[str], int | None]) -> RawStatement:
    one = row["id"].strip()
    if not is_usable_id(one):
        found = f"{len(one)} characters (more than {MAX_ID_LENGTH})" if one else "nothing"
        raise BadIdError(file=table.file, line=line, column="comment-id", found=found)
    time = row.get("time", "").strip()
    moderation = _MODERATION.get(row.get("moderated", "").strip().lower().removesuffix(".0"))
    if moderation is None:
        found, needed = f"the moderation {row['moderated'].strip()[:40]}", "-1 (rejected), 0 (pending) or 1 (accepted)"
        raise BadLineError(file=table.file, line=line, found=found, needed=needed)
    try:
        ms = to_ms(time)
    except ValueError as error:
        found, needed = f"the time {time[:40]}", "seconds or milliseconds since 1970"
        raise BadLineError(file=table.file, line=line, found=found, needed=needed) from error
    flags = [_flag(table, line, name, row.get(name, "")) for name in ("is-meta", "is-seed")]
    return RawStatement(line, one, row["text"], row.get("author", ""), ms, moderation, *flags)


def _flag(table: TextTable, line: int, name: str, text: str) -> bool:
    plain = text.strip().lower()
    if plain not in _YES | _NO:
        raise BadLineError(file=table.file, line=line, found=f"{plain[:40]} in the column {name}", needed="true or false")
    return plain in _YES


def _time_reader(table: TextTable, rows: list[tuple[int, dict[str, str]]]) -> Callable[[str], int | None]:
    """Return what turns a time of this file into milliseconds; seconds or not is decided by the latest one, for all alike."""
    counts = [float(text) for _, row in rows if (text := row.get("time", "").strip()) and is_time(text, TimeKind.DECIMAL)]
    factor = 1000 if counts and max(counts) < SECONDS_END else 1

    def to_ms(text: str) -> int | None:
        kind = time_kind(text)
        if not text:
            return None
        if kind not in (TimeKind.COUNT, TimeKind.DECIMAL):
            raise ValueError(text)
        ms = int(text) * factor if kind is TimeKind.COUNT else round(float(text) * factor)
        try:
            moment(ms)
        except (OverflowError, OSError) as error:
            raise ValueError(text) from error
        return ms

    return to_ms


def _refuse_repeats(table: TextTable, statements: tuple[RawStatement, ...]) -> None:
    seen = set[str]()
    for raw in statements:
        if raw.id in seen:
            raise BadLineError(file=table.file, line=raw.line, found=f"the statement {raw.id} again", needed="one line for each")
        seen.add(raw.id)
