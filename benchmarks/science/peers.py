"""How others rank statements by common ground: the rows that klal's rule is compared with, each from its published formula.

Every rule takes the votes of shape (n, m) and returns a score of shape (m,), the higher the more common.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks._models import Known, NotesModel, fit_notes
from klal.core.polis_grouping import polis_grouping
from klal.core.representativeness import group_informed_consensus
from klal.core.tally import tally_groups, tally_votes
from klal.core.votes import VoteMatrix

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rule = Callable[[VoteMatrix], Floats]

_HELPFUL_PASS = 0.7
_DISAGREE_WEIGHT = 1.75
_BANDWIDTH, _POINTS = 0.1, 24


def majority(votes: VoteMatrix) -> Floats:
    """Share of agrees among all who saw the statement, passes included, smoothed (Polis's ``p``)."""
    tally = tally_votes(votes)
    return np.asarray((tally.agree + 1) / (tally.seen + 2))


def majority_of_decided(votes: VoteMatrix) -> Floats:
    """Share of agrees among those who agree or disagree, smoothed."""
    tally = tally_votes(votes)
    return np.asarray((tally.agree + 1) / (tally.decided + 2))


def polis_labels(votes: VoteMatrix) -> Ints:
    """Return Polis's group of each participant, −1 where it places nobody."""
    return polis_grouping(votes, rejected=np.zeros(votes.shape[1], dtype=bool)).labels.astype(np.int64)


def polis_consensus(votes: VoteMatrix) -> Floats:
    """Group-informed consensus over Polis's groups: the product of their smoothed shares of agrees."""
    return group_informed_consensus(_polis_tally(votes))


def polis_minimum(votes: VoteMatrix) -> Floats:
    """Least of the smoothed shares of agrees over Polis's groups."""
    tally = _polis_tally(votes)
    return np.asarray(((tally.agree + 1) / (tally.seen + 2)).min(axis=0))


def notes_intercept(votes: VoteMatrix) -> Floats:
    """Community Notes' intercept of each statement: agreement left when one factor has explained what it can."""
    return np.asarray(fit_notes(known(votes)).statements[:, 0])


def notes_local(votes: VoteMatrix) -> Floats:
    """Community Notes' local agreement: weighted agreement at points along the factor, geometric mean over the points.

    Its Gaussian scorer (side of helpful notes): a kernel of bandwidth 0.1 at balanced quantiles of both signs of the factor, disagrees
    weigh 1.75, passes count 0.7, a prior that follows the statement's own slant.
    """
    columns = known(votes)
    factor = fit_notes(columns).people[:, 1]
    factor = factor / max(float(np.quantile(np.abs(factor), 0.98)), 1e-9)
    below, above = factor[factor < 0], factor[factor > 0]
    if min(len(below), len(above)) < 5:
        return np.zeros(columns.m)
    at = np.linspace(0.02, 0.98, _POINTS // 2)
    points = np.concatenate([np.quantile(below, at), np.quantile(above, at)])
    weights = np.exp(-0.5 * ((factor[:, None] - points[None, :]) / _BANDWIDTH) ** 2)
    weights /= weights.sum(axis=1, keepdims=True) + 1e-12
    return _geometric(columns, factor, points, weights)


def _geometric(columns: Known, factor: Floats, points: Floats, weights: Floats) -> Floats:
    helpful = np.where(columns.values == 0.5, _HELPFUL_PASS, columns.values)
    vote_weights = weights[columns.rows] * np.where(columns.values == 0, _DISAGREE_WEIGHT, 1.0)[:, None]
    total = np.stack([np.bincount(columns.columns, weights=one, minlength=columns.m) for one in vote_weights.T], axis=1)
    agreed = np.stack([np.bincount(columns.columns, weights=one * helpful, minlength=columns.m) for one in vote_weights.T], axis=1)
    count = np.bincount(columns.columns, minlength=columns.m)
    slant = np.bincount(columns.columns, weights=(columns.values - 0.5) * 2 * factor[columns.rows], minlength=columns.m)
    slant = slant / np.maximum(count, 1)
    prior = np.clip(np.minimum(slant[:, None] * points[None, :] / 2 + 0.35, 0.35), 0.2, None)
    prior_weight = (np.log(np.maximum(count, 9)) / np.log(9) * 0.4)[:, None]
    share = np.clip((agreed + prior * prior_weight) / (total + prior_weight), 0.05, 0.8)
    return np.asarray(np.exp(np.log(share).mean(axis=1)))


def latent_classes(votes: VoteMatrix, *, most: int = 6, sweeps: int = 60, starts: int = 4) -> Floats:
    """Least agreement over latent classes, their number chosen by BIC, direct counts drawn towards the statement's mean."""
    columns = known(votes).decided
    best, chosen = np.inf, np.ones((columns.n, 1))
    for classes in range(1, most + 1):
        likelihood, membership = _fit_classes(columns, classes, sweeps, starts)
        criterion = -2 * likelihood + (classes * columns.m + classes - 1) * np.log(columns.n)
        if criterion < best:
            best, chosen = criterion, membership
    agrees, disagrees = _sums(columns, chosen, 1.0), _sums(columns, chosen, 0.0)
    counted = np.bincount(columns.columns, minlength=columns.m)
    mean = (np.bincount(columns.columns, weights=columns.values, minlength=columns.m) + 2 * columns.values.mean()) / (counted + 2)
    return np.asarray(((agrees + 4 * mean) / (agrees + disagrees + 4)).min(axis=0))


def _fit_classes(columns: Known, classes: int, sweeps: int, starts: int) -> tuple[float, Floats]:
    rng, best, chosen = np.random.default_rng(0), -np.inf, np.ones((columns.n, classes))
    overall = (np.bincount(columns.columns, weights=columns.values, minlength=columns.m) + 1) / (
        np.bincount(columns.columns, minlength=columns.m) + 2
    )
    for _ in range(starts if classes > 1 else 1):
        membership = rng.dirichlet(np.full(classes, 0.3), columns.n)
        likelihood = -np.inf
        for _ in range(sweeps):
            agrees, disagrees = _sums(columns, membership, 1.0) + 2 * overall, _sums(columns, membership, 0.0) + 2 * (1 - overall)
            share = agrees / (agrees + disagrees)
            logs = np.where(columns.values[:, None] == 1.0, np.log(share.T[columns.columns]), np.log1p(-share.T[columns.columns]))
            evidence = np.stack([np.bincount(columns.rows, weights=one, minlength=columns.n) for one in logs.T], axis=1)
            evidence += np.log((membership.sum(axis=0) + 1) / (columns.n + classes))
            most = evidence.max(axis=1, keepdims=True)
            odds = np.exp(evidence - most)
            membership = odds / odds.sum(axis=1, keepdims=True)
            likelihood = float((most[:, 0] + np.log(odds.sum(axis=1))).sum())
        if likelihood > best:
            best, chosen = likelihood, membership
    return best, chosen


def _sums(columns: Known, membership: Floats, value: float) -> Floats:
    """Return votes of one value per class and statement, shape (classes, m)."""
    at = columns.values == value
    weights = membership[columns.rows[at]]
    return np.stack([np.bincount(columns.columns[at], weights=one, minlength=columns.m) for one in weights.T])


def known(votes: VoteMatrix) -> Known:
    """Return the votes in columns."""
    return Known(votes.row_of_vote(), votes.columns.astype(np.int64), (votes.codes - 1) / 2, *votes.shape)


def notes(votes: VoteMatrix) -> NotesModel:
    """Return Community Notes' model of the votes."""
    return fit_notes(known(votes))


def _polis_tally(votes: VoteMatrix):  # type: ignore[no-untyped-def]
    labels = polis_labels(votes)
    return tally_groups(votes, labels.astype(np.int32), max(int(labels.max(initial=-1)) + 1, 1))


RULES: dict[str, Rule] = {
    "plain majority": majority,
    "majority of those who decide": majority_of_decided,
    "Polis: group-informed consensus": polis_consensus,
    "Polis: minimum over its groups": polis_minimum,
    "Community Notes: intercept": notes_intercept,
    "Community Notes: local agreement": notes_local,
    "latent classes: minimum": latent_classes,
}
"""Every peer, by the name it has in the tables."""
