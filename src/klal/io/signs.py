"""Which sign means agree. Polis stores agree as −1 and writes it as +1, and some of its exports forgot to turn it round.

What a file declares is believed. Where nothing is declared, the authors tell: hardly anybody disagrees with their own statement (of
2570 first votes on own statements in public exports 24 did), so if most first own votes are −1, the signs are the raw ones.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes
from klal.core.vote_log import VoteLog
from klal.core.votes import DISAGREE
from klal.domain.records import Statement
from klal.errors import BadLineError
from klal.io.sources import Member

MIN_OWN_VOTES = 3
"""Fewer own votes decide nothing: one author who changed their mind must not invert a conversation. The doubt is noted instead."""

_STEP = 1 << 22
_PAIR = re.compile(r"\s*([a-z-]+)\s*=\s*(.*?)\s*")


@dataclass(frozen=True, slots=True)
class SignReading:
    """What the authors' own votes say about the signs.

    Attributes
    ----------
    raw : bool
        Most are −1, and there are enough: the signs are to be turned round.
    uncertain : bool
        Most are −1, but there are too few to act on.
    """

    raw: bool
    uncertain: bool


def declared_raw(text: str, *, file: str, line: int) -> bool:
    """Say whether a declared convention means the raw signs.

    Parameters
    ----------
    text : str
        Such as ``agree=+1;disagree=-1;pass=0;format=polis-export/1``; keys in any order.
    file, line : str, int
        Where it stands.

    Returns
    -------
    bool
        False for agree = +1, True for agree = −1.

    Raises
    ------
    BadLineError
        If it cannot be read; guessing might invert every result.
    """
    pairs = {match[1]: match[2].lstrip("+") for part in text.lower().split(";") if (match := _PAIR.fullmatch(part))}
    values = [pairs.get(name) for name in ("agree", "disagree", "pass")]
    if values not in (["1", "-1", "0"], ["-1", "1", "0"]):
        needed = "agree=+1;disagree=-1;pass=0 or agree=-1;disagree=+1;pass=0"
        raise BadLineError(file=file, line=line, found=f"the vote convention {text.strip()[:80] or 'nothing'}", needed=needed)
    return values == ["-1", "1", "0"]


def sidecar_convention(member: Member) -> str:
    """Return the convention that a format.json declares; empty if it declares none.

    Parameters
    ----------
    member : Member
        The file.

    Returns
    -------
    str
        To be given to ``declared_raw``.

    Raises
    ------
    BadLineError
        If the file is not a JSON object.
    """
    with member.opener() as stream:
        content = stream.read(1 << 20)
    try:
        document = json.loads(content)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise BadLineError(file=member.name, line=line, found="something that is not JSON", needed="a JSON object") from error
    if not isinstance(document, dict):
        raise BadLineError(file=member.name, line=1, found="something else", needed="a JSON object")
    if "vote-convention" in document:
        return str(document["vote-convention"])
    votes = document.get("vote")
    return ";".join(f"{name}={value}" for name, value in votes.items()) if isinstance(votes, dict) else ""


def read_signs(log: VoteLog, statements: tuple[Statement, ...]) -> SignReading:
    """Look at the first vote of each author on their own statement.

    Parameters
    ----------
    log : VoteLog
        The votes.
    statements : tuple of Statement
        In the order of the log's columns.

    Returns
    -------
    SignReading
        What they say.
    """
    own = _own_first_votes(log, statements)
    mostly_against = 2 * int((own == DISAGREE).sum()) > len(own)
    enough = len(own) >= MIN_OWN_VOTES
    return SignReading(raw=mostly_against and enough, uncertain=mostly_against and not enough)


def _own_first_votes(log: VoteLog, statements: tuple[Statement, ...]) -> Codes:
    author_row = np.full(len(statements), -1, dtype=np.int32)
    for column, statement in enumerate(statements):
        if statement.author is not None:
            author_row[column] = log.participants.position(statement.author)
    events = _events_by_authors(log, author_row)
    if log.times is not None:
        events = events[np.argsort(log.times[events], kind="stable")]
    _, first = np.unique(log.columns[events], return_index=True)
    return np.asarray(log.codes[events[first]])


def _events_by_authors(log: VoteLog, author_row: NDArray[Any]) -> NDArray[np.int64]:
    found = [np.empty(0, dtype=np.int64)]
    if (author_row >= 0).any():
        for start in range(0, len(log), _STEP):
            part = slice(start, start + _STEP)
            found.append(np.flatnonzero(author_row[log.columns[part]] == log.rows[part]) + start)
    return np.concatenate(found)
