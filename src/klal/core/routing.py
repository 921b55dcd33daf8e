"""Which statement comes next: what an answer would teach about the common ground and about the person, one table for all.

The table is made from an analysis; ``klal.domain.draw`` draws from it, one person at a time, while votes come in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, Labels, frozen
from klal.core.results import Bridging, VoteTally
from klal.core.tally import tally_groups
from klal.core.votes import VoteMatrix

_MOST_PEOPLE = 2_000
"""People the regions are found from, and whose chances are computed in each; more are thinned evenly."""
_STEPS = 10
_FAR = 30.0


@dataclass(frozen=True, slots=True)
class RoutingSettings:
    """Settings of the choice of the next statement.

    Attributes
    ----------
    regions : int
        Most regions the map is cut into, so that a small camp far from the others has one of its own.
    even_share : float
        Share of the draw that goes by exposure alone, to what a region has seen least; no statement starves with it.
    contenders : int
        Length of the list of common ground that the votes are to settle.
    margin : float
        Share of agreement that counts as close to being on the list, or to deciding it.
    model_votes : float
        Votes that the model's expectation counts for in each region.
    known_votes : tuple of (float, float)
        Votes on the middle statement when people begin to be placed by them, and when they are placed by them first of all: before, it
        would be a map of noise, and the votes do more for the common ground.
    """

    regions: int = 5
    even_share: float = 0.3
    contenders: int = 10
    margin: float = 0.05
    model_votes: float = 4.0
    known_votes: tuple[float, float] = (50.0, 75.0)


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """What the draw of the next statement rests on; k regions of the map.

    Attributes
    ----------
    maturity : float
        0 … 1: how far the statements are known well enough to place people by them.
    centres : ndarray of float
        Shape (k, 2): where each region lies; everybody's coordinates have variance 1 before they say anything.
    appeal : ndarray of float
        Shape (m,): log-odds of agreeing in the middle.
    axes : ndarray of float
        Shape (m, 2): what the log-odds gain along each axis.
    ease : ndarray of float
        Shape (m,), 0 … : how well a statement suits a first one.
    weights : ndarray of float
        Shape (k + 1, m), > 0: weight in the draw for people of each region; the last row is for those not placed yet. Rows sum to 1.
    fresh : ndarray of float
        Shape (k + 1,): the same of a statement that nobody has voted on.
    """

    maturity: float
    centres: Floats
    appeal: Floats
    axes: Floats
    ease: Floats
    weights: Floats
    fresh: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    centres: Floats
    labels: Labels


def plan_routing(
    votes: VoteMatrix, tally: VoteTally, bridging: Bridging, *, brevity: Floats | None = None, settings: RoutingSettings | None = None
) -> Routing:
    """Say of every statement what an answer to it would teach.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    tally : VoteTally
        Of shape (m,).
    bridging : Bridging
        Fitted to the votes.
    brevity : ndarray of float, optional
        Shape (m,), 0 … 1: how quickly a statement is read.
    settings : RoutingSettings, optional
        Regions, share of even exposure, votes that place.

    Returns
    -------
    Routing
        Weights per region and statement.
    """
    settings = settings or RoutingSettings()
    people, axes = _principal(bridging)
    appeal = bridging.mean + bridging.statement[:, 0]
    voted = np.asarray(votes.votes_per_participant > 0)
    regions = _find_regions(people, voted, settings.regions)
    weights, fresh = _weigh(votes, regions, _expected(appeal, axes, people, regions), settings)
    seen = tally.seen
    first_known, well_known = settings.known_votes
    maturity = float(np.clip((np.median(seen) - first_known) / (well_known - first_known), 0, 1)) if len(seen) else 0.0
    worn = (1 + first_known / (seen + 1)) ** (2 * (1 - maturity))  # who is placed well pays for it in votes only while those are few
    ease = (1 - (tally.passed + 1) / (seen + 2)) * worn
    return Routing(
        maturity=maturity,
        centres=frozen(regions.centres),
        appeal=frozen(np.asarray(appeal)),
        axes=frozen(axes),
        ease=frozen(np.asarray(ease if brevity is None else ease * brevity)),
        weights=frozen(weights),
        fresh=frozen(fresh),
    )


def _principal(bridging: Bridging) -> tuple[Floats, Floats]:
    """Return people, shape (n, 2), and statements, shape (m, 2), on the two axes along which the chances of agreeing differ most.

    The factors are turned and scaled, which changes no chance: people's second moment, doubt included, is 1 along every axis.
    """
    m, factors = len(bridging.statement), bridging.statement.shape[1] - 1
    if not factors or not m:
        return np.zeros((len(bridging.person), 2)), np.zeros((m, 2))
    _, sizes, turn = np.linalg.svd(bridging.statement[:, 1:], full_matrices=False)
    kept = min(2, len(sizes))
    turn = turn[:kept] * np.where(turn[:kept].sum(axis=1) < 0, -1.0, 1.0)[:, None]
    pad = ((0, 0), (0, 2 - kept))
    return np.pad(bridging.person[:, 1:] @ turn.T, pad), np.pad(bridging.statement[:, 1:] @ turn.T, pad)


def _find_regions(people: Floats, voted: Bools, most: int) -> _Regions:
    """Cut the map into regions: first the people farthest from one another, so that a small camp far out has one, then k-means."""
    labels = np.full(len(people), -1, dtype=np.int32)
    sample = _thin(np.flatnonzero(voted))
    points = people[sample]
    if not len(points):
        return _Regions(np.zeros((0, 2)), labels)
    away = ((points - points.mean(axis=0)) ** 2).sum(axis=1)
    centres: list[Floats] = []
    while len(centres) < most and (not centres or away.max() > 0):
        centres.append(points[np.argmax(away)])
        distance = ((points - centres[-1]) ** 2).sum(axis=1)
        away = distance if len(centres) == 1 else np.minimum(away, distance)
    middle = np.array(centres)
    for _ in range(_STEPS):
        nearest = _nearest(points, middle)
        middle = np.stack([points[nearest == k].mean(axis=0) if (nearest == k).any() else middle[k] for k in range(len(middle))])
    labels[voted] = _nearest(people[voted], middle)
    return _Regions(middle, labels)


def _nearest(points: Floats, centres: Floats) -> Labels:
    return np.asarray(np.argmin(((points[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2), axis=1), dtype=np.int32)


def _expected(appeal: Floats, axes: Floats, people: Floats, regions: _Regions) -> Floats:
    """Return the mean chance of agreeing in each region by the model, shape (k, m)."""
    rows = []
    for k in range(len(regions.centres)):
        own = people[_thin(np.flatnonzero(regions.labels == k), _MOST_PEOPLE // len(regions.centres))]
        logit = appeal + (own if len(own) else regions.centres[[k]]) @ axes.T
        rows.append((1 / (1 + np.exp(-np.clip(logit, -_FAR, _FAR)))).mean(axis=0))
    return np.stack(rows) if rows else np.zeros((0, len(appeal)))


def _weigh(votes: VoteMatrix, regions: _Regions, expected: Floats, settings: RoutingSettings) -> tuple[Floats, Floats]:
    """Return the weights of all statements, shape (k + 1, m), and those of a new one, shape (k + 1,)."""
    k, m = expected.shape
    if not k or not m:
        return np.full((k + 1, m), 1 / max(m, 1)), np.full(k + 1, 1 / max(m, 1))
    tally = tally_groups(votes, regions.labels, k)
    extra = settings.model_votes
    counted = np.concatenate([tally.decided, np.zeros((k, 1))], axis=1)  # the last column stands for a statement nobody has seen
    seen = np.concatenate([tally.seen, np.zeros((k, 1))], axis=1)
    share = np.concatenate([(tally.agree + extra * expected) / (tally.decided + extra), expected.mean(axis=1, keepdims=True)], axis=1)
    variance = share * (1 - share) / (counted + extra + 1)
    aimed = _aim(share, np.sqrt(variance), settings) * variance / (counted + extra)
    evenly = 1 / (seen + 2)
    rows = [_mixed(aimed[r], evenly[r], settings.even_share) for r in range(k)]
    rows.append(_mixed(aimed.mean(axis=0), 1 / (seen.sum(axis=0) + 2), settings.even_share))
    weights = np.stack(rows)
    return weights[:, :-1], weights[:, -1]


def _aim(share: Floats, deviation: Floats, settings: RoutingSettings) -> Floats:
    """Return how much hangs on a region's answer to a statement, shape (k, m): whether it may be among the first, and may decide it."""
    low = share - deviation
    weakest, statements = np.argmin(low, axis=0), np.arange(share.shape[1])
    bound, doubt = low[weakest, statements], deviation[weakest, statements]
    listed = np.sort(bound[:-1])[::-1]
    short_of = np.maximum(listed[min(settings.contenders, len(listed)) - 1] - bound, 0)
    contends = np.exp(-0.5 * (short_of / (doubt + settings.margin)) ** 2)
    decides = np.exp(-0.5 * ((low - bound) / (deviation + settings.margin)) ** 2)
    return np.asarray(contends * decides)


def _mixed(aimed: Floats, evenly: Floats, even_share: float) -> Floats:
    """Mix two laws over the statements, the last of which is one that is not there yet and takes no part in the sums."""
    return np.asarray((1 - even_share) * aimed / aimed[:-1].sum() + even_share * evenly / evenly[:-1].sum())


def _thin(people: Ints, most: int = _MOST_PEOPLE) -> Ints:
    return people if len(people) <= most else people[np.linspace(0, len(people) - 1, most).astype(np.int64)]
