"""Common ground that few accounts move: the rule of ``klal.core.common_ground`` on counts in which surplus votes hardly count.

The parts of the public are those that the rule asks anyway. What each part thinks is estimated afresh from bounded counts: its own, drawn
towards what it thinks of other statements of like appeal, and the appeal, too, from bounded counts of everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Floats, Ints, frozen
from klal.core.parts import Division
from klal.core.surplus import Surplus, Turnout, bounded_votes, find_surplus, lay_out_turnout
from klal.core.votes import VoteMatrix
from klal.core.weakest import find_weakest

_STEPS = 6
_LEAST_SPREAD = 0.1
"""Least variance of what a part thinks around its line, as in the plain rule."""
_FIRST_SPREAD = 0.5
_LONGEST = 2.0
"""Longest step of a log-odds from the last."""
_SMALL = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class RobustGround:
    """Common ground by bounded counts.

    Attributes
    ----------
    margin : ndarray of float
        Shape (m,): expected margin over one half of the part that agrees least, as in ``CommonGround``.
    bound : ndarray of float
        Shape (m,), 0 … 1: even that part agrees at least so much.
    rank : ndarray of int64
        Shape (m,), 1 … m, by margin.
    """

    margin: Floats
    bound: Floats
    rank: Ints


def find_robust_ground(
    votes: VoteMatrix, divisions: Sequence[Division], everybody: tuple[Turnout, Surplus], weights: Floats, *, level: float
) -> RobustGround:
    """Rank statements by the part that agrees least, on bounded counts.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    divisions : sequence of Division
        The parts of the public that the plain rule asks.
    everybody : tuple of Turnout and Surplus
        Votes of everybody as one set, and their surplus; a share that it leaves unexplained is explained in no part.
    weights : ndarray of float
        Shape (n,), 0 … 1: how far each participant counts.
    level : float
        Probability of a two-sided interval; the bound is its lower end.

    Returns
    -------
    RobustGround
        Of all m statements.
    """
    turnout, surplus = everybody
    agree, disagree = bounded_votes(turnout, surplus.expected)
    share = agree.sum() / max(float((agree + disagree).sum()), _SMALL)
    appeal = _log_odds((agree[0] + 2 * share + _SMALL) / (agree[0] + disagree[0] + 2 + 2 * _SMALL))
    found = [_bounded(votes, division, surplus.expected, appeal, weights) for division in divisions]
    weakest = find_weakest(found, level=level)
    order = np.lexsort((np.arange(len(appeal)), -np.round(weakest.bound, 9), -np.round(weakest.margin, 9)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return RobustGround(frozen(weakest.margin), frozen(weakest.bound), frozen(rank))


def _bounded(votes: VoteMatrix, division: Division, expected: Floats, appeal: Floats, weights: Floats) -> Division:
    """Say afresh what the parts of a division think, from bounded counts of those who belong there most."""
    parts = division.membership.shape[1]
    labels = np.where(votes.votes_per_participant > 0, np.argmax(division.membership, axis=1), -1).astype(np.int32)
    turnout = lay_out_turnout(votes, labels, parts, weights)
    agree, disagree = bounded_votes(turnout, np.minimum(find_surplus(turnout).expected, expected))
    thought = [_settle(agree[h], disagree[h], appeal) for h in range(parts)]
    return replace(division, middle=np.stack([middle for middle, _ in thought]), doubt=np.stack([doubt for _, doubt in thought]))


def _settle(agree: Floats, disagree: Floats, appeal: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the log-odds that a part agrees, shape (m,) each.

    Log-odds are drawn around a line on the appeal; line and variance around it are learnt from all statements together.
    """
    cast = agree + disagree
    share = (agree + 2 * _chance(appeal)) / (cast + 2)
    variance = 1 / np.maximum(cast * share * (1 - share), _SMALL)
    seen = _log_odds((agree + 0.5) / (cast + 1))
    design = np.stack([np.ones_like(appeal), appeal], axis=1)
    spread = _FIRST_SPREAD
    middle, doubt = seen, variance
    for _ in range(_STEPS):
        weight = 1 / (variance + spread)
        # a priori the line is the appeal itself, as surely as one statement of variance 1 tells
        line = np.linalg.solve(design.T @ (weight[:, None] * design) + np.eye(2), design.T @ (weight * seen) + [0.0, 1.0])
        along = design @ line
        middle = along + (seen - along) * spread / (spread + variance)
        doubt = spread * variance / (spread + variance)
        spread = max(float(((middle - along) ** 2 + doubt).sum()) / max(len(appeal), 1), _LEAST_SPREAD)
        chance = np.clip(_chance(middle), 1e-3, 1 - 1e-3)
        variance = 1 / np.maximum(cast * chance * (1 - chance), _SMALL)
        step = np.where(cast > _SMALL, (agree - cast * chance) / np.maximum(cast * chance * (1 - chance), _SMALL), 0.0)
        seen = middle + np.clip(step, -_LONGEST, _LONGEST)
    return middle, np.sqrt(doubt)


def _log_odds(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)))


def _chance(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))
