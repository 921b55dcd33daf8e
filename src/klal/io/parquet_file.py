"""klal's Parquet file, and Parquet tables of votes from elsewhere.

One row is one vote event: ``participant``, ``statement``, ``vote`` (1 agree, 0 pass, −1 disagree), ``time`` (UTC, milliseconds, null
where unknown). Everything else about the conversation is in the file's metadata under the key ``klal``, so the file carries a
conversation whole. A table without that key is read like a votes CSV.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from klal.core.arrays import Ints
from klal.core.index import IdIndex
from klal.core.votes import PASS
from klal.domain.records import ConversationInfo, Statement
from klal.errors import BadIdError, BadLineError, BadVoteError, InputError, NotEnoughVotesError, UnknownFormatError
from klal.io.atomic import atomic_file
from klal.io.columns import Header, VoteColumns, find_vote_columns
from klal.io.conversation import Conversation
from klal.io.document import Described, describe, described
from klal.io.id_column import BadIdsError, is_usable_id
from klal.io.log_builder import LogBuilder, RawVotes
from klal.io.progress import Progress
from klal.io.vote_values import as_ms, milliseconds, vote_code, vote_codes

_KEY = b"klal"
_ROWS = 1 << 18
_TIME = pa.timestamp("ms", "UTC")


class _DoubtfulError(ValueError):
    """Something in a batch is wrong; looking row by row will tell what."""


def read_parquet(path: Path, progress: Progress, columns: Mapping[str, str] | None = None) -> Conversation:
    """Read klal's Parquet file, or a Parquet table with one vote a row.

    Parameters
    ----------
    path : Path
        The file.
    progress : Progress
        Told of the bytes read, as far as rows tell them.
    columns : mapping of str to str, optional
        Our name → the file's name.

    Returns
    -------
    Conversation
        Whole, if klal wrote it; else votes only.

    Raises
    ------
    MissingColumnError, BadVoteError, BadIdError, BadLineError
        With file and row, if it is not what it should be.
    UnknownFormatError
        If it is damaged.
    NotEnoughVotesError
        If a table from elsewhere has no rows.
    """
    try:
        with pq.ParquetFile(path) as file:
            about = _about(file, path.name)
            votes = _read_votes(file, path, progress, columns, about)
    except (pa.ArrowException, OSError) as error:
        raise UnknownFormatError(path=path.name, found="a damaged Parquet file") from error
    if about is not None:
        return about.with_votes(votes, path.name)
    if not len(votes.codes):
        raise NotEnoughVotesError(file=path.name, have=0, need=1)
    log = votes.settle()
    return Conversation(ConversationInfo(source=path.name), tuple(Statement(one) for one in log.statements.tolist()), log)


def write_parquet(conversation: Conversation, out: Path) -> None:
    """Write a conversation whole into one Parquet file.

    Parameters
    ----------
    conversation : Conversation
        Any.
    out : Path
        The file; an earlier one is replaced.

    Raises
    ------
    OutputError
        If it cannot be written. Nothing was changed.
    """
    log = conversation.log
    schema = pa.schema(
        [("participant", _id_type(log.participants)), ("statement", _id_type(log.statements)), ("vote", pa.int8()), ("time", _TIME)],
        metadata={_KEY: json.dumps(describe(conversation)).encode()},
    )
    with atomic_file(out) as draft, pq.ParquetWriter(draft, schema, compression="zstd") as writer:
        for start in range(0, len(log), _ROWS):
            part = slice(start, start + _ROWS)
            signed = log.codes[part] - PASS
            times = pa.nulls(len(signed), _TIME) if log.times is None else pa.array(log.times[part]).cast(_TIME)
            people = pa.array(log.participants.ids[log.rows[part]].tolist(), schema.field(0).type)
            said = pa.array(log.statements.ids[log.columns[part]].tolist(), schema.field(1).type)
            writer.write_batch(pa.record_batch([people, said, pa.array(signed), times], schema=schema))


def _id_type(index: IdIndex) -> Any:
    return pa.int64() if index.ids.dtype.kind == "i" else pa.string()


def _about(file: Any, name: str) -> Described | None:
    packed = (file.schema_arrow.metadata or {}).get(_KEY)
    if packed is None:
        return None
    try:
        return described(json.loads(packed), name)
    except ValueError as error:
        raise UnknownFormatError(path=name, found="a damaged description in a Parquet file") from error


def _read_votes(file: Any, path: Path, progress: Progress, columns: Mapping[str, str] | None, about: Described | None) -> RawVotes:
    header = Header(path.name, 1, tuple(file.schema_arrow.names))
    places = find_vote_columns(header, columns)
    wanted = [place for place in (places.participant, places.statement, places.vote, places.time) if place is not None]
    builder = LogBuilder(
        participants_are_text=about is not None and about.participants_are_text,
        statements_are_text=about is not None and about.statements_are_text,
    )
    size, rows, done = path.stat().st_size, max(file.metadata.num_rows, 1), 0
    for batch in file.iter_batches(batch_size=_ROWS, columns=[header.names[place] for place in wanted]):
        try:
            _take_in(builder, batch, header, places)
        except (_DoubtfulError, BadIdsError) as doubt:
            raise _first_fault(batch, header, places, done) from doubt
        progress.advance(size * (done + len(batch)) // rows - size * done // rows)
        done += len(batch)
    return _closed(builder, file, header, places)


def _closed(builder: LogBuilder, file: Any, header: Header, places: VoteColumns) -> RawVotes:
    times = builder.times()
    if len(times) not in (0, len(builder)):
        raise BadLineError(file=header.file, line=1, found="times in some rows only", needed="a time in each row, or in none")
    if places.time is not None and not pa.types.is_temporal(file.schema_arrow.field(places.time).type) and milliseconds(times) is None:
        raise BadLineError(file=header.file, line=1, found="a time beyond the year 9999", needed="seconds or milliseconds since 1970")
    try:
        return builder.close()
    except BadIdsError as error:
        raise _bad_id_somewhere(file, header, places) from error


def _take_in(builder: LogBuilder, batch: Any, header: Header, places: VoteColumns) -> None:
    votes = batch.column(header.names[places.vote])
    votes = votes if pa.types.is_dictionary(votes.type) else votes.dictionary_encode()
    codes = vote_codes(votes, null_is_pass=places.null_is_pass)
    if codes is None:
        raise _DoubtfulError
    participants, statements = (_ids(batch.column(header.names[place])) for place in (places.participant, places.statement))
    times = None if places.time is None else _times(batch.column(header.names[places.time]), header)
    builder.add(participants, statements, codes, times)


def _ids(column: Any) -> Any:
    """Return ids as whole numbers or text; whole numbers that another program kept as fractions are whole again."""
    if pa.types.is_floating(column.type):
        try:
            return column.cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise BadIdsError from error
    if pa.types.is_integer(column.type):
        return column
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BadIdsError from error


def _times(column: Any, header: Header) -> Ints | None:
    if column.null_count == len(column):
        return None
    if column.null_count:
        raise BadLineError(file=header.file, line=1, found="times in some rows only", needed="a time in each row, or in none")
    if pa.types.is_timestamp(column.type):
        return as_ms(column)
    if pa.types.is_date(column.type):
        return as_ms(column.cast(pa.timestamp("ms")))
    try:
        return np.asarray(column.cast(pa.int64()).to_numpy(zero_copy_only=False))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        found = f"times of the type {column.type}"
        raise BadLineError(file=header.file, line=1, found=found, needed="timestamps, or seconds or milliseconds since 1970") from error


def _first_fault(batch: Any, header: Header, places: VoteColumns, before: int) -> InputError:
    """Look row by row; the row counts as the line, the names being line 1."""
    rows = zip(*(batch.column(header.names[at]).to_pylist() for at in (places.participant, places.statement, places.vote)), strict=True)
    for row, (participant, statement, vote) in enumerate(rows):
        line = before + row + 2
        for place, one in ((places.participant, participant), (places.statement, statement)):
            if not _is_id(one):
                shown = "nothing" if one is None or one == "" else str(one)[:40]
                return BadIdError(file=header.file, line=line, column=header.names[place], found=shown)
        if vote_code("" if vote is None else str(vote), null_is_pass=places.null_is_pass) is None:
            return BadVoteError(file=header.file, line=line, found="nothing" if vote is None or vote == "" else str(vote)[:40])
    found = "values that are no ids"  # pragma: no cover - should the fast check ever be stricter than this one
    return BadIdError(file=header.file, line=before + 2, column=header.names[places.participant], found=found)  # pragma: no cover


def _is_id(one: object) -> bool:
    if isinstance(one, float):
        return one.is_integer()
    return isinstance(one, int) or (isinstance(one, str) and is_usable_id(one.strip()))


def _bad_id_somewhere(file: Any, header: Header, places: VoteColumns) -> InputError:
    names: Iterator[str] = (header.names[place] for place in (places.participant, places.statement))
    for name in names:
        column = file.read(columns=[name]).column(0).cast(pa.string())
        bad = pc.fill_null(pc.or_(pc.equal(pc.utf8_trim_whitespace(column), ""), pc.greater(pc.utf8_length(column), 256)), True)  # noqa: FBT003
        at = pc.index(bad, True).as_py()
        if at >= 0:
            return BadIdError(file=header.file, line=at + 2, column=name, found="nothing, or far too much")
    return BadIdError(file=header.file, line=1, column=header.names[places.participant], found="an id with a null byte")
