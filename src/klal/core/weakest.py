"""The part of the public that agrees least: what it is expected to think of a statement, and how little it may agree.

Divisions of the public are averaged (``klal.core.parts``). In each the agreement of a part is a normal distribution of its log-odds, so
the chance that every part agrees more than so much is a product of normal probabilities; everything here is read off that curve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from klal.core.arrays import Floats
from klal.core.parts import Division

_LEVELS = (np.arange(80) + 0.5) / 80
_LOG_ODDS = np.log(_LEVELS / (1 - _LEVELS))
_WIDER = 1.25
"""The ranking takes doubt for so many times as large: who belongs where is itself in doubt. Chosen on simulated publics."""
_BELOW_HALF = 0.1
"""What a point of agreement below one half counts for, against one above: it orders what no majority of every part wants."""
_LEAST_DOUBT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Weakest:
    """What the part that agrees least thinks of each of m statements.

    Attributes
    ----------
    margin : ndarray of float
        Shape (m,), 0 … 0.55: expected margin over one half; the points from one half up count whole, those below it a tenth.
    bound : ndarray of float
        Shape (m,), 0 … 1: it agrees at least so much, as far as the votes tell.
    share : ndarray of float
        Shape (m,), 0 … 1: how much of the public it is.
    """

    margin: Floats
    bound: Floats
    share: Floats


def find_weakest(divisions: Sequence[Division], *, level: float, rejects: bool = False) -> Weakest:
    """Ask the part that agrees least (or rejects least) with each statement.

    Parameters
    ----------
    divisions : sequence of Division
        Whose weights sum to 1.
    level : float
        Probability of a two-sided interval; the bound is its lower end.
    rejects : bool
        Ask for rejection instead of agreement: all shares are then shares of disagreement.

    Returns
    -------
    Weakest
        For all m statements.
    """
    sides = [-one.middle if rejects else one.middle for one in divisions]
    above = sum(one.weight * _above(middle, one, _WIDER) for one, middle in zip(divisions, sides, strict=True))
    exact = sum(one.weight * _above(middle, one, 1.0) for one, middle in zip(divisions, sides, strict=True))
    worth = np.where(_LEVELS > 0.5, 1.0, _BELOW_HALF) / len(_LEVELS)
    share = sum(one.weight * _share_of_least(middle, one) for one, middle in zip(divisions, sides, strict=True))
    return Weakest(np.asarray(above @ worth), _quantile(np.asarray(exact), (1 + level) / 2), np.asarray(share))


def _above(middle: Floats, division: Division, wider: float) -> Floats:
    """Return the probability that every part that counts agrees more than each level, shape (m, levels)."""
    doubt = np.maximum(wider * division.doubt[division.counts], _LEAST_DOUBT)
    product = np.ones((middle.shape[1], len(_LEVELS)))
    for mean, deviation in zip(middle[division.counts], doubt, strict=True):
        product *= ndtr((mean[:, None] - _LOG_ODDS) / deviation[:, None])
    return product


def _share_of_least(middle: Floats, division: Division) -> Floats:
    shares = division.shares[division.counts]
    return np.asarray(shares[np.argmin(middle[division.counts], axis=0)])


def _quantile(above: Floats, chance: float) -> Floats:
    """Return the level exceeded with that chance, for each statement, between the levels by a straight line."""
    enough = (above >= chance).sum(axis=1)  # the curve falls, so so many levels lie below
    after = np.clip(enough, 0, len(_LEVELS) - 1)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(above))
    high = np.where(enough > 0, above[rows, before], 1.0)
    left, right = np.where(enough > 0, _LEVELS[before], 0.0), _LEVELS[after]
    fall = np.maximum(high - above[rows, after], 1e-12)
    along = np.clip((high - chance) / fall, 0.0, 1.0)
    return np.asarray(np.where(enough == len(_LEVELS), _LEVELS[-1], left + along * (right - left)))
