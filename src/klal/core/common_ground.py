"""Common ground: what holds in every opinion group, ranked by the group that agrees least, and how divisive each statement is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import betaincinv

from klal.core.arrays import Floats, Ints, Labels, frozen
from klal.core.bridging import expected_agreement, full_covariance, reliability
from klal.core.results import Bridging, CommonGround, Grouping, OpinionMap, RankAgreement, VoteTally
from klal.core.settings import CommonGroundSettings
from klal.core.tally import tally_groups
from klal.core.votes import VoteMatrix
from klal.errors import BadOptionError

_MOST_CHANCES = 4_000_000
"""Most chances (people × statements) computed for one group; beyond it members are thinned evenly, which moves a mean by under 0.01."""
_MOST_PEOPLE = 2_000
_EDGE = 0.25
"""Votes added on both sides of an interval, so that agreement near 0 or 1 is covered as often as any other; measured on simulated truth."""


def find_common_ground(
    group_tally: VoteTally, grouping: Grouping, bridging: Bridging, *, settings: CommonGroundSettings | None = None
) -> CommonGround:
    """Estimate how far each group agrees with each statement, and rank statements by the group that agrees least.

    A group's agreement rests on its own votes, topped up by what the bridging model expects of its members; the top-up counts for a
    few votes only, and for fewer where the model itself is unsure.

    Parameters
    ----------
    group_tally : VoteTally
        Counts of shape (g, m).
    grouping : Grouping
        Labels of shape (n,).
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Weight of the model, level of the intervals.

    Returns
    -------
    CommonGround
        Per group and statement, shape (g, m), and the ranking, shape (m,).
    """
    agreement, lower, upper = estimate_agreement(group_tally, grouping.labels, bridging, settings=settings)
    weakest = np.argmin(lower, axis=0)
    statements = np.arange(lower.shape[1])
    bound, score = lower[weakest, statements], agreement.min(axis=0)
    order = np.lexsort((statements, -np.round(score, 12), -np.round(bound, 12)))  # rounded: a last bit decides no rank
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    parts = (agreement, lower, upper, score, bound, weakest.astype(np.int64), rank)
    return CommonGround(*(frozen(part) for part in parts))


def estimate_agreement(
    tally: VoteTally, labels: Labels, bridging: Bridging, *, settings: CommonGroundSettings | None = None
) -> tuple[Floats, Floats, Floats]:
    """Estimate the share that agrees in each of several sets of people, with intervals.

    Parameters
    ----------
    tally : VoteTally
        Counts of shape (g, m).
    labels : ndarray of int32
        Shape (n,): the set of each participant, −1 = in none.
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Weight of the model, level of the intervals.

    Returns
    -------
    agreement, lower, upper : ndarray of float
        Shape (g, m), 0 … 1.
    """
    settings = settings or CommonGroundSettings()
    sets = range(len(tally.agree))
    expected = np.stack([_expected_of_set(bridging, labels, g) for g in sets])
    doubt = np.stack([_doubt_of_set(bridging, labels, g) for g in sets])
    weight = _model_weight(expected, doubt, settings.model_votes)
    decided = tally.decided
    agreement = (tally.agree + weight * expected) / (decided + weight)
    # the model learnt from the same votes, so the interval counts a group's own votes and one more, not the model's on top
    agree, disagree = (decided + 1) * agreement + _EDGE, (decided + 1) * (1 - agreement) + _EDGE
    tail = (1 - settings.level) / 2
    lower, upper = betaincinv(agree, disagree, tail), betaincinv(agree, disagree, 1 - tail)
    return agreement, np.minimum(lower, agreement), np.maximum(upper, agreement)


def agreement_by_rank(
    votes: VoteMatrix, features: Mapping[str, Sequence[str | None]], bridging: Bridging, *, settings: CommonGroundSettings | None = None
) -> tuple[RankAgreement, ...]:
    """Estimate agreement in every rank of every feature: common ground must hold in each, not on average.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    features : mapping of str to sequence of str or None
        For each feature the rank of each of the n participants, None where it is not known.
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Weight of the model, level of the intervals.

    Returns
    -------
    tuple of RankAgreement
        One a feature that anybody has a rank of, in the order given.

    Raises
    ------
    BadOptionError
        If a feature does not have one entry for each participant.
    """
    results = []
    for feature, given in features.items():
        if len(given) != votes.shape[0]:
            raise BadOptionError(option=feature, found=f"{len(given)} ranks", needed=f"{votes.shape[0]}")
        ranks = tuple(sorted({rank for rank in given if rank is not None}))
        if not ranks:
            continue
        labels = np.array([-1 if rank is None else ranks.index(rank) for rank in given], dtype=np.int32)
        tally = tally_groups(votes, labels, len(ranks))
        estimate = (frozen(part) for part in estimate_agreement(tally, labels, bridging, settings=settings))
        sizes = frozen(np.bincount(labels[labels >= 0], minlength=len(ranks)))
        results.append(RankAgreement(feature, ranks, sizes, tally, *estimate))
    return tuple(results)


def find_divisiveness(bridging: Bridging, opinion_map: OpinionMap) -> Floats:
    """Say how far people's positions pull their answers to each statement apart.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    opinion_map : OpinionMap
        Says who is placed.

    Returns
    -------
    ndarray of float
        Shape (m,), 0 … 1: twice the standard deviation, over the people placed, of the chance of agreeing that follows from position
        alone; 1 would be two equal camps of opposite minds, 0 a statement on which position does not matter.
    """
    placed = np.flatnonzero(opinion_map.placed)
    m = len(bridging.score)
    if not len(placed):
        return frozen(np.zeros(m))
    people = _thin(placed, int(np.clip(_MOST_CHANCES // max(m, 1), 50, _MOST_PEOPLE)))
    logit = bridging.mean + bridging.statement[:, 0] + bridging.person[people][:, 1:] @ bridging.statement[:, 1:].T
    return frozen(np.asarray(2 * np.std(1 / (1 + np.exp(-np.clip(logit, -500, 500))), axis=0)))


def _expected_of_set(bridging: Bridging, labels: Labels, which: int) -> Floats:
    """Return the model's mean chance of agreeing in a set of people, shape (m,); of an empty set, that of the centre.

    Members count by how well their position is known: those of whom little is known look moderate whatever they think.
    """
    members = np.flatnonzero(labels == which)
    if not len(members):
        return bridging.score
    people = _thin(members, int(np.clip(_MOST_CHANCES // max(len(bridging.score), 1), 50, _MOST_PEOPLE)))
    known = reliability(bridging, people)
    return np.asarray(known @ expected_agreement(bridging, people) / known.sum())


def _doubt_of_set(bridging: Bridging, labels: Labels, which: int) -> Floats:
    """Return the posterior variance of a statement's log-odds at the mean position of a set of people, shape (m,)."""
    members = bridging.person[labels == which]
    middle = np.concatenate([[1.0], members[:, 1:].mean(axis=0) if len(members) else np.zeros(bridging.person.shape[1] - 1)])
    return np.asarray(np.einsum("a,jab,b->j", middle, full_covariance(bridging.statement_cov), middle))


def _model_weight(expected: Floats, doubt: Floats, most: float) -> Floats:
    """Return how many votes the model's expectation counts for: as many as its own doubt allows, at least one and at most ``most``."""
    variance = (expected * (1 - expected)) ** 2 * doubt
    return np.asarray(np.clip(expected * (1 - expected) / np.maximum(variance, 1e-12) - 1, 1.0, most))


def _thin(people: Ints, most: int) -> Ints:
    return people if len(people) <= most else people[np.linspace(0, len(people) - 1, most).astype(np.int64)]
