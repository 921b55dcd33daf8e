"""Counting votes: per statement, and per opinion group and statement."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Ints, Labels, frozen
from klal.core.blocks import row_blocks, sum_blocks
from klal.core.results import VoteTally
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix


def tally_votes(votes: VoteMatrix) -> VoteTally:
    """Count the votes on every statement.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).

    Returns
    -------
    VoteTally
        Counts of shape (m,).
    """
    everybody = np.zeros(votes.shape[0], dtype=np.int32)
    by_group = tally_groups(votes, everybody, 1)
    return VoteTally(frozen(by_group.agree[0]), frozen(by_group.disagree[0]), frozen(by_group.passed[0]))


def tally_groups(votes: VoteMatrix, labels: Labels, n_groups: int) -> VoteTally:
    """Count the votes of every opinion group on every statement.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    labels : ndarray of int32
        Shape (n,): group of each participant, −1 = in none.
    n_groups : int
        Number of groups g.

    Returns
    -------
    VoteTally
        Counts of shape (g, m).
    """
    m = votes.shape[1]

    def count(first: int, last: int) -> Ints:
        cells = np.zeros((n_groups, 4 * m), dtype=np.int64)
        _count_cells(votes.indptr, votes.columns, votes.codes, labels, first, last, cells)
        return cells

    cells = sum_blocks(count, row_blocks(votes.indptr)).reshape(n_groups, m, 4)
    agree, disagree, passed = (frozen(cells[:, :, code].copy()) for code in (AGREE, DISAGREE, PASS))
    return VoteTally(agree, disagree, passed)


@numba.njit(cache=True, nogil=True)
def _count_cells(indptr: Ints, columns: NDArray[Any], codes: Codes, labels: Labels, first: int, last: int, cells: Ints) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    for i in range(first, last):
        if labels[i] < 0:
            continue
        row = cells[labels[i]]
        for k in range(indptr[i], indptr[i + 1]):
            row[4 * columns[k] + codes[k]] += 1
