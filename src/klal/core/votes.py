"""The vote matrix: who voted what on which statement, stored by person so that one pass reads everything once.

A vote is a *code*: 1 disagree, 2 pass, 3 agree. Nothing that is stored is 0, so a pass can never be mistaken for no vote.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from klal.core.arrays import Bools, Codes, Floats, Ints, frozen
from klal.core.index import IdIndex

DISAGREE, PASS, AGREE = np.int8(1), np.int8(2), np.int8(3)
SIGNED = np.array([np.nan, -1.0, 0.0, 1.0])
"""Value of each code on the scale disagree −1, pass 0, agree +1; code 0 (no vote) has none."""

_SMALL = np.iinfo(np.uint16).max


@dataclass(frozen=True, slots=True, eq=False)
class VoteMatrix:
    """Current votes of n participants on m statements, one row a participant.

    Attributes
    ----------
    indptr : ndarray of int64
        Shape (n + 1,): the votes of participant i are at ``indptr[i]:indptr[i + 1]``.
    columns : ndarray of uint16 or int32
        Shape (v,): statement positions, ascending within a row, each at most once.
    codes : ndarray of int8
        Shape (v,): 1 disagree, 2 pass, 3 agree.
    participants, statements : IdIndex
        What the rows and columns stand for.
    """

    indptr: Ints
    columns: NDArray[Any]
    codes: Codes
    participants: IdIndex
    statements: IdIndex

    @classmethod
    def from_rows(
        cls,
        rows: NDArray[Any],
        columns: NDArray[Any],
        codes: Codes,
        *,
        participants: IdIndex,
        statements: IdIndex,
        times: Ints | None = None,
    ) -> VoteMatrix:
        """Build the matrix from vote events; of several votes of one person on one statement the last one counts.

        Parameters
        ----------
        rows, columns : ndarray of int
            Shape (e,): positions of participant and statement.
        codes : ndarray of int8
            Shape (e,): 1, 2 or 3.
        participants, statements : IdIndex
            What the positions stand for.
        times : ndarray of int64, optional
            Shape (e,): when each vote was cast; equal or missing times are resolved by order of appearance.

        Returns
        -------
        VoteMatrix
            Rows sorted, repeats resolved.
        """
        n, m = len(participants), len(statements)
        keep = standing_events(rows, columns, times, shape=(n, m))
        kept_rows = rows[keep]
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(kept_rows, minlength=n), out=indptr[1:])
        kind = np.uint16 if m <= _SMALL else np.int32
        return cls(frozen(indptr), frozen(columns[keep].astype(kind)), frozen(codes[keep]), participants, statements)

    @classmethod
    def from_array(cls, array: NDArray[Any], *, participants: IdIndex | None = None, statements: IdIndex | None = None) -> VoteMatrix:
        """Build the matrix from a table of −1, 0, +1 with NaN where there is no vote.

        Parameters
        ----------
        array : ndarray
            Shape (n, m): +1 agree, 0 pass, −1 disagree, NaN no vote.
        participants, statements : IdIndex, optional
            Ids; 0 … n−1 and 0 … m−1 if left out.

        Returns
        -------
        VoteMatrix
            The same votes.

        Raises
        ------
        ValueError
            If the table is not two-dimensional or holds any other value.
        """
        values = np.asarray(array, dtype=np.float64)
        if values.ndim != 2:
            raise ValueError(f"found an array of {values.ndim} dimensions, needed participants × statements")
        rows, columns = np.nonzero(~np.isnan(values))
        cast = values[rows, columns]
        if not np.isin(cast, (-1.0, 0.0, 1.0)).all():
            odd = cast[~np.isin(cast, (-1.0, 0.0, 1.0))][0]
            raise ValueError(f"found the vote {odd}, needed 1 (agree), 0 (pass), -1 (disagree) or NaN (no vote)")
        n, m = values.shape
        return cls.from_rows(
            rows,
            columns,
            (cast + 2).astype(np.int8),
            participants=participants or IdIndex.of(np.arange(n)),
            statements=statements or IdIndex.of(np.arange(m)),
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Return (participants, statements)."""
        return len(self.participants), len(self.statements)

    @property
    def n_votes(self) -> int:
        """Return how many votes stand."""
        return len(self.codes)

    @property
    def votes_per_participant(self) -> Ints:
        """Return votes cast by each participant, shape (n,)."""
        return np.diff(self.indptr)

    @property
    def signed(self) -> sparse.csr_array:
        """Return disagree −1, pass an explicitly stored 0, agree +1, shape (n, m)."""
        return self._csr(SIGNED[self.codes])

    @property
    def agree(self) -> sparse.csr_array:
        """Return 1 where the vote is agree, shape (n, m)."""
        return self._csr((self.codes == AGREE).astype(np.float64))

    @property
    def passed(self) -> sparse.csr_array:
        """Return 1 where the vote is pass, shape (n, m)."""
        return self._csr((self.codes == PASS).astype(np.float64))

    @property
    def seen(self) -> sparse.csr_array:
        """Return 1 where there is a vote, shape (n, m)."""
        return self._csr(np.ones(self.n_votes))

    def to_array(self) -> Floats:
        """Return the table of −1, 0, +1 and NaN, shape (n, m); for small data and tests."""
        table = np.full(self.shape, np.nan)
        table[self.row_of_vote(), self.columns] = SIGNED[self.codes]
        return table

    def row_of_vote(self) -> Ints:
        """Return the participant position of every vote, shape (v,)."""
        return np.repeat(np.arange(self.shape[0]), self.votes_per_participant)

    def select(self, statements: Bools) -> VoteMatrix:
        """Keep some statements only; participants stay, even those left without a vote.

        Parameters
        ----------
        statements : ndarray of bool
            Shape (m,): True to keep.

        Returns
        -------
        VoteMatrix
            With the kept statements in the same order; the same object if all are kept.
        """
        if statements.all():
            return self
        keep = statements[self.columns]
        position = np.cumsum(statements) - 1
        indptr = np.zeros_like(self.indptr)
        np.cumsum(np.bincount(self.row_of_vote()[keep], minlength=self.shape[0]), out=indptr[1:])
        columns = position[self.columns[keep]].astype(self.columns.dtype)
        kept = IdIndex(frozen(self.statements.ids[statements]))
        return VoteMatrix(frozen(indptr), frozen(columns), frozen(self.codes[keep]), self.participants, kept)

    def select_rows(self, participants: Bools) -> VoteMatrix:
        """Keep some participants only.

        Parameters
        ----------
        participants : ndarray of bool
            Shape (n,): True to keep.

        Returns
        -------
        VoteMatrix
            With the kept participants in the same order; the same object if all are kept.
        """
        if participants.all():
            return self
        keep = np.repeat(participants, self.votes_per_participant)
        indptr = np.concatenate([[0], np.cumsum(self.votes_per_participant[participants])])
        kept = IdIndex(frozen(self.participants.ids[participants]))
        return VoteMatrix(frozen(indptr), frozen(self.columns[keep]), frozen(self.codes[keep]), kept, self.statements)

    def digest(self) -> str:
        """Return a fingerprint of ids and votes, ``sha256:…``; equal for equal votes however they were stored."""
        state = hashlib.sha256()
        for index in (self.participants, self.statements):
            ids = index.ids
            state.update(b"int" if ids.dtype.kind == "i" else b"text")
            state.update(ids.astype("<i8").tobytes() if ids.dtype.kind == "i" else "\0".join(ids.tolist()).encode())
        state.update(self.indptr.astype("<i8").tobytes())
        step = 1 << 22  # chunks, so that widening the columns never doubles the memory
        for start in range(0, self.n_votes, step):
            state.update(self.columns[start : start + step].astype("<i4").tobytes())
        state.update(self.codes.view(np.uint8).data)
        return f"sha256:{state.hexdigest()}"

    def _csr(self, data: Floats) -> sparse.csr_array:
        return sparse.csr_array((data, self.columns.astype(np.int32), self.indptr), shape=self.shape)


def standing_events(rows: NDArray[Any], columns: NDArray[Any], times: Ints | None, *, shape: tuple[int, int]) -> Ints:
    """Return which vote events stand: of several of one person on one statement the last one.

    Parameters
    ----------
    rows, columns : ndarray of int
        Shape (e,): positions of participant and statement.
    times : ndarray of int64 or None
        Shape (e,): when each vote was cast; equal or missing times are resolved by order of appearance.
    shape : tuple of int
        (participants, statements).

    Returns
    -------
    ndarray of int64
        Places of the events that stand, by participant, then by statement.
    """
    order = _two_key_order(rows, columns, *shape)
    return _last_votes(order, rows, columns, times if times is not None else np.zeros(0, dtype=np.int64))


@numba.njit(cache=True, nogil=True)
def _two_key_order(rows: NDArray[Any], columns: NDArray[Any], n: int, m: int) -> Ints:
    """Return the stable order by row, then by column: two counting sorts."""
    size = len(rows)
    by_column = np.empty(size, np.int64)
    start = np.zeros(m + 1, np.int64)
    for column in columns:
        start[column + 1] += 1
    for j in range(m):
        start[j + 1] += start[j]
    for k in range(size):
        column = columns[k]
        by_column[start[column]] = k
        start[column] += 1
    order = np.empty(size, np.int64)
    first = np.zeros(n + 1, np.int64)
    for row in rows:
        first[row + 1] += 1
    for i in range(n):
        first[i + 1] += first[i]
    for event in by_column:
        row = rows[event]
        order[first[row]] = event
        first[row] += 1
    return order


@numba.njit(cache=True, nogil=True)
def _last_votes(order: Ints, rows: NDArray[Any], columns: NDArray[Any], times: Ints) -> Ints:
    """Return the positions to keep: of each run of one person on one statement, the latest, and of equals the last."""
    keep = np.empty(len(order), np.int64)
    count = 0
    timed = len(times) > 0
    for k in order:
        if count > 0:
            last = keep[count - 1]
            if rows[last] == rows[k] and columns[last] == columns[k]:
                if not timed or times[k] >= times[last]:
                    keep[count - 1] = k
                continue
        keep[count] = k
        count += 1
    return keep[:count]
