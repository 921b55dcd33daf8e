"""Near-misses: statements that would be common ground but for one group, and what that group lacks."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from klal.core.arrays import Floats, frozen
from klal.core.results import NearMisses

NOBODY_DRAWN = -1
"""In place of a group: the part that lacks agreement is not drawn as a group of its own."""
_MOST_VOTES = 1_000_000


def find_near_misses(agreement: Floats, lower: Floats, bound: Floats, *, level: float) -> NearMisses:
    """Find what is not common ground because of one group, or of a part that is not drawn as a group.

    Parameters
    ----------
    agreement, lower : ndarray of float
        Shape (g, m): estimate and lower end of each group.
    bound : ndarray of float
        Shape (m,): what is certified of every part.
    level : float
        Probability of an interval.

    Returns
    -------
    NearMisses
        For all m statements; what is common ground, or fails in two groups, is not a near-miss.
    """
    m, statements = len(bound), np.arange(len(bound))
    failing = lower <= 0.5
    near = (bound <= 0.5) & (failing.sum(axis=0) <= 1)
    # with a single group, it must at least be likely that a majority agrees
    near &= (agreement.min(axis=0) > 0.5) | (len(agreement) > 1)
    group = np.where(failing.any(axis=0), np.argmin(lower, axis=0), NOBODY_DRAWN)
    asked = np.maximum(group, 0)
    share = np.where(group >= 0, agreement[asked, statements], np.nan)
    points = np.where(group >= 0, np.maximum(0.5 - share, 0.0), np.maximum(0.5 - bound, 0.0))
    votes = np.full(m, -1, dtype=np.int64)
    likely = near & (group >= 0) & (share > 0.5)
    votes[likely] = _votes_needed(share[likely], lower[asked, statements][likely], float(ndtri((1 + level) / 2)))
    return NearMisses(
        near=frozen(near),
        group=frozen(np.where(near, group, NOBODY_DRAWN).astype(np.int64)),
        points=frozen(np.where(near, points, 0.0)),
        votes=frozen(votes),
    )


def _votes_needed(share: Floats, lower: Floats, reach: float) -> Floats:
    """Return how many further votes, as the group has voted so far, would bring the lower end to one half."""
    middle = np.log(share / (1 - share))
    doubt = (middle - np.log(lower / (1 - lower))) / reach
    wanted = middle / reach
    more = (1 / wanted**2 - 1 / doubt**2) / (share * (1 - share))
    return np.asarray(np.clip(np.ceil(more), 1, _MOST_VOTES).astype(np.int64))
