"""How a group's agreement with one statement changes over the votes in order, corrected for who happened to vote when.

Each vote is compared with the chance that the bridging model gives its voter: ``logit P(agree) = expected + level + slope · order``,
with the place of the vote among the statement's votes running from −½ to ½. What remains in the slope is change, not a change of voters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats, Ints, Labels, frozen
from klal.core.bridging import predict
from klal.core.history import UNKNOWN, History
from klal.core.results import Bridging
from klal.core.votes import AGREE, PASS, VoteMatrix
from klal.domain.privacy import MIN_CELL

HALF = 0.5
WINDOWS = 5
_MOST_VOTES = 3000
"""Votes of one statement that are looked at; of more, every second, third and so on in order."""
_LEVEL, _SHARED, _HOME, _OWN = 0.7, 2.0, 1.0, 0.5
"""Prior standard deviations in log-odds: of a group's level around what the model expects, of the slope that the others share, of the
home's slope, and of a group's own departure from it. A gift from a quarter to three quarters is a slope of 2.2."""
_Z = 1.6449
_START = np.iinfo(np.int64).min
_STEPS = 12
"""Of Newton's method; it settles in half as many."""


@dataclass(frozen=True, slots=True, eq=False)
class TimedVotes:
    """Votes to agree or disagree of people in a group, by statement, then by time.

    Attributes
    ----------
    first : ndarray of int64
        Shape (m + 1,): where the votes on each statement start.
    group : ndarray of int64
        Shape (v,): the voter's group.
    agreed, expected, order : ndarray of float
        Shape (v,): 1 or 0; log-odds that the model gives the voter; place among the statement's votes, −½ … ½.
    times : ndarray of int64
        Shape (v,): milliseconds since 1970.
    """

    first: Ints
    group: Ints
    agreed: Floats
    expected: Floats
    order: Floats
    times: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Rises:
    """Parts of the score test for a rise, shape (g, m) each: score, its information, and votes."""

    score: Floats
    information: Floats
    count: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A figure and its 90 % interval.

    Attributes
    ----------
    value, lower, upper : ndarray of float
        Of one shape.
    """

    value: Floats
    lower: Floats
    upper: Floats

    @classmethod
    def unknown(cls, *shape: int) -> Estimate:
        """Return NaN throughout."""
        return cls(*(frozen(np.full(shape, np.nan)) for _ in range(3)))

    @classmethod
    def stack(cls, parts: list[Estimate], shape: tuple[int, ...]) -> Estimate:
        """Put estimates of one shape under each other; with none the result has the shape given."""
        columns = ([getattr(part, name) for part in parts] for name in ("value", "lower", "upper"))
        return cls(*(frozen(np.array(column, dtype=np.float64).reshape(shape)) for column in columns))

    def take_groups(self, order: Ints) -> Estimate:
        """Return the estimates with their second axis in another order."""
        return Estimate(*(frozen(part[:, order]) for part in (self.value, self.lower, self.upper)))


@dataclass(frozen=True, slots=True, eq=False)
class Trend:
    """One statement over time.

    Attributes
    ----------
    start, now, rise : Estimate
        Shape (g,): share of each whole group that agreed at first, agrees at last, and the difference.
    window : Estimate
        Shape (g, w): share in each part of the votes.
    window_votes : ndarray of int64
        Shape (g, w).
    window_ends : ndarray of int64
        Shape (w,): time of the last vote of each window.
    others_start : float
        0 … 1: share of all groups but its home that agreed at the start, each counted by its votes.
    gap : float
        z of how much more its home agreed at the start.
    """

    start: Estimate
    now: Estimate
    rise: Estimate
    window: Estimate
    window_votes: Ints
    window_ends: Ints
    others_start: float = np.nan
    gap: float = np.nan

    @classmethod
    def without_times(cls, now: Estimate) -> Trend:
        """Return today's agreement of each group, shape (g,), with nothing known of the past."""
        g = len(now.value)
        nothing, none = Estimate.unknown(g), Estimate.unknown(g, 0)
        return cls(nothing, now, nothing, none, np.empty((g, 0), dtype=np.int64), np.empty(0, dtype=np.int64))


def timed_votes(votes: VoteMatrix, history: History, labels: Labels, bridging: Bridging) -> TimedVotes:
    """Put the votes of people in a group in order, with what the model expects of each.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    history : History
        With times. An author whose own vote is not known counts as one who agreed at the start.
    labels : ndarray of int32
        Shape (n,).
    bridging : Bridging
        The fitted model.

    Returns
    -------
    TimedVotes
        At most 3,000 votes a statement.
    """
    rows, columns, codes, times = _with_authors(votes, history)
    kept = np.flatnonzero((codes != PASS) & (labels[rows] >= 0))
    kept = kept[np.argsort(times[kept], kind="stable")]
    kept = kept[np.argsort(columns[kept], kind="stable")]
    m = votes.shape[1]
    first = np.concatenate([[0], np.cumsum(np.bincount(columns[kept], minlength=m))])
    sizes = np.diff(first)
    place = np.arange(len(kept)) - np.repeat(first[:-1], sizes)
    step = np.maximum(-(-sizes // _MOST_VOTES), 1)
    thin = place % np.repeat(step, sizes) == 0
    order = ((place + 0.5) / np.repeat(np.maximum(sizes, 1), sizes) - 0.5)[thin]
    kept = kept[thin]
    first = np.concatenate([[0], np.cumsum(np.bincount(columns[kept], minlength=m))])
    chance = _chances(bridging, rows[kept], columns[kept])
    expected = np.log(chance) - np.log1p(-chance)
    parts = (first, labels[rows[kept]].astype(np.int64), (codes[kept] == AGREE).astype(np.float64), expected, order, times[kept])
    return TimedVotes(*(frozen(np.ascontiguousarray(part)) for part in parts))


def rise_scores(timed: TimedVotes, n_groups: int) -> Rises:
    """Return the parts of the score test for a rise in each group and statement, each group at its own level.

    Parameters
    ----------
    timed : TimedVotes
        Of m statements.
    n_groups : int
        Number of groups g.

    Returns
    -------
    Rises
        ``score / sqrt(information)``, summed over groups first, is about standard normal where nothing changed.
    """
    m = len(timed.first) - 1
    score, information, count = np.zeros((n_groups, m)), np.zeros((n_groups, m)), np.zeros((n_groups, m), dtype=np.int64)
    _score(timed.first, timed.group, timed.agreed, timed.expected, timed.order, score, information, count)
    return Rises(frozen(score), frozen(information), frozen(count))


def fit_trend(timed: TimedVotes, statement: int, home: int, expected: list[Floats]) -> Trend:
    """Estimate how one statement fared in every group over time.

    Parameters
    ----------
    timed : TimedVotes
        All votes.
    statement : int
        Which.
    home : int
        The group that does not share its slope with the others.
    expected : list of ndarray of float
        For each of the g groups the chance, 0 … 1, that each member agrees, by the model; the whole group or an even part of it.

    Returns
    -------
    Trend
        Of the posterior mode and curvature (Laplace).
    """
    part = slice(int(timed.first[statement]), int(timed.first[statement + 1]))
    group, agreed, base, order = timed.group[part], timed.agreed[part], timed.expected[part], timed.order[part]
    g = len(expected)
    offsets = [np.log(chance) - np.log1p(-chance) for chance in expected]
    theta, cov = _mode(group, agreed, base, order, home, g)
    (start, start_slope), (now, now_slope) = (_levels(offsets, theta, cov, side) for side in (-HALF, HALF))
    slope = now_slope - start_slope
    spread = _Z * np.sqrt(np.einsum("ga,ab,gb->g", slope, cov, slope))
    others_start, gap = _gap(start, start_slope, cov, home, np.bincount(group, minlength=g))
    window, window_votes = _windows((group, agreed, base, order), offsets)
    return Trend(
        start=_interval(start, start_slope, cov),
        now=_interval(now, now_slope, cov),
        rise=Estimate(now - start, np.maximum(now - start - spread, -1.0), np.minimum(now - start + spread, 1.0)),
        window=window,
        window_votes=window_votes,
        window_ends=_ends(timed.times[part], order),
        others_start=others_start,
        gap=gap,
    )


def _with_authors(votes: VoteMatrix, history: History) -> tuple[Ints, Ints, NDArray[Any], Ints]:
    """Return the votes in columns, and one agree at the start of every statement whose author did not vote on it."""
    written = np.flatnonzero(history.authors != UNKNOWN)
    silent = np.array([j for j in written.tolist() if j not in votes.columns[_row(votes, int(history.authors[j]))]], dtype=np.int64)
    return (
        np.concatenate([votes.row_of_vote(), history.authors[silent]]),
        np.concatenate([votes.columns.astype(np.int64), silent]),
        np.concatenate([votes.codes, np.full(len(silent), AGREE)]),
        np.concatenate([history.times, np.full(len(silent), _START)]),
    )


def _row(votes: VoteMatrix, i: int) -> slice:
    return slice(int(votes.indptr[i]), int(votes.indptr[i + 1]))


def _chances(bridging: Bridging, rows: Ints, columns: Ints) -> Floats:
    size = 1 << 18  # pieces, because a prediction takes some hundred bytes
    parts = [predict(bridging, rows[k : k + size], columns[k : k + size]) for k in range(0, len(rows), size)]
    return np.asarray(np.clip(np.concatenate([np.empty(0), *parts]), 1e-6, 1 - 1e-6))


def _mode(group: Ints, agreed: Floats, base: Floats, order: Floats, home: int, g: int) -> tuple[Floats, Floats]:
    """Return mode, shape (2g,), and covariance of levels and slopes; slopes of all but the home share most of their prior."""
    prior = np.zeros((2 * g, 2 * g))
    prior[:g, :g] = np.eye(g) * _LEVEL**2
    apart = np.arange(g) == home
    prior[g:, g:] = _SHARED**2 * np.outer(~apart, ~apart) + _HOME**2 * np.outer(apart, apart) + _OWN**2 * np.eye(g)
    precision = np.linalg.inv(prior)
    design = np.zeros((len(group), 2 * g))
    design[np.arange(len(group)), group] = 1.0
    design[np.arange(len(group)), g + group] = order
    theta = np.zeros(2 * g)
    for _ in range(_STEPS):
        chance = _logistic(base + design @ theta)
        curvature = precision + design.T @ (design * (chance * (1 - chance))[:, None])
        step = np.linalg.solve(curvature, design.T @ (agreed - chance) - precision @ theta)
        theta = theta + np.clip(step, -2.0, 2.0)
    return theta, np.asarray(np.linalg.inv(curvature))


def _levels(offsets: list[Floats], theta: Floats, cov: Floats, order: float) -> tuple[Floats, Floats]:
    """Return the share of each whole group that agrees at one time, shape (g,), and its gradient, shape (g, 2g)."""
    g = len(offsets)
    share, gradient = np.empty(g), np.zeros((g, len(cov)))
    for one in range(g):
        chance = _logistic(offsets[one] + theta[one] + order * theta[g + one])
        steep = float(np.mean(chance * (1 - chance)))
        share[one], gradient[one, one], gradient[one, g + one] = chance.mean(), steep, steep * order
    return share, gradient


def _interval(share: Floats, gradient: Floats, cov: Floats) -> Estimate:
    """Return shares with intervals that are symmetric in log-odds, so that they stay within 0 … 1."""
    room = np.maximum(share * (1 - share), 1e-12)
    spread = _Z * np.sqrt(np.einsum("ga,ab,gb->g", gradient, cov, gradient)) / room
    middle = np.log(share / (1 - share))
    return Estimate(share, _logistic(middle - spread), _logistic(middle + spread))


def _gap(start: Floats, gradient: Floats, cov: Floats, home: int, votes: Ints) -> tuple[float, float]:
    """Return the others' share at the start, weighted by their votes, and z of how much more the home agreed."""
    weights = np.where(np.arange(len(start)) == home, 0, votes).astype(np.float64)
    weights /= max(weights.sum(), 1.0)
    slope = gradient[home] - weights @ gradient
    others = float(weights @ start)
    return others, float((start[home] - others) / np.sqrt(max(slope @ cov @ slope, 1e-12)))


def _windows(columns: tuple[Ints, Floats, Floats, Floats], offsets: list[Floats]) -> tuple[Estimate, Ints]:
    """Return the share of each group and window, shape (g, w), each fitted by itself, and the votes behind it."""
    group, agreed, base, order = columns
    shape = (len(offsets), WINDOWS)
    found, votes = np.full((3, *shape), np.nan), np.zeros(shape, dtype=np.int64)
    window = np.minimum(((order + HALF) * WINDOWS).astype(np.int64), WINDOWS - 1)
    for g, w in np.ndindex(shape):
        here = (group == g) & (window == w)
        count = votes[g, w] = np.count_nonzero(here)
        if count < MIN_CELL:
            continue
        theta, cov = _mode(np.zeros(count, dtype=np.int64), agreed[here], base[here], np.zeros(count), 0, 1)
        one = _interval(*_levels([offsets[g]], theta, cov, 0.0), cov)
        found[:, g, w] = one.value[0], one.lower[0], one.upper[0]
    return Estimate(found[0], found[1], found[2]), votes


def _ends(times: Ints, order: Floats) -> Ints:
    times = np.where(times == _START, times[times != _START].min(initial=times[-1]), times)  # an author's agree that was not cast
    last = np.searchsorted(order, np.arange(1, WINDOWS + 1) / WINDOWS - HALF) - 1
    return np.asarray(times[np.clip(last, 0, len(times) - 1)], dtype=np.int64)


def _logistic(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -500, 500))))


@numba.njit(cache=True, nogil=True)
def _score(  # noqa: PLR0913 - compiled: plain arrays, one loop
    first: Ints, group: Ints, agreed: Floats, expected: Floats, order: Floats, score: Floats, information: Floats, count: Ints
) -> None:
    groups = len(score)
    precision = 1 / 0.7**2
    for j in range(len(first) - 1):
        a, b = first[j], first[j + 1]
        level = np.zeros(groups)
        for _ in range(6):
            pull, weight = -precision * level, np.full(groups, precision)
            for k in range(a, b):
                p = 1 / (1 + np.exp(-(expected[k] + level[group[k]])))
                pull[group[k]] += agreed[k] - p
                weight[group[k]] += p * (1 - p)
            level += pull / weight
        one, mean, square = np.zeros(groups), np.zeros(groups), np.zeros(groups)
        for k in range(a, b):
            g = group[k]
            p = 1 / (1 + np.exp(-(expected[k] + level[g])))
            w = p * (1 - p)
            one[g] += w
            mean[g] += w * order[k]
            square[g] += w * order[k] * order[k]
            count[g, j] += 1
        for g in range(groups):
            if one[g] > 0:
                mean[g] /= one[g]
                information[g, j] = square[g] - one[g] * mean[g] * mean[g]
        for k in range(a, b):
            g = group[k]
            p = 1 / (1 + np.exp(-(expected[k] + level[g])))
            score[g, j] += (agreed[k] - p) * (order[k] - mean[g])
