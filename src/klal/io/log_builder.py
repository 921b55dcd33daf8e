"""Vote events as they stream in, about seventeen bytes each, until ids and positions are settled at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Ids, Ints, frozen
from klal.core.vote_log import VoteLog
from klal.io.buffers import GrowingColumn
from klal.io.id_column import IdColumn, ids_of, replace_by, settle


@dataclass(slots=True)
class RawVotes:
    """Vote events with ids as the file has them, not yet sorted into an index.

    Attributes
    ----------
    rows, columns : ndarray of int32
        Shape (e,): places in ``participants`` and ``statements``.
    codes : ndarray of int8
        Shape (e,): 1 disagree, 2 pass, 3 agree.
    times : ndarray of int64 or None
        Shape (e,): milliseconds since 1970 (UTC).
    participants, statements : ndarray
        Distinct ids in any order.
    """

    rows: NDArray[Any]
    columns: NDArray[Any]
    codes: Codes
    times: Ints | None
    participants: Ids
    statements: Ids

    def settle(self, *, participants: Sequence[str] = (), statements: Sequence[str] = ()) -> VoteLog:
        """Sort the ids, add those that are listed elsewhere, and turn places into positions, in place.

        Parameters
        ----------
        participants, statements : sequence of str
            Ids that belong into the log whether or not there is a vote.

        Returns
        -------
        VoteLog
            The log; these arrays now belong to it.
        """
        people = settle(self.rows, self.participants, participants)
        said = settle(self.columns, self.statements, statements)
        times = None if self.times is None else frozen(self.times)
        return VoteLog(frozen(self.rows), frozen(self.columns), frozen(self.codes), times, people, said)

    def drop_unvoted(self) -> None:
        """Forget the statements that nobody voted on."""
        present = np.zeros(len(self.statements), dtype=np.bool_)
        present[self.columns] = True
        # Asked anew, because what made the ids text may be among what is dropped.
        self.statements = ids_of([str(one) for one in self.statements[present].tolist()])
        replace_by(np.cumsum(present) - 1, self.columns)


class LogBuilder:
    """Takes in batches of votes.

    Parameters
    ----------
    participants_are_text, statements_are_text : bool
        Ids are text even where they look like numbers.
    """

    def __init__(self, *, participants_are_text: bool = False, statements_are_text: bool = False) -> None:
        self._participants = IdColumn(are_text=participants_are_text)
        self._statements = IdColumn(are_text=statements_are_text)
        self._codes = GrowingColumn(np.int8)
        self._times = GrowingColumn(np.int64)

    def __len__(self) -> int:
        """Return how many votes there are so far."""
        return len(self._codes)

    def add(self, participants: Any, statements: Any, codes: Codes, times: Ints | None) -> None:
        """Take in a batch.

        Parameters
        ----------
        participants, statements : pyarrow.Array
            Ids, whole numbers or text.
        codes : ndarray of int8
            Votes.
        times : ndarray of int64 or None
            In whatever unit the file has.

        Raises
        ------
        BadIdsError
            If an id cannot be one.
        """
        self._participants.add(participants)
        self._statements.add(statements)
        self._codes.extend(codes)
        if times is not None:
            self._times.extend(times)

    def times(self) -> Ints:
        """Return the times so far, to be changed in place."""
        return self._times.view()

    def close(self) -> RawVotes:
        """Return all events; the builder is empty afterwards.

        Raises
        ------
        BadIdsError
            If an id cannot be one.
        """
        timed = len(self._times) > 0
        rows, participants = self._participants.close()
        columns, statements = self._statements.close()
        return RawVotes(rows, columns, self._codes.close(), self._times.close() if timed else None, participants, statements)
