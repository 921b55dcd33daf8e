"""Surplus votes: how many agree with a statement beyond what people's turnout lets expect, and counts under which they move little.

Whoever answers a fifth of the statements answers any one of them with a chance of about a fifth. Accounts that come for one statement
answer it always, however little else they answer. So agreeing votes are laid out by turnout, from those who answer little to those who
answer nearly everything, and split into a part that grows with turnout and a part that does not: the surplus. It takes nobody's opinion
and no time of day to see it, and no account has to be called anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Floats, Ints, Labels, frozen
from klal.core.blocks import row_blocks, sum_blocks
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix

BANDS = 24
"""Bands of turnout, equal steps of its logarithm."""
_STEPS = 40
"""Of the split; more move no share by over a hundredth."""
_ORDINARY = 3.5
"""Surplus votes for which the ordinary spread of turnout counts when the spread of theirs is learnt; chosen on simulated brigades."""
_AS_USUAL = 30.0
"""Votes of a band for which the ordinary exposure counts when that of a statement is learnt."""
_CHANCE = 0.4
"""Surplus votes taken for chance."""
_SMALL = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Turnout:
    """Votes of every set of people, band of turnout and statement: g sets, b bands, m statements.

    Attributes
    ----------
    band : ndarray of int64
        Shape (n,): band of each participant, −1 for people in no set.
    people : ndarray of float
        Shape (g, b): participants, each counted with a weight.
    share : ndarray of float
        Shape (g, b), 0 … 1: mean share of the statements that they answered.
    agree, disagree, passed : ndarray of float
        Shape (g, b, m): their votes, with the same weights.
    """

    band: Ints
    people: Floats
    share: Floats
    agree: Floats
    disagree: Floats
    passed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Surplus:
    """Agreeing votes beyond what turnout lets expect.

    Attributes
    ----------
    votes : ndarray of float
        Shape (g, m): how many.
    expected : ndarray of float
        Shape (g, b, m), 0 … 1: share of the agreeing votes of each band that turnout explains.
    evidence : ndarray of float
        Shape (g, m), ≥ 0: gain in log-likelihood by assuming a surplus.
    """

    votes: Floats
    expected: Floats
    evidence: Floats


def lay_out_turnout(votes: VoteMatrix, labels: Labels, sets: int, weights: Floats | None = None) -> Turnout:
    """Count votes by set of people, turnout and statement.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    labels : ndarray of int32
        Shape (n,): the set of each participant, −1 = in none.
    sets : int
        Number of sets g.
    weights : ndarray of float, optional
        Shape (n,), 0 … 1: how far each participant counts.

    Returns
    -------
    Turnout
        With g × b × m cells.
    """
    n, m = votes.shape
    weights = np.ones(n) if weights is None else weights
    answered = votes.votes_per_participant / max(m, 1)
    band = _bands(votes.votes_per_participant, m, labels)
    cell = np.where(band >= 0, labels * BANDS + band, -1)
    placed = cell >= 0
    people = np.bincount(cell[placed], weights=weights[placed], minlength=sets * BANDS).astype(np.float64)
    answers = np.bincount(cell[placed], weights=(weights * answered)[placed], minlength=sets * BANDS)

    def count(first: int, last: int) -> Floats:
        counts = np.zeros((4, sets * BANDS, m))
        _count_cells(votes.indptr, votes.columns, votes.codes, cell, weights, first, last, counts)
        return counts

    counts = sum_blocks(count, row_blocks(votes.indptr)).reshape(4, sets, BANDS, m)
    share = np.divide(answers, people, out=np.zeros_like(people), where=people > 0)
    shape = (sets, BANDS)
    agree, disagree, passed = (frozen(counts[code]) for code in (AGREE, DISAGREE, PASS))
    return Turnout(frozen(band), frozen(people.reshape(shape)), frozen(share.reshape(shape)), agree, disagree, passed)


def find_surplus(turnout: Turnout) -> Surplus:
    """Split agreeing votes into those that grow with turnout and the surplus.

    Of people in band b of a set, ``people · share · appeal + surplus · spread_b`` are expected to agree; appeal and surplus are those
    under which the votes are most likely, and the spread of the surplus over bands is learnt from it, starting from everybody's.

    Parameters
    ----------
    turnout : Turnout
        Votes laid out.

    Returns
    -------
    Surplus
        Of every set and statement.
    """
    agree, people = turnout.agree, turnout.people
    exposure = _exposure(turnout)
    seen = np.maximum(exposure.sum(axis=1), _SMALL)
    ordinary = (people / np.maximum(people.sum(axis=1, keepdims=True), _SMALL))[:, :, None]
    total = agree.sum(axis=1)
    appeal, surplus, spread = 0.8 * total / seen, 0.2 * total, np.broadcast_to(ordinary, agree.shape)
    expected = np.ones_like(agree)
    for _ in range(_STEPS):
        explained = exposure * appeal[:, None, :] + _SMALL
        expected = explained / (explained + surplus[:, None, :] * spread)
        beyond = (1 - expected) * agree
        found = beyond.sum(axis=1)
        appeal, surplus = (total - found) / seen, np.maximum(found - _CHANCE, 0)
        spread = _smooth(beyond) + _ORDINARY * ordinary
        spread = spread / np.maximum(spread.sum(axis=1, keepdims=True), _SMALL)
    with_surplus = _log_likelihood(agree, exposure * appeal[:, None, :] + surplus[:, None, :] * spread)
    without = _log_likelihood(agree, exposure * (total / seen)[:, None, :])
    return Surplus(frozen(surplus), frozen(expected), frozen(np.maximum(with_surplus - without, 0)))


def bounded_votes(turnout: Turnout, expected: Floats) -> tuple[Floats, Floats]:
    """Count votes so that no account moves much, and surplus votes least.

    A vote counts by the square root of its caster's turnout. In a band where only a share ``e`` of the agreeing votes on a statement is
    explained by turnout, all votes on it count ``e``, agreeing ones ``e`` of that: the surplus is left out, and what is said by a band in
    which there is one says less. Counts are scaled to as many votes as they are worth (Kish's effective number), so that they can be
    reckoned with as with votes.

    Parameters
    ----------
    turnout : Turnout
        Votes laid out.
    expected : ndarray of float
        Shape (g, b, m), 0 … 1: share of agreeing votes that turnout explains.

    Returns
    -------
    agree, disagree : ndarray of float
        Shape (g, m).
    """
    weight = np.sqrt(turnout.share)[:, :, None] * expected
    agreeing = weight * expected
    agree, disagree = (agreeing * turnout.agree).sum(axis=1), (weight * turnout.disagree).sum(axis=1)
    squares = (agreeing**2 * turnout.agree + weight**2 * turnout.disagree).sum(axis=1)
    scale = np.divide(agree + disagree, squares, out=np.zeros_like(squares), where=squares > _SMALL)
    return agree * scale, disagree * scale


def _exposure(turnout: Turnout) -> Floats:
    """Return how many people of each band came past each statement, shape (g, b, m), up to a factor for each statement.

    By turnout alone it would be people times share. Which bands a statement was shown to is read off those who disagreed or passed:
    they are exposed alike, and nobody who pushes a statement disagrees with it.
    """
    by_turnout = np.broadcast_to((turnout.people * turnout.share)[:, :, None], turnout.agree.shape)
    others = turnout.disagree + turnout.passed
    rate = others.sum(axis=1) / np.maximum(by_turnout.sum(axis=1), _SMALL)
    return np.asarray(by_turnout * (_smooth(others) + _AS_USUAL) / (_smooth(by_turnout * rate[:, None, :]) + _AS_USUAL))


def _bands(answered: Ints, m: int, labels: Labels) -> Ints:
    """Return the band of turnout of everybody in a set."""
    place = np.log(np.maximum(answered, 1)) / np.log(max(m, 2)) * BANDS
    return np.where((labels >= 0) & (answered > 0), np.minimum(place.astype(np.int64), BANDS - 1), -1)


def _smooth(counts: Floats) -> Floats:
    """Spread counts over the two nearest bands on each side, by the binomial weights of four coins; what would leave the ends stays."""
    for _ in range(2):
        padded = np.concatenate([counts[:, :1], counts, counts[:, -1:]], axis=1)
        counts = 0.25 * padded[:, :-2] + 0.5 * counts + 0.25 * padded[:, 2:]
    return counts


def _log_likelihood(counts: Floats, expected: Floats) -> Floats:
    """Return the Poisson log-likelihood of each set and statement, up to what does not depend on the expectation."""
    return np.asarray((counts * np.log(expected + _SMALL) - expected).sum(axis=1))


@numba.njit(cache=True, nogil=True)
def _count_cells(  # noqa: PLR0913 - compiled: plain arrays, one loop
    indptr: Ints, columns: NDArray[Any], codes: Codes, cell: Ints, weights: Floats, first: int, last: int, counts: Floats
) -> None:
    for i in range(first, last):
        if cell[i] < 0:
            continue
        for k in range(indptr[i], indptr[i + 1]):
            counts[codes[k], cell[i], columns[k]] += weights[i]
