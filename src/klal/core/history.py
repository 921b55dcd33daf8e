"""What is known about votes beside their content: when they were cast, who wrote the statements, by which channel people came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Bools, Ints, frozen
from klal.core.vote_log import VoteLog
from klal.core.votes import VoteMatrix, standing_events

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

    @classmethod
    def of(cls, log: VoteLog, *, authors: Ints | None = None, channels: Ints | None = None) -> History:
        """Read what a log of votes knows of the votes that stand in it.

        Parameters
        ----------
        log : VoteLog
            Events of n participants and m statements.
        authors, channels : ndarray of int64, optional
            Shapes (m,) and (n,), as the attributes.

        Returns
        -------
        History
            For ``log.to_matrix()``.
        """
        n, m = len(log.participants), len(log.statements)
        standing = standing_events(log.rows, log.columns, log.times, shape=(n, m))
        times = np.full(len(standing), UNKNOWN) if log.times is None else log.times[standing].astype(np.int64)
        return cls(
            frozen(times),
            frozen(np.full(m, UNKNOWN) if authors is None else authors),
            frozen(np.full(n, UNKNOWN) if channels is None else channels),
        )

    def select(self, votes: VoteMatrix, statements: Bools) -> History:
        """Keep some statements only.

        Parameters
        ----------
        votes : VoteMatrix
            What the history is of.
        statements : ndarray of bool
            Shape (m,): True to keep.

        Returns
        -------
        History
            For ``votes.select(statements)``.
        """
        if statements.all():
            return self
        return History(frozen(self.times[statements[votes.columns]]), frozen(self.authors[statements]), self.channels)

    @property
    def has_times(self) -> bool:
        """Say whether every vote has a time."""
        return len(self.times) > 0 and bool((self.times != UNKNOWN).all())
