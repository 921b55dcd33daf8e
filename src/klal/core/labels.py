"""Comparing two ways of dividing the same people."""

from __future__ import annotations

import numpy as np

from klal.core.arrays import Ints, Labels


def adjusted_rand(a: Ints | Labels, b: Ints | Labels) -> float:
    """Return the adjusted Rand index of two divisions: 1 the same, about 0 what chance would give.

    Parameters
    ----------
    a, b : ndarray of int
        Shape (n,): labels >= 0; only who is together with whom matters.

    Returns
    -------
    float
        At most 1; 1 too where both put everybody together or everybody alone [hubert1985]_.
    """
    table = np.zeros((int(a.max(initial=0)) + 1, int(b.max(initial=0)) + 1))
    np.add.at(table, (a, b), 1)
    together = _pairs(table).sum()
    pairs_a, pairs_b = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    expected = pairs_a * pairs_b / max(_pairs(np.array(float(len(a)))), 1.0)
    most = (pairs_a + pairs_b) / 2
    return float((together - expected) / (most - expected)) if most > expected else 1.0


def _pairs(count: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return count * (count - 1) / 2
