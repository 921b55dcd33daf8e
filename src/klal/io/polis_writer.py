"""Writing a conversation the way Polis does, for every program that reads Polis exports.

``polis`` is the second generation, with exactly its columns, so that strict readers take it; ``polis-1`` is the first.

What they cannot carry, so that it is not there when the export is read again:

- both: notes; the name of the source; whether ids that look like whole numbers were text; blanks around ids; null characters in
  texts; times before March 1973 (read as another unit); that an empty log had times; ids of statements that are the name of one of
  the columns of the table of participants (such as ``group-id``);
- ``polis``: fractions of a second; meta and seed statements (its columns have no place for them; they come back as ordinary ones).

``polis`` keeps the order of votes, except where whole seconds would let another vote stand: then votes are sorted by time.
Files that Polis derives (comment-groups, stats-history) are not written: they are results, not data, and the latter is broken.
``format.json`` declares which sign is agree. ``views`` is not known to klal; the first generation gets the number of participants.

A text is written as it is, even if it begins with ``=``: an export that alters texts is no export. Whoever opens it in a spreadsheet
should import the column as text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import polars as pl

from klal.core.arrays import Ints
from klal.core.vote_log import VoteLog
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.domain.records import Moderation, Statement
from klal.io.conversation import Conversation

POLIS_FILES = frozenset(
    {"summary.csv", "comments.csv", "votes.csv", "participant-votes.csv", "participants-votes.csv", "stats-history.csv", "format.json"}
)
"""Names in a folder that an export may replace."""

_ROWS = 1 << 18
_MILLISECOND = timedelta(milliseconds=1)
_MODERATED = {Moderation.REJECTED: "-1", Moderation.PENDING: "0", Moderation.ACCEPTED: "1"}
_FORMAT = {"vote-convention": "agree=+1;disagree=-1;pass=0;format=polis-export/1", "vote": {"agree": 1, "disagree": -1, "pass": 0}}


@dataclass(frozen=True, slots=True)
class Generation:
    """What sets one generation of exports apart.

    Attributes
    ----------
    participants_file : str
        Name of the table of participants.
    unit : int
        Milliseconds in one unit of its timestamps.
    datetime : str
        How it writes dates, for ``strftime``.
    has_views : bool
        Whether the summary counts views.
    has_flags : bool
        Whether statements can be marked as meta or seed.
    """

    participants_file: str
    unit: int
    datetime: str
    has_views: bool
    has_flags: bool


FIRST = Generation("participants-votes.csv", 1, "%a %b %d %H:%M:%S UTC %Y", has_views=True, has_flags=True)
SECOND = Generation(
    "participant-votes.csv", 1000, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", has_views=False, has_flags=False
)


def write_polis_files(conversation: Conversation, folder: Path, generation: Generation) -> None:
    """Write the files of an export into a folder.

    Parameters
    ----------
    conversation : Conversation
        Any.
    folder : Path
        An empty folder.
    generation : Generation
        Which one.
    """
    log = _log_in_unit(conversation.log, generation.unit)
    matrix = log.to_matrix()
    writers: dict[str, Callable[[TextIO], None]] = {
        "summary.csv": lambda stream: _write_summary(stream, conversation, matrix, generation),
        "comments.csv": lambda stream: _write_statements(stream, conversation.statements, matrix, generation),
        generation.participants_file: lambda stream: _write_participants(stream, conversation, matrix),
        "format.json": lambda stream: json.dump(_FORMAT, stream, indent=2),
    }
    for name, write in writers.items():
        with (folder / name).open("w", encoding="utf-8", errors="replace", newline="") as stream:
            write(stream)
    _write_votes(folder / "votes.csv", log, generation)


def _log_in_unit(log: VoteLog, unit: int) -> VoteLog:
    """Return the log in an order in which times cut to the unit let the same votes stand."""
    if log.times is None or unit == 1:
        return log
    cut = VoteLog(log.rows, log.columns, log.codes, log.times // unit, log.participants, log.statements)
    if np.array_equal(cut.to_matrix().codes, log.to_matrix().codes):
        return log
    order = np.argsort(log.times, kind="stable")
    return VoteLog(log.rows[order], log.columns[order], log.codes[order], log.times[order], log.participants, log.statements)


def _write_summary(stream: TextIO, conversation: Conversation, matrix: VoteMatrix, generation: Generation) -> None:
    info, voters = conversation.info, int((matrix.votes_per_participant > 0).sum())
    authors = {one.author for one in conversation.statements if one.author is not None}
    pairs: list[tuple[str, object]] = [
        ("topic", info.topic),
        ("url", info.url),
        ("views", len(matrix.participants)),
        ("voters", voters),
        ("voters-in-conv", voters),
        ("commenters", len(authors)),
        ("comments", len(conversation.statements)),
        ("groups", len(set(conversation.published_groups.values()))),
        ("conversation-description", info.description),
    ]
    stream.writelines(_line(pair) for pair in pairs if generation.has_views or pair[0] != "views")


def _write_statements(stream: TextIO, statements: Sequence[Statement], matrix: VoteMatrix, generation: Generation) -> None:
    flags = generation.has_flags and any(one.is_meta or one.is_seed for one in statements)
    names = ["timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees", "moderated"]
    stream.write(_line([*names, *(["is-meta", "is-seed"] if flags else []), "comment-body"]))
    agrees, disagrees = (np.bincount(matrix.columns[matrix.codes == code], minlength=len(statements)) for code in (AGREE, DISAGREE))
    for column, one in enumerate(statements):
        when = ("", "") if one.created is None else _when(one.created, generation)
        author = "" if one.author is None else one.author
        cells = [*when, one.id, author, agrees[column], disagrees[column], _MODERATED[one.moderation]]
        marks = [str(one.is_meta).lower(), str(one.is_seed).lower()] if flags else []
        stream.write(_line([*cells, *marks, one.text]))


def _when(created: datetime, generation: Generation) -> tuple[int, str]:
    ms = (created - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
    return ms // generation.unit, created.astimezone(UTC).strftime(generation.datetime)


def _write_participants(stream: TextIO, conversation: Conversation, matrix: VoteMatrix) -> None:
    statements = matrix.statements.tolist()
    stream.write(_line(["participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree", *statements]))
    written: dict[object, int] = {}
    for one in conversation.statements:
        written[one.author] = written.get(one.author, 0) + 1
    signs = np.array(["", "-1", "0", "1"], dtype=object)
    empty = [""] * len(statements)
    for row, participant in enumerate(matrix.participants.tolist()):
        part = slice(matrix.indptr[row], matrix.indptr[row + 1])
        codes, cells = matrix.codes[part], empty.copy()
        for column, sign in zip(matrix.columns[part].tolist(), signs[codes], strict=True):
            cells[column] = sign
        group = conversation.published_groups.get(participant, "")
        counts = [len(codes), int((codes == AGREE).sum()), int((codes == DISAGREE).sum())]
        stream.write(_line([participant, group, written.get(participant, 0), *counts]).removesuffix("\n"))
        stream.write("," + ",".join(cells) + "\n" if cells else "\n")


def _write_votes(path: Path, log: VoteLog, generation: Generation) -> None:
    with path.open("wb") as stream:
        stream.write(b"timestamp,datetime,comment-id,voter-id,vote\n")
        for part in _parts(len(log)):
            frame = pl.DataFrame(
                {
                    **_times(log.times, part, generation),
                    "comment-id": log.statements.ids[log.columns[part]],
                    "voter-id": log.participants.ids[log.rows[part]],
                    "vote": log.codes[part] - PASS,
                }
            )
            frame.write_csv(stream, include_header=False)


def _times(times: Ints | None, part: slice, generation: Generation) -> dict[str, Any]:
    if times is None:
        return {"timestamp": None, "datetime": None}
    when = pl.Series(times[part])
    return {"timestamp": when // generation.unit, "datetime": when.cast(pl.Datetime("ms")).dt.strftime(generation.datetime)}


def _parts(size: int) -> Iterator[slice]:
    for start in range(0, size, _ROWS):
        yield slice(start, start + _ROWS)


def _line(cells: Sequence[object]) -> str:
    return ",".join(_cell(str(cell)) for cell in cells) + "\n"


def _cell(text: str) -> str:
    """Quote where a reader needs it; a null character, which no reader takes, is left out."""
    if not any(mark in text for mark in ',"\r\n\0'):
        return text
    return '"' + text.replace("\0", "").replace('"', '""') + '"'
