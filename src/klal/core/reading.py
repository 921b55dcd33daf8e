"""The same votes read in two ways: with two clouds of people, and with one heap; each may read the statements in the way that suits it.

The factor model has shaped the statements as if everybody came from one bell. Where people stand on a plateau, or in camps, its statements
are a little off, and that alone can look like a gap or hide one. So, where it matters, the statements' appeal and their slope along the
line are learnt anew under either answer, and the answers are compared when both have said their best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats, Ints
from klal.core.evidence import Path
from klal.core.results import Bridging
from klal.core.separation import Separation, dip, one_heap, single_heap, smooth_heap, two_clouds
from klal.core.votes import AGREE, PASS, VoteMatrix

Csr = tuple[Ints, NDArray[Any], NDArray[Any]]

_ROUNDS = 5
_APPEAL_VARIANCE = 0.5
"""How far an appeal may move: the variance of its prior, on the log-odds scale."""
_LEAST_SLOPE = 1e-4
_LARGEST = 100.0
_LOGS_EVERY = 6


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """People, the line they are followed along, and what the line is to the statements.

    Attributes
    ----------
    rows : ndarray of int64
        Shape (k,): the participants.
    weights : ndarray of float
        Shape (k,), 0 … 1: how far each counts.
    path : Path
        Theirs.
    places : ndarray of float
        Shape (s,).
    slopes : ndarray of float
        Shape (m,): how much a step of 1 along the line changes the log-odds of agreeing with each statement.
    distance : float
        Of the two clouds' centres.
    """

    rows: Ints
    weights: Floats
    path: Path
    places: Floats
    slopes: Floats
    distance: float


def compare_readings(votes: VoteMatrix, bridging: Bridging, walk: Walk) -> Separation:
    """Compare two clouds with a single heap after each has learnt the statements anew.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    bridging : Bridging
        Fitted to these votes: where both begin.
    walk : Walk
        Whom is asked, along which line.

    Returns
    -------
    Separation
        As ``measure_separation`` gives it, with statements of their own.
    """
    two, density, seen = _read(votes, bridging, walk, clouds=True)
    gap = dip(density)
    one, density, seen = _read(votes, bridging, walk, clouds=False)
    smooth = one - single_heap(seen, walk.weights, density)[0] + smooth_heap(seen, walk.weights, walk.places, density)
    return Separation((2 * two - one - smooth) / 2, gap, two - one, two - smooth)


def _read(votes: VoteMatrix, bridging: Bridging, walk: Walk, *, clouds: bool) -> tuple[float, Floats, Floats]:
    """Learn density and statements in turn; return the log-likelihood, the density and the likelihood at every place."""
    csr = (votes.indptr, votes.columns, votes.codes)
    model = (bridging.mean, bridging.statement)
    spread = max(float(np.mean(walk.slopes**2)), _LEAST_SLOPE)
    turns = np.zeros((votes.shape[1], 2))
    density = np.full(len(walk.places), 1.0 / len(walk.places))
    seen = np.empty(walk.path.penalty.shape)
    value = -np.inf
    for rest in range(_ROUNDS - 1, -1, -1):
        _follow(csr, model, walk.rows, (walk.path.start, walk.path.moves), (turns, walk.places), seen)
        seen += walk.path.penalty
        most = seen.max(axis=1, keepdims=True)
        seen = np.exp(seen - most)
        if clouds:
            value, density = two_clouds(seen, walk.weights, walk.places, walk.distance)
        else:
            value, density = single_heap(seen, walk.weights, one_heap(density))
        value += float(walk.weights @ most[:, 0]) - 0.5 * float(np.sum(turns**2 / [_APPEAL_VARIANCE, spread]))
        if rest:
            share = seen * density
            share *= (walk.weights / share.sum(axis=1))[:, None]
            _turn(csr, model, walk, turns, spread, share)
    return value, density, seen


def _turn(csr: Csr, model: tuple[float, Floats], walk: Walk, turns: Floats, spread: float, share: Floats) -> None:
    """Take one Newton step for every statement, given how likely each participant stands at each place; writes ``turns``."""
    sums = np.zeros((len(turns), 5))
    _push(csr, model, walk.rows, (walk.path.start, walk.path.moves), (turns, walk.places), share, sums)
    lift, tilt = sums[:, 0] - turns[:, 0] / _APPEAL_VARIANCE, sums[:, 1] - turns[:, 1] / spread
    a, b, c = sums[:, 2] + 1 / _APPEAL_VARIANCE, sums[:, 3], sums[:, 4] + 1 / spread
    turns += np.stack([c * lift - b * tilt, a * tilt - b * lift], axis=1) / (a * c - b * b)[:, None]


@numba.njit(cache=True, nogil=True)
def _odds(  # noqa: PLR0913 - compiled: plain arrays, inlined
    mean: float, y: Floats, j: int, start: Floats, moves: Floats, turns: Floats, places: Floats
) -> tuple[float, float]:
    """Return the log-odds of agreeing at the first place, and what each step adds."""
    value = mean + y[j, 0] + start[0] + turns[j, 0] + turns[j, 1] * places[0]
    step = moves[0] + turns[j, 1] * (places[1] - places[0])
    for a in range(1, len(start)):
        value += start[a] * y[j, a]
        step += moves[a] * y[j, a]
    return min(max(value, -_LARGEST), _LARGEST), step


@numba.njit(cache=True, nogil=True)
def _follow(csr: Csr, model: Any, rows: Ints, path: Any, reading: Any, out: Floats) -> None:
    """Fill the log-likelihood of votes at every place."""
    indptr, columns, codes = csr
    mean, y = model
    start, moves = path
    turns, places = reading
    product = np.empty(len(places))
    for r in range(len(rows)):
        out[r] = 0.0
        product[:] = 1.0
        count = 0
        for k in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if codes[k] == PASS:
                continue
            value, step = _odds(mean, y, columns[k], start[r], moves[r], turns, places)
            sign = -1.0 if codes[k] == AGREE else 1.0
            odds, factor = np.exp(sign * value), np.exp(sign * step)
            for g in range(len(places)):
                product[g] *= 1 + min(odds, 1e45)
                odds *= factor
            count += 1
            if count % _LOGS_EVERY == 0:
                for g in range(len(places)):
                    out[r, g] -= np.log(product[g])
                    product[g] = 1.0
        for g in range(len(places)):
            out[r, g] -= np.log(product[g])


@numba.njit(cache=True, nogil=True)
def _push(csr: Csr, model: Any, rows: Ints, path: Any, reading: Any, share: Floats, sums: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays
    """Add up, per statement, the slope and the bend of the log-likelihood in its appeal and its slope along the line."""
    indptr, columns, codes = csr
    mean, y = model
    start, moves = path
    turns, places = reading
    for r in range(len(rows)):
        for k in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if codes[k] == PASS:
                continue
            j = columns[k]
            value, step = _odds(mean, y, j, start[r], moves[r], turns, places)
            given = 1.0 if codes[k] == AGREE else 0.0
            odds, factor = np.exp(value), np.exp(step)
            for g in range(len(places)):
                chance = odds / (1 + odds) if odds < 1e30 else 1.0
                odds *= factor
                left = share[r, g] * (given - chance)
                bend = share[r, g] * chance * (1 - chance)
                sums[j, 0] += left
                sums[j, 1] += left * places[g]
                sums[j, 2] += bend
                sums[j, 3] += bend * places[g]
                sums[j, 4] += bend * places[g] * places[g]
