"""What counts as a vote or a time in a file, in one place for every reader."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Ints
from klal.core.votes import AGREE, DISAGREE, PASS

_WORDS = {"agree": AGREE, "pass": PASS, "disagree": DISAGREE}
_NUMBER = re.compile(r"([+-]?)([01])(\.0*)?")
SECONDS_END = 100_000_000_000
"""Counts below are seconds (this one would be the year 5138), from it on milliseconds (this one is March 1973, before any such
conversation). Decided once for a file, by its latest time, because one event near 1970 says nothing."""

_LATEST_MS = 253_402_300_799_999  # the end of the year 9999, the last that dates can be made of
_EARLIEST_MS = -62_135_596_800_000


def vote_code(text: str, *, null_is_pass: bool = False) -> int | None:
    """Return the code of a vote as it is written in a file.

    Parameters
    ----------
    text : str
        ``1``, ``0``, ``-1`` (also ``1.0`` or ``+1``) or the words agree, pass, disagree, whatever the case and blanks around.
    null_is_pass : bool
        Whether nothing, or the word NULL, is a pass.

    Returns
    -------
    int or None
        3 agree, 2 pass, 1 disagree; None if it is no vote.
    """
    plain = text.strip().lower().replace("−", "-")
    if plain in _WORDS:
        return int(_WORDS[plain])
    if null_is_pass and plain in ("", "null"):
        return int(PASS)
    number = _NUMBER.fullmatch(plain)
    if number is None:
        return None
    return int(PASS) + int(number[2]) * (-1 if number[1] == "-" else 1)


def vote_codes(votes: Any, *, null_is_pass: bool = False) -> Codes | None:
    """Return the codes of a dictionary-encoded Arrow array of votes, shape (len(votes),), or None if one of them is no vote."""
    meant = [vote_code("" if value is None else str(value), null_is_pass=null_is_pass) for value in votes.dictionary.to_pylist()]
    indices = votes.indices
    if indices.null_count:
        if not null_is_pass:
            return None
        indices = indices.fill_null(len(meant))
        meant.append(int(PASS))
    table = np.array([0 if code is None else code for code in meant] or [0], dtype=np.int8)
    codes: Codes = table[indices.to_numpy()]
    return codes if codes.all() else None


class TimeKind(Enum):
    """How the times of a file are written."""

    COUNT = "seconds or milliseconds since 1970"
    DECIMAL = "seconds or milliseconds since 1970, with a fraction"
    DATE = "dates and times"
    DATE_WITH_ZONE = "dates and times with their distance from UTC"


def time_kind(text: str) -> TimeKind | None:
    """Tell how the times of a file are written, from its first one; None if it is no time."""
    plain = text.strip()
    if re.fullmatch(r"-?[0-9]*", plain):
        return TimeKind.COUNT
    if re.fullmatch(r"-?[0-9]+\.[0-9]*([eE]\+?[0-9]+)?|-?[0-9]+[eE]\+?[0-9]+", plain):
        return TimeKind.DECIMAL
    try:
        date = datetime.fromisoformat(plain)
    except ValueError:
        return None
    return TimeKind.DATE if date.tzinfo is None else TimeKind.DATE_WITH_ZONE


def is_time(text: str, kind: TimeKind) -> bool:
    """Say whether a text is a time of that kind that a calendar knows."""
    found = time_kind(text)
    if not text.strip() or found is None:
        return False
    if kind in (TimeKind.DATE, TimeKind.DATE_WITH_ZONE):
        return found is kind
    return found in (kind, TimeKind.COUNT) and _EARLIEST_MS <= float(text) <= _LATEST_MS


def milliseconds(times: Ints) -> Ints | None:
    """Turn counts since 1970 into milliseconds, in place.

    Parameters
    ----------
    times : ndarray of int64
        Shape (e,): seconds or milliseconds, all the same.

    Returns
    -------
    ndarray of int64 or None
        Shape (e,): the same array in milliseconds; None if one is no time that a calendar knows.
    """
    if not len(times):
        return times
    factor = 1000 if times.max() < SECONDS_END else 1
    if times.max() > _LATEST_MS // factor or times.min() < _EARLIEST_MS // factor:
        return None
    if factor > 1:
        times *= factor
    return times


def moment(ms: int) -> datetime:
    """Return the moment (UTC) so many milliseconds after 1970 began."""
    return datetime.fromtimestamp(ms // 1000, UTC).replace(microsecond=ms % 1000 * 1000)


def as_ms(times: Any) -> NDArray[np.int64]:
    """Return an Arrow array of timestamps as milliseconds since 1970, int64; nulls must be gone."""
    import pyarrow as pa

    unit = pa.timestamp("ms", times.type.tz)
    return np.asarray(times.cast(unit, safe=False).cast(pa.int64()).to_numpy())
