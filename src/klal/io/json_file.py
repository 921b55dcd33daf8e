"""One readable JSON document that carries a conversation whole (schema ``klal-conversation/1``).

Meant for eyes, for programs without Parquet and for small conversations: a vote is one line ``[participant, statement, vote, time]``
with vote 1 agree, 0 pass, −1 disagree and time in milliseconds since 1970 (UTC) or null.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa

from klal.core.votes import AGREE, DISAGREE, PASS
from klal.errors import BadLineError, EncodingError, TooLargeError
from klal.io.atomic import atomic_file
from klal.io.conversation import Conversation
from klal.io.document import SCHEMA, Described, describe, described
from klal.io.id_column import BadIdsError
from klal.io.log_builder import LogBuilder, RawVotes
from klal.io.progress import Progress
from klal.io.sources import Member

MAX_BYTES = 256 << 20
"""A JSON document is read at once, as Python values; larger conversations travel as Parquet."""

_ROWS = 1 << 16
_SIGNED = {1: AGREE, 0: PASS, -1: DISAGREE}


def read_json(member: Member, progress: Progress) -> Conversation:
    """Read klal's JSON document.

    Parameters
    ----------
    member : Member
        The file.
    progress : Progress
        Told of the bytes read.

    Returns
    -------
    Conversation
        As it was written.

    Raises
    ------
    TooLargeError
        If the file is larger than 256 MiB.
    EncodingError
        If it is not UTF-8.
    UnknownFormatError, BadLineError
        If it is another document, or a damaged one.
    """
    if member.size > MAX_BYTES:
        raise TooLargeError(file=member.name, found=f"{member.size} bytes", needed=f"{MAX_BYTES} (use Parquet)")
    with member.opener() as stream:
        content = stream.read()
    progress.advance(len(content))
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise EncodingError(file=member.name, line=line, found=f"0x{content[error.start]:02x}") from error
    except json.JSONDecodeError as error:
        raise BadLineError(file=member.name, line=error.lineno, found="something that is not JSON", needed="a JSON document") from error
    about = described(document, member.name)
    return about.with_votes(_votes(document, about, member.name), member.name)


def _votes(document: dict[str, Any], about: Described, file: str) -> RawVotes:
    builder = LogBuilder(participants_are_text=about.participants_are_text, statements_are_text=about.statements_are_text)
    try:
        rows = [(row[0], row[1], row[2], row[3]) for row in document["votes"]]
        participants, statements, votes, times = zip(*rows, strict=True) if rows else ((), (), (), ())
        kinds = {True: pa.string(), False: pa.int64()}
        builder.add(
            pa.array(participants, type=kinds[about.participants_are_text]),
            pa.array(statements, type=kinds[about.statements_are_text]),
            np.array([_SIGNED[vote] for vote in votes], dtype=np.int8),
            np.array(times, dtype=np.int64) if about.timed else None,
        )
        return builder.close()
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, pa.ArrowException, BadIdsError) as error:
        needed = f"votes of the schema {SCHEMA}: [participant, statement, vote, time]"
        raise BadLineError(file=file, line=1, found="votes that cannot be read", needed=needed) from error


def write_json(conversation: Conversation, out: Path) -> None:
    """Write a conversation whole into one JSON document.

    Parameters
    ----------
    conversation : Conversation
        Any; large ones are better written as Parquet.
    out : Path
        The file; an earlier one is replaced.

    Raises
    ------
    OutputError
        If it cannot be written. Nothing was changed.
    """
    with atomic_file(out) as draft, draft.open("w", encoding="utf-8", errors="replace", newline="\n") as stream:
        head = json.dumps(describe(conversation), ensure_ascii=False, indent=1)
        stream.write(head.removesuffix("\n}") + ',\n "votes": [')
        _write_votes(stream, conversation)
        stream.write("\n ]\n}\n")


def _write_votes(stream: TextIO, conversation: Conversation) -> None:
    log = conversation.log
    for start in range(0, len(log), _ROWS):
        part = slice(start, start + _ROWS)
        votes = (log.codes[part] - PASS).tolist()
        times = [None] * len(votes) if log.times is None else log.times[part].tolist()
        ids = log.participants.ids[log.rows[part]].tolist(), log.statements.ids[log.columns[part]].tolist()
        lines = [json.dumps(row, ensure_ascii=False) for row in zip(*ids, votes, times, strict=True)]
        stream.write((",\n  " if start else "\n  ") + ",\n  ".join(lines))
