"""Which statement comes next by Polis's rule [small2021]_, to compare klal's own with: one priority a statement, the same for everybody."""

from __future__ import annotations

import numpy as np

from klal.core.arrays import Bools, Floats, frozen
from klal.core.results import OpinionMap, VoteTally

NEW_STATEMENT_PRIORITY = ((1 - 1 / 2) * 1 * (1 / 2) * (1 + 8)) ** 2
"""Priority of a statement nobody has voted on yet: the formula with no votes and no extremity."""

META_PRIORITY = 7.0**2
"""Priority of a statement about the conversation itself, whatever was voted."""


def find_extremity(opinion_map: OpinionMap) -> Floats:
    """Say how far out on the map somebody would stand who agreed with one statement and had said nothing else.

    Parameters
    ----------
    opinion_map : OpinionMap
        Axes of shape (m, 2) with columns of length 1, and the mean vote on each statement.

    Returns
    -------
    ndarray of float
        Shape (m,), >= 0: the distance from the centre, √m · (1 − mean vote) · length of the statement's weights on the axes. The √m is
        Polis's correction for one vote out of m: a typical weight on an axis of length 1 is 1/√m, so the typical distance is about 1
        however many statements there are. klal draws its own positions towards the centre where votes are few; this one is not,
        because it stands for the statement and not for a person.
    """
    m = len(opinion_map.centre)
    return frozen(np.sqrt(m) * (1 - opinion_map.centre) * np.hypot(opinion_map.axes[:, 0], opinion_map.axes[:, 1]))


def statement_priorities(tally: VoteTally, extremity: Floats, is_meta: Bools) -> Floats:
    """Weigh the statements for the draw of the next one.

    Parameters
    ----------
    tally : VoteTally
        Votes per statement, shape (m,).
    extremity : ndarray of float
        Shape (m,): from ``find_extremity``.
    is_meta : ndarray of bool
        Shape (m,): statements about the conversation itself.

    Returns
    -------
    ndarray of float
        Shape (m,), > 0: [(1 − P)(E + 1) A (1 + 8·2^(−S/5))]², P and A the smoothed shares of passes and agrees among S votes; statements
        many pass on come seldom, those that set people apart often, and new ones first of all. 49 for meta statements.
    """
    seen = tally.seen
    passes, agrees = (tally.passed + 1) / (seen + 2), (tally.agree + 1) / (seen + 2)
    novelty = 1 + 8 * 2.0 ** (-seen / 5)
    weights = ((1 - passes) * (extremity + 1) * agrees * novelty) ** 2
    return frozen(np.where(is_meta, META_PRIORITY, weights))
