"""Which statements set a group apart, by Polis's formulas [small2021]_."""

from __future__ import annotations

import numpy as np

from klal.core.arrays import Floats, Ints, frozen
from klal.core.results import Representativeness, VoteTally

_SIGNIFICANT = 1.2816
"""z at 90 %, one-sided."""
_MOST = 5


def find_representative(group_tally: VoteTally) -> Representativeness:
    """Find up to five statements for each group whose answer sets it apart from everybody else.

    Parameters
    ----------
    group_tally : VoteTally
        Counts of shape (g, m).

    Returns
    -------
    Representativeness
        Ratios and tests of shape (2, g, m): agree, then disagree. With one group nothing is set apart and nothing is chosen.
    """
    seen = group_tally.seen
    answers = np.stack([group_tally.agree, group_tally.disagree])
    rest_seen, rest_answers = seen.sum(axis=0) - seen, answers.sum(axis=1, keepdims=True) - answers
    ratio = _smoothed(answers, seen) / _smoothed(rest_answers, rest_seen)
    ratio_z, share_z = _two_proportion_z(answers, rest_answers, seen, rest_seen), _one_proportion_z(answers, seen)
    # z below 0 counts as 0: two negative ones must not multiply to a strength; and nobody is represented by an answer none of them gave
    strength = ratio * np.maximum(ratio_z, 0) * _smoothed(answers, seen) * np.maximum(share_z, 0) * (answers > 0)
    groups = range(len(seen)) if len(seen) > 1 else range(0)
    chosen = tuple(_choose(strength[:, g], ratio_z[:, g], share_z[:, g]) for g in groups) or ((),) * len(seen)
    return Representativeness(frozen(ratio), frozen(ratio_z), frozen(share_z), chosen)


def group_informed_consensus(group_tally: VoteTally) -> Floats:
    """Say how far all groups together agree with each statement.

    Parameters
    ----------
    group_tally : VoteTally
        Counts of shape (g, m).

    Returns
    -------
    ndarray of float
        Shape (m,), in (0, 1): product over groups of the smoothed share of agrees among all votes seen [small2021]_.
    """
    return np.asarray(np.prod(_smoothed(group_tally.agree, group_tally.seen), axis=0))


def _smoothed(successes: Ints, trials: Ints) -> Floats:
    return np.asarray((successes + 1) / (trials + 2))


def _one_proportion_z(successes: Ints, trials: Ints) -> Floats:
    """Return z of a share against one half."""
    return np.asarray(2 * np.sqrt(trials + 1) * ((successes + 1) / (trials + 1) - 0.5))


def _two_proportion_z(successes: Ints, rest_successes: Ints, trials: Ints, rest_trials: Ints) -> Floats:
    """Return z of the difference between two shares; 0 where everybody gave the same answer."""
    one, other = successes + 1, rest_successes + 1
    n_one, n_other = trials + 1, rest_trials + 1
    pooled = (one + other) / (n_one + n_other)
    variance = np.maximum(pooled * (1 - pooled), 0) * (1 / n_one + 1 / n_other)
    difference = one / n_one - other / n_other
    return np.asarray(np.where(variance > 0, difference / np.sqrt(np.where(variance > 0, variance, 1)), 0.0))


def _choose(strength: Floats, ratio_z: Floats, share_z: Floats) -> tuple[tuple[int, int], ...]:
    """Choose up to five (statement, direction) of one group, each statement once; the best there is if none is significant."""
    direction = np.where(strength[1] > strength[0], 1, 0)
    statements = np.arange(strength.shape[1])
    best = strength[direction, statements]
    significant = (ratio_z[direction, statements] > _SIGNIFICANT) & (share_z[direction, statements] > _SIGNIFICANT)
    order = np.lexsort((statements, -best))
    chosen = [j for j in order if significant[j]][:_MOST] or [j for j in order[:1] if best[j] > 0]
    return tuple((int(j), int(direction[j])) for j in sorted(chosen, key=lambda j: direction[j]))
