"""Compiled block functions of the model of sets of people: how far each set's answers lie from what appeal and readiness explain.

The odds that participant i of set g disagrees with statement j rather than agrees are a product of the person's odds and the set's on
the statement, so that no exponential is needed for a vote.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats

Weighted = tuple[NDArray[Any], NDArray[Any], NDArray[Any], Floats]
"""``indptr``, ``columns``, ``codes`` of the vote matrix, and what each vote counts for, 0 … 1; no weights at all: 1 each."""
Against = tuple[Floats, Floats]
"""Odds against agreeing: of each participant, shape (n,), and of each set on each statement, shape (g, m)."""

_IGNORED = 1e-3
"""Memberships below this are not counted: they cost as much as any other and move nothing."""


@numba.njit(cache=True, nogil=True)
def add_offset_sums(votes: Weighted, against: Against, membership: Floats, block: tuple[int, int], sums: Floats) -> None:
    """Add up, for every set and statement, votes less what was expected of them, and their information.

    Parameters
    ----------
    votes : tuple
        The votes and their weights; passes are left out.
    against : tuple
        Odds of people and of sets.
    membership : ndarray of float
        Shape (n, g), 0 … 1.
    block : tuple of int
        First participant, and the one after the last.
    sums : ndarray of float
        Shape (2, g, m), added to: slope and curvature of the log-likelihood along each offset.
    """
    indptr, columns, codes, weights = votes
    person, sets = against
    for i in range(block[0], block[1]):
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            j = columns[k]
            agreed = 1.0 if codes[k] == 3 else 0.0
            counts = weights[k] if len(weights) else 1.0
            for g in range(len(sets)):
                share = membership[i, g] * counts
                if share < _IGNORED:
                    continue
                chance = 1 / (1 + person[i] * sets[g, j])
                sums[0, g, j] += share * (agreed - chance)
                sums[1, g, j] += share * chance * (1 - chance)


@numba.njit(cache=True, nogil=True)
def expect_members(  # noqa: C901, PLR0915 - compiled: plain arrays, one loop
    votes: Weighted, against: Against, log_shares: Floats, block: tuple[int, int], membership: Floats, sums: Floats
) -> float:
    """Say to which set each participant of a block belongs by their votes, and add up the same sums under that answer.

    Parameters
    ----------
    votes, against, block, sums
        As in ``add_offset_sums``.
    log_shares : ndarray of float
        Shape (g,): logarithm of the share of each set.
    membership : ndarray of float
        Shape (n, g): rows of the block are overwritten.

    Returns
    -------
    float
        Log-likelihood of the block's votes.
    """
    indptr, columns, codes, weights = votes
    person, sets = against
    count, total = len(sets), 0.0
    if block[1] == block[0]:  # nobody: numba finds no greatest of nothing
        return 0.0
    chances = np.empty((np.diff(indptr[block[0] : block[1] + 1]).max(), count))
    evidence, product = np.empty(count), np.empty(count)
    for i in range(block[0], block[1]):
        evidence[:] = log_shares
        product[:] = 1.0
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            for g in range(count):
                chance = 1 / (1 + person[i] * sets[g, columns[k]])
                chances[k - indptr[i], g] = chance
                given = max(chance if codes[k] == 3 else 1 - chance, 1e-12)
                product[g] *= given ** weights[k] if len(weights) else given
                if product[g] < 1e-250:
                    evidence[g] += np.log(product[g])
                    product[g] = 1.0
        evidence += np.log(product)
        highest = evidence.max()
        membership[i] = np.exp(evidence - highest)
        together = membership[i].sum()
        membership[i] /= together
        total += highest + np.log(together)
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            agreed = 1.0 if codes[k] == 3 else 0.0
            counts = weights[k] if len(weights) else 1.0
            for g in range(count):
                share, chance = membership[i, g] * counts, chances[k - indptr[i], g]
                if share < _IGNORED:
                    continue
                sums[0, g, columns[k]] += share * (agreed - chance)
                sums[1, g, columns[k]] += share * chance * (1 - chance)
    return total
