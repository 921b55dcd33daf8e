"""Ballots that are nearly the same, and accounts that answered the same statements in the same order: more alike than opinions make people.

Only what people *do* alike is looked at. Agreeing with each other, coming on the same evening or by the same link is what any honest
group does. Near-copies are found by hashing, so that the work grows with the votes and not with the pairs of people.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.special import gammaln

from klal.core.arrays import Bools, Codes, Floats, Ints, frozen
from klal.core.blocks import row_blocks, run_blocks
from klal.core.history import History
from klal.core.results import Bridging
from klal.core.votes import VoteMatrix

FEWEST_VOTES = 7
"""Ballots of fewer votes are never compared: short ones are alike by chance."""
_HASHES, _ROWS = 32, 4
"""Of min-wise hashing: eight bands of four find 98 in 100 pairs that share four fifths of their votes, and all that share nine tenths."""
_ALIKE = 0.8
"""Share of the votes of two ballots together that are on both, with the same answer."""
_SLIP = 0.02
"""Chance that a copy differs in an answer."""
_SURE = 0.98
_CROWDED = 1.5
"""How much more popular statements are taken to crowd ballots than they do: early people had fewer to choose from."""
_PAIR = 4.0
"""Log-odds from which a pair may belong to a set; whether the set is more than chance is asked of all its pairs together."""
_DOUBT = 3.0
"""Log-odds against any set before it is looked at, beside the number of sets of that size that there could be."""
_PREFIX = 8
"""First answers whose order is compared; they can be ordered in 40 320 ways."""
_FEWEST_IN_ORDER = 3
_HOUSE_ORDER = 0.2
"""If so many people share their order with others, the tool asks in a fixed order and the order says nothing."""


def same_ballots(votes: VoteMatrix, bridging: Bridging) -> tuple[tuple[Ints, float], ...]:
    """Find sets of participants whose ballots are nearly the same, beyond what chance and their positions explain.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    bridging : Bridging
        Says how surprising each answer in common is.

    Returns
    -------
    tuple of (ndarray of int64, float)
        Members of each set, ascending, and its surprise in log-odds; the first member's set first.
    """
    eligible = votes.votes_per_participant >= FEWEST_VOTES
    pairs = _candidates(votes, eligible)
    if not len(pairs):
        return ()
    n, people = votes.shape[0], float(eligible.sum())
    popularity = np.bincount(votes.columns, minlength=votes.shape[1]) ** _CROWDED
    chance = _CROWDED * popularity / popularity.sum()
    model = (bridging.mean, bridging.person, bridging.statement)
    surprise = _surprise_of_pairs((votes.indptr, votes.columns, votes.codes), pairs, chance, model)
    return _sets_of_pairs(pairs[surprise > _PAIR], surprise[surprise > _PAIR], n, people)


def same_order(votes: VoteMatrix, history: History) -> tuple[tuple[Ints, float], ...]:
    """Find sets of participants who answered the same statements in the same order.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    history : History
        With the times of the votes; without them nothing is found.

    Returns
    -------
    tuple of (ndarray of int64, float)
        As in ``same_ballots``; nothing if people share their order so often that it must be the tool's.
    """
    if not history.has_times:
        return ()
    rows, first = _first_answers(votes, history.times)
    if not len(rows):
        return ()
    _, which, counts = np.unique(first, axis=0, return_inverse=True, return_counts=True)
    shared = counts[which] >= _FEWEST_IN_ORDER
    if shared.mean() > _HOUSE_ORDER:
        return ()
    ways = float(np.log(np.arange(1, _PREFIX + 1)).sum())
    found = []
    for one in np.unique(which[shared]):
        members = rows[which == one]
        found.append((frozen(members), (len(members) - 1) * ways - _log_ways(len(rows), len(members)) - _DOUBT))
    return _ordered(found)


def _candidates(votes: VoteMatrix, eligible: Bools) -> Ints:
    """Return pairs (lower, higher row) that share a band of hashes with their neighbour or the one after, shape (p, 2)."""
    rows = np.flatnonzero(eligible)
    signatures = np.zeros((votes.shape[0], _HASHES // _ROWS), dtype=np.uint64)

    def work(first: int, last: int) -> None:
        _sign(votes.indptr, votes.columns, votes.codes, eligible, first, last, signatures)

    for _ in run_blocks(work, row_blocks(votes.indptr)):
        pass
    found = []
    for band in signatures[rows].T:
        order = np.argsort(band, kind="stable")
        for step in (1, 2):
            same = band[order[:-step]] == band[order[step:]]
            found.append(np.stack([rows[order[:-step][same]], rows[order[step:][same]]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def _sets_of_pairs(pairs: Ints, surprise: Floats, n: int, people: float) -> tuple[tuple[Ints, float], ...]:
    """Join pairs that share a member; the surprise of a set is that of as many links as hold it together, less that of finding any."""
    if not len(pairs):
        return ()
    links = sparse.coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, which = connected_components(links, directed=False)
    sums, counts = np.bincount(which[pairs[:, 0]], weights=surprise), np.bincount(which[pairs[:, 0]])
    found = []
    for one in np.flatnonzero(counts):
        members = np.flatnonzero(which == one)
        found.append((frozen(members), float(sums[one] / counts[one] * (len(members) - 1)) - _log_ways(people, len(members)) - _DOUBT))
    return _ordered(found)


def _log_ways(people: float, size: int) -> float:
    """Return the logarithm of how many sets of a size there are among so many people."""
    return float(gammaln(people + 1) - gammaln(size + 1) - gammaln(people - size + 1))


def _ordered(found: list[tuple[Ints, float]]) -> tuple[tuple[Ints, float], ...]:
    """Keep the sets that are more than chance, by their first member."""
    return tuple(sorted((one for one in found if one[1] > 0), key=lambda one: int(one[0][0])))


def _first_answers(votes: VoteMatrix, times: Ints) -> tuple[Ints, Ints]:
    """Return who answered enough, one after the other, and their first statements in order, shape (p, prefix)."""
    rows = votes.row_of_vote()
    order = np.lexsort((times, rows))
    many = np.flatnonzero(votes.votes_per_participant >= _PREFIX)
    places = order[votes.indptr[many][:, None] + np.arange(_PREFIX)]
    distinct = (np.diff(times[places], axis=1) > 0).all(axis=1)
    return many[distinct], votes.columns[places[distinct]].astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _sign(  # noqa: PLR0913 - compiled: plain arrays, one loop
    indptr: Ints, columns: NDArray[Any], codes: Codes, eligible: Bools, first: int, last: int, signatures: NDArray[np.uint64]
) -> None:
    """Write the banded min-wise hashes of the (statement, answer) pairs of each ballot."""
    least = np.empty(_HASHES, np.uint64)
    for i in range(first, last):
        if not eligible[i]:
            continue
        least[:] = np.uint64(0xFFFFFFFFFFFFFFFF)
        for k in range(indptr[i], indptr[i + 1]):
            z = np.uint64(4 * columns[k] + codes[k]) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            for h in range(_HASHES):
                z = (z ^ (z >> np.uint64(31))) * np.uint64(0xD6E8FEB86659FD93)
                least[h] = min(least[h], z)
        for band in range(_HASHES // _ROWS):
            mixed = np.uint64(0)
            for row in range(_ROWS):
                mixed = (mixed ^ least[band * _ROWS + row]) * np.uint64(0x9E3779B97F4A7C15)
                mixed ^= mixed >> np.uint64(29)
            signatures[i, band] = mixed


@numba.njit(cache=True, nogil=True)
def _surprise_of_pairs(votes: tuple[Ints, NDArray[Any], Codes], pairs: Ints, chance: Floats, model: tuple[float, Floats, Floats]) -> Floats:
    """Return for each pair of ballots the log-odds of a copy over chance; −1e9 where they are not nearly the same."""
    indptr, columns, codes = votes
    found = np.full(len(pairs), -1e9)
    for p in range(len(pairs)):
        a, b = pairs[p, 0], pairs[p, 1]
        i, j = indptr[a], indptr[b]
        size_a, size_b = indptr[a + 1] - i, indptr[b + 1] - j
        likely = np.minimum(1.0, size_b * chance[columns[i : indptr[a + 1]]]).mean()
        other = np.minimum(1.0, size_a * chance[columns[j : indptr[b + 1]]]).mean()
        common, same, answers = 0, 0, 0.0
        while i < indptr[a + 1] and j < indptr[b + 1]:
            if columns[i] == columns[j]:
                common += 1
                same += codes[i] == codes[j]
                answers += _surprise_of_answers(codes[i], codes[j], a, b, columns[i], model)
                i, j = i + 1, j + 1
            elif columns[i] < columns[j]:
                i += 1
            else:
                j += 1
        if same >= _ALIKE * (size_a + size_b - same):
            found[p] = answers + min(_surprise_of_share(common, size_a, likely), _surprise_of_share(common, size_b, other))
    return found


@numba.njit(cache=True, nogil=True)
def _surprise_of_share(common: int, size: int, likely: float) -> float:
    """Return minus the logarithm of how improbable it is, at most (Chernoff), that a ballot shares so many statements."""
    share, likely = common / size, min(max(likely, 1e-9), 1 - 1e-9)
    if share <= likely:
        return 0.0
    rest = 0.0 if share == 1.0 else (1 - share) * np.log((1 - share) / (1 - likely))
    return float(size * (share * np.log(share / likely) + rest))


@numba.njit(cache=True, nogil=True)
def _surprise_of_answers(one: int, other: int, a: int, b: int, j: int, model: tuple[float, Floats, Floats]) -> float:
    """Return what one statement answered by both adds; passes tell nothing."""
    if one == 2 or other == 2:
        return 0.0
    mean, person, statement = model
    x, y = mean + person[a, 0] + statement[j, 0], mean + person[b, 0] + statement[j, 0]
    for d in range(1, person.shape[1]):
        x += person[a, d] * statement[j, d]
        y += person[b, d] * statement[j, d]
    x, y = 1 / (1 + np.exp(-x)), 1 / (1 + np.exp(-y))
    alike = min(max(x * y + (1 - x) * (1 - y), 0.05), 0.95)
    return float(np.log(_SURE / alike) if one == other else np.log(_SLIP / (1 - alike)))
