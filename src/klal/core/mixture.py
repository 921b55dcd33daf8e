"""A mixture of clouds in the space of opinions, fitted to positions that are themselves uncertain.

Every participant's true position is drawn from one of g Gaussian clouds of one common shape; what is seen of it is blurred by that
participant's own uncertainty. One shape for all keeps a tight core within a wide fringe from being taken for two groups: clouds can
differ only in where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numba
import numpy as np

from klal.core.arrays import Floats, Labels
from klal.core.evidence import Evidence

_TOLERANCE = 1e-6
MAX_STEPS = 80
FIRST_STEPS = 10
"""Steps from each start before the likeliest is carried on."""
_LEAST_VARIANCE = 0.04
"""Least variance of a cloud along an axis, as a share of that of everybody; keeps clouds from collapsing."""
_SMALL = 0.05
_FAR = (0.995, 0.97, 0.9)
"""A further cloud starts as a small one, this far out among people by their distance from the clouds there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Clouds in the space of opinions.

    Attributes
    ----------
    shares : ndarray of float
        Shape (g,): share of each cloud, summing to 1.
    centres : ndarray of float
        Shape (g, d).
    shape : ndarray of float
        Shape (d, d): the covariance all clouds have in common.
    log_likelihood : float
        Of the evidence, up to a constant that does not depend on the mixture.
    """

    shares: Floats
    centres: Floats
    shape: Floats
    log_likelihood: float


def fit_mixture(evidence: Evidence, positions: Floats, n_clouds: int, everybody: Mixture | None = None) -> Mixture:
    """Fit clouds by expectation–maximisation from several fixed starts and keep the likeliest.

    Parameters
    ----------
    evidence : Evidence
        Of k participants on d axes.
    positions : ndarray of float
        Shape (k, d): their posterior positions, used for the starts.
    n_clouds : int
        Number of clouds g >= 1.
    everybody : Mixture, optional
        One cloud fitted to the same evidence; clouds are not let become much narrower than it.

    Returns
    -------
    Mixture
        The likeliest found; the same for the same people in any order.
    """
    even = np.full(n_clouds, 1.0 / n_clouds)
    shape = np.diag(np.maximum(positions.var(axis=0), 1e-9)) / (1 if n_clouds == 1 else 4)
    return _likeliest(evidence, [(even, centres, shape) for centres in _starts(positions, n_clouds)], _floor(positions, everybody))


def add_small_cloud(evidence: Evidence, positions: Floats, fewer: Mixture, everybody: Mixture) -> Mixture:
    """Fit one cloud more, begun as a small one far from those there are: how a group of a few in a hundred is found.

    Parameters
    ----------
    evidence, positions, everybody
        As in ``fit_mixture``.
    fewer : Mixture
        Of g − 1 clouds.

    Returns
    -------
    Mixture
        Of g clouds; often not the likeliest, which may split a large cloud rather than find a small one.
    """
    inverse = np.linalg.inv(fewer.shape)
    away = [np.einsum("ia,ab,ib->i", positions - centre, inverse, positions - centre) for centre in fewer.centres]
    order = np.argsort(np.min(away, axis=0), kind="stable")
    shares = np.append(fewer.shares * (1 - _SMALL), _SMALL)
    far = [positions[order[int(part * (len(order) - 1))]] for part in _FAR]
    tries = [(shares, np.vstack([fewer.centres, one]), fewer.shape * 0.8) for one in far]
    return _likeliest(evidence, tries, _floor(positions, everybody))


def fit_from_labels(evidence: Evidence, positions: Floats, labels: Labels, n_clouds: int, everybody: Mixture) -> Mixture | None:
    """Fit clouds from where people were before.

    Parameters
    ----------
    evidence, positions, n_clouds, everybody
        As in ``fit_mixture``.
    labels : ndarray of int
        Shape (k,): cloud of each participant before, −1 where unknown.

    Returns
    -------
    Mixture or None
        None if there were not as many clouds.
    """
    counts = np.bincount(labels[labels >= 0], minlength=n_clouds)
    if len(counts) != n_clouds or not counts.all():
        return None
    centres = np.stack([positions[labels == g].mean(axis=0) for g in range(n_clouds)])
    return _likeliest(evidence, [(counts / counts.sum(), centres, everybody.shape / 4)], _floor(positions, everybody))


def assign(mixture: Mixture, evidence: Evidence) -> Floats:
    """Return the probability of each participant belonging to each cloud, shape (k, g)."""
    membership = np.empty((len(evidence), len(mixture.shares)))
    means = np.empty((len(mixture.shares), mixture.centres.shape[1]))
    inverse, bend = np.linalg.inv(mixture.shape), float(np.linalg.slogdet(mixture.shape)[1])
    toward = mixture.centres @ inverse
    own = (toward * mixture.centres).sum(axis=1)
    _assign(evidence.precision, evidence.pull, (np.log(mixture.shares + 1e-300), toward, own, inverse, bend), means, membership)
    return membership


def apart(mixture: Mixture, a: int, b: int) -> float:
    """Return the distance of two centres in standard deviations of a cloud along the way between them, >= 0."""
    way = mixture.centres[a] - mixture.centres[b]
    return float(np.sqrt(max(way @ np.linalg.solve(mixture.shape, way), 0.0)))


def pairs_by_distance(mixture: Mixture) -> list[tuple[int, int]]:
    """Return all pairs of clouds, the hardest to tell apart first."""
    return sorted(combinations(range(len(mixture.shares)), 2), key=lambda pair: apart(mixture, *pair))


def _floor(positions: Floats, everybody: Mixture | None) -> Floats:
    """Return the least variance of a cloud along each axis, shape (d,)."""
    variances = positions.var(axis=0) if everybody is None else np.diag(everybody.shape)
    return np.asarray(np.maximum(variances, 1e-9) * _LEAST_VARIANCE)


def _likeliest(evidence: Evidence, starts: list[tuple[Floats, Floats, Floats]], floor: Floats) -> Mixture:
    """Take a few steps from each start and carry on from the likeliest."""
    run = (evidence.precision, evidence.pull)
    if len(starts) > 1:
        tried = [_maximise(*run, start, floor, FIRST_STEPS) for start in starts]
        # rounded, so that of equally likely starts the first is taken whatever the last bits say
        shares, centres, shape, _ = max(tried, key=lambda one: round(one[3], 6))
        starts = [(shares, centres, shape)]
    return Mixture(*_maximise(*run, starts[0], floor, MAX_STEPS))


def _starts(positions: Floats, n_clouds: int) -> list[Floats]:
    """Return starting centres that do not depend on the order of people: slices along each axis, and far-apart points."""
    if n_clouds == 1:
        return [positions.mean(axis=0)[None, :]]
    starts = []
    for axis in range(positions.shape[1]):
        order = np.argsort(positions[:, axis], kind="stable")
        starts.append(np.array([positions[part].mean(axis=0) for part in np.array_split(order, n_clouds)]))
    centres = [positions.mean(axis=0)]
    scale = np.maximum(positions.std(axis=0), 1e-9)
    for _ in range(n_clouds):
        distance = np.min([((positions - centre) ** 2 / scale**2).sum(axis=1) for centre in centres], axis=0)
        # the 98th percentile, not the maximum: one outlier shall not start a cloud
        centres.append(positions[np.argmin(np.abs(distance - np.quantile(distance, 0.98)))])
    starts.append(np.array(centres[1:]))
    return starts


@numba.njit(cache=True, nogil=True)
def _person(  # noqa: C901, PLR0912 - compiled: one loop
    precision: Floats, pull: Floats, clouds: Any, work: Floats, means: Floats, values: Floats
) -> float:
    """Fill one person's membership and the mean position under each cloud; leave the covariance in ``work``; return the log-likelihood."""
    weights, toward, own, inverse, bend = clouds
    d, g = len(pull), len(weights)
    lower, cov = work[:d], work[d:]
    size = bend
    for a in range(d):
        for b in range(a + 1):
            value = inverse[a, b] + precision[a, b]
            for c in range(b):
                value -= lower[a, c] * lower[b, c]
            lower[a, b] = np.sqrt(max(value, 1e-12)) if a == b else value / lower[b, b]
        size += 2 * np.log(lower[a, a])
    for a in range(d):  # the inverse of the factor, above the diagonal of its own rows
        cov[a, a] = 1 / lower[a, a]
        for b in range(a):
            value = 0.0
            for c in range(b, a):
                value += lower[a, c] * cov[c, b]
            cov[a, b] = -value / lower[a, a]
    for a in range(d):
        for b in range(a + 1):
            value = 0.0
            for c in range(a, d):
                value += cov[c, a] * cov[c, b]
            lower[a, b] = value
    for a in range(d):
        for b in range(a + 1):
            cov[a, b] = cov[b, a] = lower[a, b]
    largest = -1e300
    for c in range(g):
        value = 0.0
        for a in range(d):
            mean = 0.0
            for b in range(d):
                mean += cov[a, b] * (toward[c, b] + pull[b])
            means[c, a] = mean
            value += mean * (toward[c, a] + pull[a])
        values[c] = weights[c] + 0.5 * (value - own[c])
        largest = max(largest, values[c])
    total = 0.0
    for c in range(g):
        values[c] = np.exp(values[c] - largest)
        total += values[c]
    for c in range(g):
        values[c] /= total
    likelihood: float = largest + np.log(total) - 0.5 * size
    return likelihood


@numba.njit(cache=True, nogil=True)
def _assign(precision: Floats, pull: Floats, clouds: Any, means: Floats, membership: Floats) -> None:
    work = np.empty((2 * pull.shape[1], pull.shape[1]))
    for i in range(len(pull)):
        _person(precision[i], pull[i], clouds, work, means, membership[i])


@numba.njit(cache=True, nogil=True)
def _maximise(  # noqa: C901, PLR0912 - compiled: one loop
    precision: Floats, pull: Floats, start: tuple[Floats, Floats, Floats], floor: Floats, steps: int
) -> tuple[Floats, Floats, Floats, float]:
    shares, centres, shape = start[0].copy(), start[1].copy(), start[2].copy()
    n, d = pull.shape
    g = len(shares)
    work, means, values = np.empty((2 * d, d)), np.empty((g, d)), np.empty(g)
    before, likelihood = -1e300, -1e300
    for _ in range(steps):
        inverse = np.linalg.inv(shape)
        toward = centres @ inverse
        clouds = (np.log(shares + 1e-300), toward, (toward * centres).sum(axis=1), inverse, np.log(np.linalg.det(shape)))
        weight, first, second = np.zeros(g), np.zeros((g, d)), np.zeros((d, d))
        likelihood = 0.0
        for i in range(n):
            likelihood += _person(precision[i], pull[i], clouds, work, means, values)
            for c in range(g):
                weight[c] += values[c]
                for a in range(d):
                    part = values[c] * means[c, a]
                    first[c, a] += part
                    for b in range(a + 1):
                        second[a, b] += part * means[c, b]
            for a in range(d):
                for b in range(a + 1):
                    second[a, b] += work[d + a, b]
        if likelihood - before < _TOLERANCE * abs(likelihood):
            break
        before = likelihood
        for c in range(g):
            shares[c] = weight[c] / n
            for a in range(d):
                centres[c, a] = first[c, a] / (weight[c] + 1e-12)
            for a in range(d):
                for b in range(a + 1):
                    second[a, b] -= first[c, a] * centres[c, b]
        for a in range(d):
            for b in range(a + 1):
                shape[a, b] = shape[b, a] = second[a, b] / n
        for a in range(d):
            if shape[a, a] < floor[a]:
                wider = np.sqrt(floor[a] / max(shape[a, a], 1e-300))
                for b in range(d):
                    shape[a, b] *= wider
                    shape[b, a] *= wider
    return shares, centres, shape, likelihood
