"""Reading a CSV with one vote a line, as a stream.

The fast way reads blocks, checks them as a whole and keeps seventeen bytes a vote. Only if a block is wrong is the file read a
second time, line by line, to say exactly where and why.

A missing vote is a fault, because it is not a pass; only Polis's bulk table (column ``vote_value``) writes a pass as NULL.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv

from klal.core.arrays import Ints
from klal.errors import BadIdError, BadLineError, BadVoteError, InputError
from klal.io.columns import VoteColumns, find_vote_columns
from klal.io.id_column import MAX_ID_LENGTH, BadIdsError, is_usable_id
from klal.io.log_builder import LogBuilder, RawVotes
from klal.io.progress import Progress
from klal.io.text_table import TextTable
from klal.io.vote_values import SECONDS_END, TimeKind, as_ms, is_time, milliseconds, time_kind, vote_code, vote_codes

_BLOCK = 4 << 20
"""Bytes read at once; larger ones were not faster and cost memory. No record may be longer."""

_ARROW_TIME = {
    TimeKind.COUNT: pa.int64(),
    TimeKind.DECIMAL: pa.float64(),
    TimeKind.DATE: pa.timestamp("us"),
    TimeKind.DATE_WITH_ZONE: pa.timestamp("us", "UTC"),
}


class _DoubtfulError(ValueError):
    """Something in a block is wrong; reading line by line will tell what."""


def read_votes_csv(table: TextTable, progress: Progress, columns: Mapping[str, str] | None = None) -> RawVotes:
    """Read every vote event of a CSV with one vote a line.

    Parameters
    ----------
    table : TextTable
        The file.
    progress : Progress
        Told of the bytes read.
    columns : mapping of str to str, optional
        Our name → the file's name.

    Returns
    -------
    RawVotes
        In the order of the file.

    Raises
    ------
    MissingColumnError, BadVoteError, BadIdError, BadLineError, EncodingError
        With file and line, if the file is not what it should be.
    """
    places = find_vote_columns(table.header, columns)
    kind = _kind_of_times(table, places)
    builder = LogBuilder()
    try:
        with closing(_batches(table, places, kind, progress)) as batches:
            for batch in batches:
                _take_in(builder, batch, places, kind)
        _settle_times(builder, kind)
        return builder.close()
    except (pa.ArrowInvalid, _DoubtfulError, BadIdsError) as doubt:
        raise first_fault(table, places, kind, str(doubt)) from doubt


def _kind_of_times(table: TextTable, places: VoteColumns) -> TimeKind:
    """Tell from the first vote how times are written."""
    if places.time is None:
        return TimeKind.COUNT
    with closing(table.records()) as records:
        line, cells = next(records, (0, [""] * len(table.header.names)))
    text = cells[places.time] if places.time < len(cells) else ""
    kind = time_kind(text)
    if kind is None:
        raise _bad_time(table, line, text)
    return kind


def _batches(table: TextTable, places: VoteColumns, kind: TimeKind, progress: Progress) -> Generator[Any]:
    text, few = pa.string(), pa.dictionary(pa.int32(), pa.string())
    types = {places.participant: text, places.statement: text, places.vote: few}
    if places.time is not None:
        types[places.time] = _ARROW_TIME[kind]
    # The last column is looked at even if unused: only there could a quote that is never closed swallow the rest unnoticed.
    types.setdefault(len(table.header.names) - 1, text)
    with table.body() as stream:
        first = stream.tell()
        try:
            reader = csv.open_csv(
                stream,
                csv.ReadOptions(block_size=_BLOCK, column_names=[str(place) for place in range(len(table.header.names))]),
                csv.ParseOptions(delimiter=table.delimiter, newlines_in_values=True),
                csv.ConvertOptions(
                    include_columns=[str(place) for place in types],
                    column_types={str(place): one for place, one in types.items()},
                    strings_can_be_null=False,
                    null_values=[""],
                ),
            )
        except pa.ArrowInvalid as error:
            if str(error).startswith("Empty CSV file"):
                return
            raise
        last: Any = None
        with reader:
            for batch in reader:
                yield batch
                last = batch.column(str(len(table.header.names) - 1))
                now = stream.tell()
                progress.advance(now - first)
                first = now
    if last is not None and len(last) and "\n" in str(last[-1].as_py()):
        deque(table.records(), maxlen=0)  # raises if that line break is there because a quote was never closed


def _take_in(builder: LogBuilder, batch: Any, places: VoteColumns, kind: TimeKind) -> None:
    codes = vote_codes(batch.column(str(places.vote)), null_is_pass=places.null_is_pass)
    if codes is None:
        raise _DoubtfulError("a vote")
    times = None if places.time is None else _times(batch.column(str(places.time)), kind)
    builder.add(batch.column(str(places.participant)), batch.column(str(places.statement)), codes, times)


def _times(times: Any, kind: TimeKind) -> Ints | None:
    if times.null_count == len(times):
        return None
    if times.null_count:
        raise _DoubtfulError("a missing time")
    if kind is TimeKind.COUNT:
        return np.asarray(times.to_numpy())
    if kind is TimeKind.DECIMAL:
        # Thousandths of whatever the unit is; which one that is can only be told at the end of the file.
        thousandths = np.rint(times.to_numpy() * 1000)
        if not (np.abs(thousandths) < 1 << 62).all():  # also false for nan
            raise _DoubtfulError("a time")
        return np.asarray(thousandths.astype(np.int64))
    return as_ms(times)


def _settle_times(builder: LogBuilder, kind: TimeKind) -> None:
    times = builder.times()
    if len(times) not in (0, len(builder)):
        raise _DoubtfulError("a missing time")
    if kind is TimeKind.DATE or kind is TimeKind.DATE_WITH_ZONE:
        return
    if kind is TimeKind.DECIMAL:
        if len(times) and times.max() < 1000 * SECONDS_END:
            return  # thousandths of seconds are what is wanted
        times //= 1000
    if milliseconds(times) is None:
        raise _DoubtfulError("a time")


def first_fault(table: TextTable, places: VoteColumns, kind: TimeKind, doubt: str) -> InputError:
    """Read line by line and return the first thing that is wrong.

    Parameters
    ----------
    table : TextTable
        The file.
    places : VoteColumns
        Where its columns are.
    kind : TimeKind
        How its times are written.
    doubt : str
        What the fast reader said, in case nothing is found.

    Returns
    -------
    InputError
        With file and line.
    """
    with closing(table.records()) as records:
        some_time = any(_time_of(cells, places) for _, cells in records)
    with closing(table.records()) as records:
        for line, cells in records:
            fault = _fault(table, line, cells, places) or _time_fault(table, line, cells, places, kind if some_time else None)
            if fault is not None:
                return fault
    return BadLineError(file=table.file, line=table.header.line, found=doubt, needed="a readable table")


def _fault(table: TextTable, line: int, cells: list[str], places: VoteColumns) -> InputError | None:
    if len(cells) != len(table.header.names):
        return table.wrong_width(line, len(cells))
    for place in (places.participant, places.statement):
        text = cells[place].strip()
        if not is_usable_id(text):
            found = "nothing" if not text else f"{len(text)} characters (more than {MAX_ID_LENGTH})"
            return BadIdError(file=table.file, line=line, column=table.header.names[place].strip(), found=found)
    vote = cells[places.vote]
    if vote_code(vote, null_is_pass=places.null_is_pass) is None:
        return BadVoteError(file=table.file, line=line, found=_shown(vote))
    return None


def _time_of(cells: list[str], places: VoteColumns) -> str:
    return cells[places.time].strip() if places.time is not None and places.time < len(cells) else ""


def _time_fault(table: TextTable, line: int, cells: list[str], places: VoteColumns, kind: TimeKind | None) -> InputError | None:
    if places.time is None or kind is None or is_time(cells[places.time], kind):
        return None
    return _bad_time(table, line, cells[places.time])


def _bad_time(table: TextTable, line: int, text: str) -> BadLineError:
    needed = "seconds or milliseconds since 1970, or a date and time, written alike in every line"
    return BadLineError(file=table.file, line=line, found=f"the time {_shown(text)}", needed=needed)


def _shown(text: str) -> str:
    """Return a cell as it can be put into a sentence."""
    plain = text.strip()
    if not plain:
        return "nothing"
    return plain if len(plain) <= 40 else plain[:40] + "…"
