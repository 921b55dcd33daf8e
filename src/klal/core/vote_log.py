"""The vote log: every vote as it was cast, re-votes included, in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Ints
from klal.core.index import IdIndex
from klal.core.votes import VoteMatrix


@dataclass(frozen=True, slots=True, eq=False)
class VoteLog:
    """Vote events in columns, in the order of the input.

    Attributes
    ----------
    rows, columns : ndarray of int32
        Shape (e,): positions of participant and statement.
    codes : ndarray of int8
        Shape (e,): 1 disagree, 2 pass, 3 agree.
    times : ndarray of int64 or None
        Shape (e,): milliseconds since 1970 (UTC); None where the input has no times.
    participants, statements : IdIndex
        What the positions stand for. Every listed participant and statement is here, voted or not.
    """

    rows: NDArray[Any]
    columns: NDArray[Any]
    codes: Codes
    times: Ints | None
    participants: IdIndex
    statements: IdIndex

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.codes)

    def to_matrix(self) -> VoteMatrix:
        """Return the votes that stand: of several on one statement the last one."""
        return VoteMatrix.from_rows(
            self.rows, self.columns, self.codes, participants=self.participants, statements=self.statements, times=self.times
        )

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        if not isinstance(other, VoteLog):
            return NotImplemented
        pairs = ((self.rows, other.rows), (self.columns, other.columns), (self.codes, other.codes))
        same_times = (self.times is None) == (other.times is None) and (
            self.times is None or np.array_equal(self.times, other.times)  # type: ignore[arg-type]
        )
        return (
            same_times
            and all(np.array_equal(a, b) for a, b in pairs)
            and self.participants == other.participants
            and self.statements == other.statements
        )

    __hash__ = None  # type: ignore[assignment]
