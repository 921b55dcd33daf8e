"""What is known about votes beside their content: when they were cast, who wrote the statements, by which channel people came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Ints
from klal.core.votes import VoteMatrix

UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Facts about n participants, m statements and v votes that stand; −1 wherever something is not known.

    Attributes
    ----------
    times : ndarray of int64
        Shape (v,): milliseconds since 1970 (UTC) of each vote, in the order of the matrix.
    authors : ndarray of int64
        Shape (m,): row of the participant who wrote each statement; the convenor's own statements have none.
    channels : ndarray of int64
        Shape (n,): number of the channel (link, poster, list) by which each participant came.
    """

    times: Ints
    authors: Ints
    channels: Ints

    @classmethod
    def unknown(cls, votes: VoteMatrix) -> History:
        """Return the history of which nothing is known, for votes of shape (n, m)."""
        n, m = votes.shape
        return cls(np.full(votes.n_votes, UNKNOWN), np.full(m, UNKNOWN), np.full(n, UNKNOWN))

    @property
    def has_times(self) -> bool:
        """Say whether every vote has a time."""
        return len(self.times) > 0 and bool((self.times != UNKNOWN).all())
