"""A mixture of clouds on the opinion map, fitted to positions that are themselves uncertain.

Every participant's true position is drawn from one of g Gaussian clouds of one common shape; what is seen of it is blurred by that
participant's own uncertainty. One shape for all keeps a tight core within a wide fringe from being taken for two groups: clouds can
differ only in where they lie.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from klal.core.arrays import Bools, Floats, Ints
from klal.core.results import OpinionMap

_TOLERANCE = 1e-5
MAX_STEPS = 200
_PRIOR_PEOPLE = 5.0
"""Imaginary people who hold the shape of the clouds open; keeps a cloud from collapsing onto a few."""
_PRIOR_SHARE = 0.05
"""Their variance, as a share of the variance of everybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What each participant's votes alone say of their position: a Gaussian in its natural parameters.

    Attributes
    ----------
    precision : ndarray of float
        Shape (n, 3): xx, xy, yy of the inverse covariance; 0 for somebody whose votes say nothing.
    pull : ndarray of float
        Shape (n, 2): precision times position.
    """

    precision: Floats
    pull: Floats

    def __len__(self) -> int:
        """Return the number of participants."""
        return len(self.pull)

    def take(self, rows: Ints | Bools) -> Evidence:
        """Return the evidence of some participants."""
        return Evidence(self.precision[rows], self.pull[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Clouds on the map.

    Attributes
    ----------
    shares : ndarray of float
        Shape (g,): share of each cloud, summing to 1.
    centres : ndarray of float
        Shape (g, 2).
    shape : ndarray of float
        Shape (3,): xx, xy, yy of the covariance all clouds have in common.
    log_likelihood : float
        Of the evidence, up to a constant that does not depend on the mixture.
    """

    shares: Floats
    centres: Floats
    shape: Floats
    log_likelihood: float

    def criterion(self, n: int) -> float:
        """Return the Bayesian information criterion for n participants; less is better."""
        parameters = 3 * len(self.shares) - 1 + 3
        return float(-2 * self.log_likelihood + parameters * np.log(max(n, 1)))


def evidence_of(opinion_map: OpinionMap) -> Evidence:
    """Take the prior out of the positions again, so that what remains is what the votes say.

    Parameters
    ----------
    opinion_map : OpinionMap
        Posterior positions of shape (n, 2).

    Returns
    -------
    Evidence
        Of all n participants.
    """
    cov = opinion_map.uncertainty
    det = np.maximum(cov[:, 0] * cov[:, 2] - cov[:, 1] ** 2, 1e-300)
    full = np.stack([cov[:, 2], -cov[:, 1], cov[:, 0]], axis=1) / det[:, None]
    x, y = opinion_map.positions[:, 0], opinion_map.positions[:, 1]
    pull = np.stack([full[:, 0] * x + full[:, 1] * y, full[:, 1] * x + full[:, 2] * y], axis=1)
    prior = 1 / np.maximum(opinion_map.spread**2, 1e-12)
    return Evidence(full - np.array([prior[0], 0.0, prior[1]]), pull)


def fit_mixture(evidence: Evidence, positions: Floats, n_clouds: int, *, first_steps: int = MAX_STEPS) -> Mixture:
    """Fit clouds by expectation–maximisation from several fixed starts and keep the likeliest.

    Parameters
    ----------
    evidence : Evidence
        Of n participants.
    positions : ndarray of float
        Shape (n, 2): their posterior positions, used for the starts.
    n_clouds : int
        Number of clouds g >= 1.
    first_steps : int
        Steps from each start before the likeliest is carried to the end; fewer are quicker and may miss the best.

    Returns
    -------
    Mixture
        The likeliest found; the same for the same people in any order.
    """
    spread = np.maximum(positions.var(axis=0), 1e-12)
    floor = np.array([spread[0], 0.0, spread[1]]) * _PRIOR_SHARE
    even = np.full(n_clouds, 1.0 / n_clouds)
    tried = [
        _maximise(evidence.precision, evidence.pull, (even, centres, 5 * floor), floor, first_steps)
        for centres in _starts(positions, n_clouds)
    ]
    # rounded, so that of equally likely starts the first is taken whatever the last bits say
    shares, centres, shape, _ = max(tried, key=lambda one: round(one[3], 6))
    shares, centres, shape, likelihood = _maximise(evidence.precision, evidence.pull, (shares, centres, shape), floor, MAX_STEPS)
    return Mixture(shares, centres, shape, likelihood)


def assign(mixture: Mixture, evidence: Evidence) -> Floats:
    """Return the probability of each participant belonging to each cloud, shape (n, g)."""
    membership = np.empty((len(evidence), len(mixture.shares)))
    _expect(evidence.precision, evidence.pull, mixture.shares, mixture.centres, mixture.shape, membership)
    return membership


def gap_between(mixture: Mixture) -> float:
    """Say how empty the map is between the two clouds that are hardest to tell apart.

    Parameters
    ----------
    mixture : Mixture
        Of g clouds.

    Returns
    -------
    float
        0 … 1: depth of the dip in density on the straight way between two centres, relative to the lower of the densities at the two;
        the least over all pairs. 0 where there is no dip, or only one cloud.
    """
    clouds = len(mixture.shares)
    if clouds < 2:
        return 0.0
    return min(_dip(mixture, a, b) for a in range(clouds) for b in range(a))


def _dip(mixture: Mixture, a: int, b: int) -> float:
    steps = np.linspace(0, 1, 41)[:, None]
    points = mixture.centres[a] * (1 - steps) + mixture.centres[b] * steps
    xx, xy, yy = mixture.shape
    apart = points[:, None, :] - mixture.centres[None, :, :]
    dx, dy = apart[:, :, 0], apart[:, :, 1]
    distance = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / (xx * yy - xy * xy)
    density = np.exp(-0.5 * distance) @ mixture.shares
    # the ends, not the highest points: a third cloud may stand on the way, higher than both
    lower_peak = min(density[0], density[-1])
    return float(np.clip(1 - density.min() / lower_peak, 0, 1)) if lower_peak > 0 else 1.0


def _starts(positions: Floats, n_clouds: int) -> list[Floats]:
    """Return starting centres that do not depend on the order of people: slices along each axis, and far-apart points."""
    starts = []
    for axis in range(2):
        order = np.argsort(positions[:, axis], kind="stable")
        starts.append(np.array([positions[part].mean(axis=0) for part in np.array_split(order, n_clouds)]))
        if n_clouds == 1:
            return starts
    centres = [positions.mean(axis=0)]
    scale = np.maximum(positions.std(axis=0), 1e-9)
    for _ in range(n_clouds):
        apart = np.min([((positions - centre) ** 2 / scale**2).sum(axis=1) for centre in centres], axis=0)
        # the 98th percentile, not the maximum: one outlier shall not start a cloud
        centres.append(positions[np.argmin(np.abs(apart - np.quantile(apart, 0.98)))])
    starts.append(np.array(centres[1:]))
    return starts


@numba.njit(cache=True, nogil=True)
def _expect(precision: Floats, pull: Floats, shares: Floats, centres: Floats, shape: Floats, membership: Floats) -> float:
    """Fill the membership and return the log-likelihood."""
    det = shape[0] * shape[2] - shape[1] * shape[1]
    ixx, ixy, iyy = shape[2] / det, -shape[1] / det, shape[0] / det
    total = 0.0
    for i in range(len(pull)):
        axx, axy, ayy = ixx + precision[i, 0], ixy + precision[i, 1], iyy + precision[i, 2]
        adet = axx * ayy - axy * axy
        largest = -1e300
        for g in range(len(shares)):
            cx, cy = centres[g, 0], centres[g, 1]
            bx, by = ixx * cx + ixy * cy, ixy * cx + iyy * cy
            own = bx * cx + by * cy
            bx += pull[i, 0]
            by += pull[i, 1]
            value = np.log(shares[g] + 1e-300) + 0.5 * ((ayy * bx * bx - 2 * axy * bx * by + axx * by * by) / adet - own)
            membership[i, g] = value
            largest = max(largest, value)
        sum_ = 0.0
        for g in range(len(shares)):
            membership[i, g] = np.exp(membership[i, g] - largest)
            sum_ += membership[i, g]
        for g in range(len(shares)):
            membership[i, g] /= sum_
        total += largest + np.log(sum_) - 0.5 * np.log(det * adet)
    return total


@numba.njit(cache=True, nogil=True)
def _maximise(  # noqa: PLR0915 - compiled: one loop
    precision: Floats, pull: Floats, start: tuple[Floats, Floats, Floats], floor: Floats, steps: int
) -> tuple[Floats, Floats, Floats, float]:
    shares, centres, shape = start[0].copy(), start[1].copy(), start[2].copy()
    n, clouds = len(pull), len(centres)
    membership = np.empty((n, clouds))
    before = -1e300
    likelihood = before
    for _ in range(steps):
        likelihood = _expect(precision, pull, shares, centres, shape, membership)
        if likelihood - before < _TOLERANCE * abs(likelihood):
            break
        before = likelihood
        det = shape[0] * shape[2] - shape[1] * shape[1]
        ixx, ixy, iyy = shape[2] / det, -shape[1] / det, shape[0] / det
        weight, first, second = np.zeros(clouds), np.zeros((clouds, 2)), np.zeros((clouds, 3))
        for i in range(n):
            axx, axy, ayy = ixx + precision[i, 0], ixy + precision[i, 1], iyy + precision[i, 2]
            adet = axx * ayy - axy * axy
            for g in range(clouds):
                r = membership[i, g]
                bx = ixx * centres[g, 0] + ixy * centres[g, 1] + pull[i, 0]
                by = ixy * centres[g, 0] + iyy * centres[g, 1] + pull[i, 1]
                x, y = (ayy * bx - axy * by) / adet, (axx * by - axy * bx) / adet
                weight[g] += r
                first[g, 0] += r * x
                first[g, 1] += r * y
                second[g, 0] += r * (x * x + ayy / adet)
                second[g, 1] += r * (x * y - axy / adet)
                second[g, 2] += r * (y * y + axx / adet)
        shape = _PRIOR_PEOPLE * floor
        for g in range(clouds):
            w = weight[g] + 1e-12
            shares[g] = weight[g] / n
            cx, cy = first[g, 0] / w, first[g, 1] / w
            centres[g, 0], centres[g, 1] = cx, cy
            shape[0] += second[g, 0] - w * cx * cx
            shape[1] += second[g, 1] - w * cx * cy
            shape[2] += second[g, 2] - w * cy * cy
        shape = shape / (n + _PRIOR_PEOPLE)
    return shares, centres, shape, likelihood
