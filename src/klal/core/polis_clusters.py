"""The two stages of k-means by which Polis turns positions into opinion groups: base clusters of people, then groups of base clusters.

Polis's server starts every calculation from the one before, so its published groups carry a history that no export contains. What the
votes do tell is that people had been placed and grouped before statements were rejected. So the grouping is done in two steps: afresh
on the positions as they were before any rejection, then on the final positions, started from the first step as the server would
[small2021]_. Where nothing was rejected the first step is all there is.

A fresh start is drawn from the shape of the cloud, not from the order of people: base clusters by principal direction division
[boley1998]_ [su2007]_, groups by that or by Polis's own growth from the most distant points, whichever leaves people closer to the
centre of their group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from klal.core.arrays import Floats, Ints, Labels

BASE_CLUSTERS = 100
BASE_ROUNDS = 100
GROUP_ROUNDS = 20
CENTRE_SHIFT = 0.01
"""Polis's own figures: base clusters, most rounds of either k-means, and the shift of centres below which it stops."""

BASE_PER_GROUP = 12
"""Polis tries k groups only where there are at least 12 (k − 2) base clusters."""

SAMPLE = 20_000
"""Most people on whom base clusters are formed; beyond, every so many along the first axis, and all are assigned at the end."""


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """Points with their nearest centres.

    Attributes
    ----------
    labels : ndarray of int32
        Shape (p,): cluster of each point; none is empty.
    centres : ndarray of float
        Shape (k, 2): weighted means of the points.
    """

    labels: Labels
    centres: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Opinion groups of the people placed.

    Attributes
    ----------
    labels : ndarray of int32
        Shape (p,), 0 … g−1.
    n_groups : int
        How many.
    silhouette : float
        Mean silhouette of the base clusters, −1 … 1; 0 where there is but one group.
    """

    labels: Labels
    n_groups: int
    silhouette: float


def group_people(before: Floats, after: Floats, *, max_groups: int) -> Groups:
    """Divide people into the number of groups, 2 … ``max_groups``, whose silhouette is best; the smaller number on a tie.

    Parameters
    ----------
    before, after : ndarray of float
        Shape (p, 2): positions before any statement was rejected, and final ones; equal where none was.
    max_groups : int
        Most groups tried.

    Returns
    -------
    Groups
        One group where all positions are the same, none without people.
    """
    if not len(after):
        return Groups(np.empty(0, dtype=np.int32), 0, 0.0)
    chosen = _sample(after)
    weights = np.ones(len(chosen))
    base = k_means(before[chosen], divide(before[chosen], weights, BASE_CLUSTERS), weights, rounds=BASE_ROUNDS)
    divisions = {k: _fresh_groups(base, k) for k in range(2, _most_groups(base, max_groups) + 1)}
    if not np.array_equal(before, after):
        warm = _means(after[chosen], weights, base.labels)
        people = {k: groups.labels[base.labels] for k, groups in divisions.items()}
        base = k_means(after[chosen], warm, weights, rounds=BASE_ROUNDS)
        divisions = {
            k: _group_base(base, _means(after[chosen], weights, labels))
            for k, labels in people.items()
            if k <= _most_groups(base, max_groups)
        }
    return _best(base, divisions, after)


def divide(points: Floats, weights: Floats, k: int) -> Floats:
    """Return up to k centres: split the widest cluster at its mean across its principal direction until there are k.

    Parameters
    ----------
    points : ndarray of float
        Shape (p, 2).
    weights : ndarray of float
        Shape (p,), > 0.
    k : int
        Centres wanted.

    Returns
    -------
    ndarray of float
        Shape (k, 2), fewer where there are fewer different points.
    """
    members = [np.arange(len(points))]
    shapes = [_shape(points, weights)]
    while len(members) < k:
        widest = int(np.argmax([scatter for _, scatter, _ in shapes]))
        mean, scatter, direction = shapes[widest]
        beyond = (points[members[widest]] - mean) @ direction > 0
        if scatter <= 0 or beyond.all() or not beyond.any():
            break
        halves = members[widest][~beyond], members[widest][beyond]
        members[widest], shapes[widest] = halves[0], _shape(points[halves[0]], weights[halves[0]])
        members.append(halves[1])
        shapes.append(_shape(points[halves[1]], weights[halves[1]]))
    return np.array([mean for mean, _, _ in shapes])


def spread_out(points: Floats, weights: Floats, k: int) -> Floats:
    """Return k centres: the mean, then again and again the point farthest from all centres so far.

    Parameters
    ----------
    points : ndarray of float
        Shape (p, 2), at least k different ones.
    weights : ndarray of float
        Shape (p,), > 0.
    k : int
        Centres wanted.

    Returns
    -------
    ndarray of float
        Shape (k, 2).
    """
    centres = [weights @ points / weights.sum()]
    distance = ((points - centres[0]) ** 2).sum(axis=1)
    while len(centres) < k:
        centres.append(points[int(np.argmax(distance))])
        distance = np.minimum(distance, ((points - centres[-1]) ** 2).sum(axis=1))
    return np.array(centres)


def k_means(points: Floats, start: Floats, weights: Floats, *, rounds: int) -> Clusters:
    """Move centres to the weighted mean of their nearest points until they rest; clusters left empty are dropped.

    Parameters
    ----------
    points : ndarray of float
        Shape (p, 2).
    start : ndarray of float
        Shape (k, 2): first centres.
    weights : ndarray of float
        Shape (p,), > 0.
    rounds : int
        Most rounds after the first.

    Returns
    -------
    Clusters
        At most k.
    """
    centres = start
    for _ in range(rounds + 1):
        kept, labels = np.unique(_nearest(points, centres), return_inverse=True)
        moved = _means(points, weights, labels)
        still = bool((np.hypot(*(moved - centres[kept]).T) < CENTRE_SHIFT).all())
        centres = moved
        if still:
            break
    return Clusters(labels.astype(np.int32), centres)


def silhouette(points: Floats, labels: Labels) -> float:
    """Return the mean silhouette, each point counting once and 0 where it is alone in its cluster.

    Parameters
    ----------
    points : ndarray of float
        Shape (p, 2).
    labels : ndarray of int32
        Shape (p,): at least two clusters, none empty.

    Returns
    -------
    float
        −1 … 1.
    """
    member = np.eye(labels.max() + 1)[labels]
    sizes = member.sum(axis=0)
    distance = np.hypot(*(points[:, None] - points[None, :]).transpose(2, 0, 1))
    mean = distance @ member / sizes
    every = np.arange(len(points))
    own = mean[every, labels] * sizes[labels] / np.maximum(sizes[labels] - 1, 1)
    mean[every, labels] = np.inf
    other = mean.min(axis=1)
    wider = np.maximum(own, other)
    score = np.divide(other - own, wider, out=np.zeros_like(own), where=wider > 0)
    return float(np.where(sizes[labels] > 1, score, 0.0).mean())


def _most_groups(base: Clusters, max_groups: int) -> int:
    n_base = len(base.centres)
    return min(max_groups, 2 + n_base // BASE_PER_GROUP, n_base)


def _fresh_groups(base: Clusters, k: int) -> Clusters:
    """Return the tighter of two divisions of the base clusters: by principal direction and by growth from distant points."""
    weights = np.bincount(base.labels).astype(np.float64)
    divisions = [_group_base(base, start(base.centres, weights, k)) for start in (divide, spread_out)]
    spreads = [weights @ ((base.centres - groups.centres[groups.labels]) ** 2).sum(axis=1) for groups in divisions]
    return divisions[int(np.argmin(spreads))]


def _group_base(base: Clusters, start: Floats) -> Clusters:
    return k_means(base.centres, start, np.bincount(base.labels).astype(np.float64), rounds=GROUP_ROUNDS)


def _best(base: Clusters, divisions: dict[int, Clusters], positions: Floats) -> Groups:
    scores = {k: silhouette(base.centres, groups.labels) for k, groups in divisions.items() if len(groups.centres) > 1}
    if not scores:
        return Groups(np.zeros(len(positions), dtype=np.int32), 1, 0.0)
    best = max(scores, key=lambda k: (scores[k], -k))
    of_person = base.labels if len(base.labels) == len(positions) else _nearest(positions, base.centres)
    return Groups(divisions[best].labels[of_person], len(divisions[best].centres), scores[best])


def _sample(positions: Floats) -> Ints:
    """Return up to ``SAMPLE`` people, spaced evenly along the first axis; all where there are no more."""
    if len(positions) <= SAMPLE:
        return np.arange(len(positions))
    order = np.lexsort((positions[:, 1], positions[:, 0]))
    return np.sort(order[np.linspace(0, len(order) - 1, SAMPLE).astype(np.int64)])


def _shape(points: Floats, weights: Floats) -> tuple[Floats, float, Floats]:
    """Return mean, sum of squared distances from it, and principal direction."""
    mean = weights @ points / weights.sum()
    away = points - mean
    scatter = (away * weights[:, None]).T @ away
    return mean, float(np.trace(scatter)), np.linalg.eigh(scatter)[1][:, 1]


def _means(points: Floats, weights: Floats, labels: Labels | Ints) -> Floats:
    total = np.bincount(labels, weights=weights)
    return np.stack([np.bincount(labels, weights=weights * axis) / total for axis in points.T], axis=1)


@numba.njit(cache=True, nogil=True)
def _nearest(points: Floats, centres: Floats) -> Labels:
    """Return the nearest centre of every point, the first on a tie, shape (p,)."""
    labels = np.empty(len(points), np.int32)
    for i in range(len(points)):
        best = np.inf
        for c in range(len(centres)):
            x = points[i, 0] - centres[c, 0]
            y = points[i, 1] - centres[c, 1]
            away = x * x + y * y
            if away < best:
                best = away
                labels[i] = c
    return labels
