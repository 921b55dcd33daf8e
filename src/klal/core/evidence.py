"""What each participant's votes alone say of where they stand in the factor model, before anything is assumed about anybody else.

The posterior of the model draws everybody towards one common middle. Whether people stand in separate groups must be asked of the votes
without that pull: as a Gaussian around each position (to find clouds), and exactly along one direction (to test a gap).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Bools, Floats, Ints
from klal.core.results import Bridging
from klal.core.votes import AGREE, PASS, VoteMatrix

Csr = tuple[Ints, NDArray[Any], NDArray[Any]]

_PROBIT = np.pi / 8
"""A logistic function blurred by a Gaussian of variance v is one of slope 1 / √(1 + v π / 8), nearly (MacKay)."""
_LOGS_EVERY = 6
"""Votes whose odds are multiplied before the logarithm is taken; e^700 is the largest number there is."""
_LARGEST = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the votes of k participants say of their positions on d axes, a Gaussian in its natural parameters.

    Attributes
    ----------
    precision : ndarray of float
        Shape (k, d, d): inverse covariance; 0 for somebody whose votes say nothing.
    pull : ndarray of float
        Shape (k, d): precision times position.
    ready : ndarray of float
        Shape (k, 1 + d): a person's readiness to agree, if they stood at x, is ``ready[0] − ready[1:] · x``.
    """

    precision: Floats
    pull: Floats
    ready: Floats

    def __len__(self) -> int:
        """Return the number of participants."""
        return len(self.pull)

    def take(self, rows: Ints | Bools) -> Evidence:
        """Return the evidence of some participants."""
        return Evidence(self.precision[rows], self.pull[rows], self.ready[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """Where k participants would stand in the whole model at each place of a line.

    Attributes
    ----------
    start, moves : ndarray of float
        Shape (k, 1 + factors): readiness and position at the first place, and what each step along the line changes.
    penalty : ndarray of float
        Shape (k, s): logarithm of how likely it is to be so ready, and so far across the line.
    """

    start: Floats
    moves: Floats
    penalty: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A straight way through the space of opinions, cut into steps.

    Attributes
    ----------
    origin, direction : ndarray of float
        Shape (d,): where 0 lies, and what one unit along the way is.
    across : ndarray of float
        Shape (d, d − 1): units across it, along which people spread by about 1.
    places : ndarray of float
        Shape (s,): evenly spaced places along it.
    """

    origin: Floats
    direction: Floats
    across: Floats
    places: Floats


def readiness_variance(bridging: Bridging, voted: Bools) -> float:
    """Return the variance of people's readiness to agree, from their posteriors."""
    return float(max(np.mean(bridging.person[voted, 0] ** 2 + bridging.person_cov[voted, 0]), 1e-3)) if voted.any() else 1.0


def evidence_of(votes: VoteMatrix, bridging: Bridging, rows: Ints, axes: Ints, readiness: float) -> Evidence:
    """Say what votes tell about positions, whatever the positions of others.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    bridging : Bridging
        Fitted to these votes.
    rows : ndarray of int64
        Shape (k,): the participants asked about.
    axes : ndarray of int64
        Shape (d,): the factors asked about, 0 the first; along the others everybody is taken to stand in the middle.
    readiness : float
        Variance of people's readiness to agree, which is averaged over.

    Returns
    -------
    Evidence
        Of the k participants: the likelihood of their votes, to second order around their posterior mean. Each vote is judged by the
        statement as it would be without that vote.
    """
    size, d = len(rows), len(axes)
    found = Evidence(np.empty((size, d, d)), np.empty((size, d)), np.empty((size, 1 + d)))
    csr = (votes.indptr, votes.columns, votes.codes)
    model = (bridging.mean, bridging.person, bridging.statement, bridging.statement_cov)
    _evidence(csr, model, rows, axes + 1, 1 / readiness, (found.precision, found.pull, found.ready))
    return found


def path_along(evidence: Evidence, axes: Ints, line: Line, *, sides: int, readiness: float) -> Path:
    """Follow each participant along a line: across it they stand, and are as ready to agree, as their votes make likeliest at each place.

    Parameters
    ----------
    evidence : Evidence
        Of k participants on d axes.
    axes : ndarray of int64
        Shape (d,): which factors these are.
    line : Line
        With s places.
    sides : int
        1 + the model's factors.
    readiness : float
        As in ``evidence_of``.

    Returns
    -------
    Path
        Of the k participants.
    """
    size, d = len(evidence), len(axes)
    turned = np.column_stack([line.direction, line.across])
    precision = turned.T @ evidence.precision @ turned
    pull = (evidence.pull - evidence.precision @ line.origin) @ turned
    # likeliest place across the line given the one along it, under a spread of 1; linear in the place along
    held = precision[:, 1:, 1:] + np.eye(d - 1)
    base = np.linalg.solve(held, pull[:, 1:, None])[:, :, 0]
    slope = -np.linalg.solve(held, precision[:, 1:, :1])[:, :, 0]
    step = line.places[1] - line.places[0]
    first = np.column_stack([np.full(size, line.places[0]), base + slope * line.places[0]])
    more = np.column_stack([np.full(size, step), slope * step])
    start, moves = np.zeros((size, sides)), np.zeros((size, sides))
    start[:, axes + 1], moves[:, axes + 1] = line.origin + first @ turned.T, more @ turned.T
    start[:, 0] = evidence.ready[:, 0] - (evidence.ready[:, 1:] * start[:, axes + 1]).sum(axis=1)
    moves[:, 0] = -(evidence.ready[:, 1:] * moves[:, axes + 1]).sum(axis=1)
    places = np.arange(len(line.places))
    penalty = -0.5 / readiness * (start[:, :1] + moves[:, :1] * places) ** 2
    for c in range(1, d):
        penalty -= 0.5 * (first[:, [c]] + more[:, [c]] * places) ** 2
    return Path(start, moves, penalty)


def likelihood_along(votes: VoteMatrix, bridging: Bridging, rows: Ints, path: Path) -> Floats:
    """Return how likely each participant's votes are at every place along a line, exactly.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    bridging : Bridging
        Fitted to these votes.
    rows : ndarray of int64
        Shape (k,): the participants.
    path : Path
        Theirs, with s places.

    Returns
    -------
    ndarray of float
        Shape (k, s), largest 1 in each row. Each vote is judged by the statement as it would be without that vote.
    """
    likelihood = np.empty(path.penalty.shape)
    csr = (votes.indptr, votes.columns, votes.codes)
    _walk(csr, (bridging.mean, bridging.person, bridging.statement, bridging.statement_cov), rows, path.start, path.moves, likelihood)
    likelihood += path.penalty
    return np.asarray(np.exp(likelihood - likelihood.max(axis=1, keepdims=True)))


@numba.njit(cache=True, nogil=True)
def _blur(x: Floats, yy: Floats, j: int) -> float:
    """Return the slope that the statement's own doubt leaves of the logistic function."""
    variance, t = 0.0, 0
    for a in range(len(x)):
        xa = 1.0 if a == 0 else x[a]
        for b in range(a + 1):
            xb = 1.0 if b == 0 else x[b]
            variance += (1.0 if a == b else 2.0) * xa * xb * yy[j, t]
            t += 1
    slope: float = 1 / np.sqrt(1 + _PROBIT * variance)
    return slope


@numba.njit(cache=True, nogil=True)
def _chance(mean: float, x: Floats, y: Floats, j: int, blur: float) -> float:
    """Return the chance of agreeing."""
    value = mean + x[0] + y[j, 0]
    for a in range(1, len(x)):
        value += x[a] * y[j, a]
    chance: float = 1 / (1 + np.exp(-min(max(value * blur, -_LARGEST), _LARGEST)))
    return chance


@numba.njit(cache=True, nogil=True)
def _statement_without(x: Floats, statement: tuple[Floats, Floats], j: int, left: float, out: Floats) -> None:
    """Write what the statement's parameters would be without this person's vote, to first order.

    The votes that say where a person stands have also shaped the statements; on an axis that few votes speak of, that alone drives
    people apart to both sides.
    """
    y, yy = statement
    size = len(x)
    for a in range(size):
        moved = 0.0
        for b in range(size):
            t = a * (a + 1) // 2 + b if b <= a else b * (b + 1) // 2 + a
            moved += yy[j, t] * (1.0 if b == 0 else x[b])
        out[a] = y[j, a] - moved * left


@numba.njit(cache=True, nogil=True)
def _evidence(csr: Csr, model: Any, rows: Ints, axes: Ints, held: float, out: Any) -> None:  # noqa: C901, PLR0915 - compiled: one loop
    indptr, columns, codes = csr
    mean, people, y, yy = model
    precision, pull, ready = out
    d = len(axes)
    slope, own = np.empty(d), np.empty(y.shape[1])
    for r in range(len(rows)):
        x = people[rows[r]]
        precision[r] = 0.0
        pull[r] = 0.0
        weight, force, cross = 0.0, 0.0, np.zeros(d)
        for k in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if codes[k] == PASS:
                continue
            j = columns[k]
            blur = _blur(x, yy, j)
            given = 1.0 if codes[k] == AGREE else 0.0
            _statement_without(x, (y, yy), j, given - _chance(mean, x, y, j, blur), own)
            value = mean + x[0] + own[0]
            for a in range(d):
                value += x[axes[a]] * own[axes[a]]
            chance = 1 / (1 + np.exp(-min(max(value * blur, -_LARGEST), _LARGEST)))
            bend = chance * (1 - chance) * blur * blur
            lift = (given - chance) * blur
            # the pull says where the tangent parabola of the logarithm has its top, so it holds the place it touches at
            for a in range(d):
                slope[a] = own[axes[a]]
            along = x[0]
            for a in range(d):
                along += slope[a] * x[axes[a]]
            total = lift + bend * along
            weight += bend
            force += total
            for a in range(d):
                cross[a] += bend * slope[a]
                pull[r, a] += total * slope[a]
                for b in range(d):
                    precision[r, a, b] += bend * slope[a] * slope[b]
        ready[r, 0] = force / (weight + held)
        for a in range(d):
            ready[r, 1 + a] = cross[a] / (weight + held)
            pull[r, a] -= cross[a] * ready[r, 0]
        for a in range(d):
            for b in range(d):
                precision[r, a, b] -= cross[a] * cross[b] / (weight + held)


@numba.njit(cache=True, nogil=True)
def _walk(csr: Csr, model: Any, rows: Ints, start: Floats, moves: Floats, out: Floats) -> None:  # noqa: C901 - compiled: one loop
    """Fill the log-likelihood of votes at every place; odds grow by a factor from place to place, so few exponentials are needed."""
    indptr, columns, codes = csr
    mean, people, y, yy = model
    size, places = y.shape[1], out.shape[1]
    product, middle, own = np.empty(places), np.empty(size), np.empty(size)
    for r in range(len(rows)):
        out[r] = 0.0
        product[:] = 1.0
        for a in range(size):
            middle[a] = start[r, a] + moves[r, a] * (places - 1) / 2
        count = 0
        for k in range(indptr[rows[r]], indptr[rows[r] + 1]):
            if codes[k] == PASS:
                continue
            j = columns[k]
            x = people[rows[r]]
            _statement_without(x, (y, yy), j, (1.0 if codes[k] == AGREE else 0.0) - _chance(mean, x, y, j, _blur(x, yy, j)), own)
            value, step = mean + own[0] + start[r, 0], moves[r, 0]
            for a in range(1, size):
                value += start[r, a] * own[a]
                step += moves[r, a] * own[a]
            against = -_blur(middle, yy, j) if codes[k] == AGREE else _blur(middle, yy, j)
            odds = np.exp(min(max(against * value, -4 * _LARGEST), 4 * _LARGEST))
            factor = np.exp(against * step)
            for g in range(places):
                product[g] *= 1 + min(odds, 1e45)
                odds *= factor
            count += 1
            if count % _LOGS_EVERY == 0:
                for g in range(places):
                    out[r, g] -= np.log(product[g])
                    product[g] = 1.0
        for g in range(places):
            out[r, g] -= np.log(product[g])
