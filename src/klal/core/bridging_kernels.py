"""Compiled block functions of the bridging model. Covariances are lower triangles by rows.

The entries of a triangle follow each other as (0,0), (1,0), (1,1), (2,0), and so on.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats

Csr = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Shape = tuple[int, ...]
Side = tuple[Floats, Floats]
"""Posterior means, shape (q, k), and covariances, shape (q, k(k+1)/2)."""


@numba.njit(cache=True, nogil=True, inline="always")
def triangle(a: int, b: int) -> int:
    """Return where entry (a, b), b <= a, of a lower triangle lies."""
    return a * (a + 1) // 2 + b


@numba.njit(cache=True, nogil=True)
def bound_weight(mean: float, side: Shape, x: Floats, xx: Floats, i: int, y: Floats, yy: Floats, j: int) -> float:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Return the Pólya–Gamma weight of one vote: E[ω] at the second moment of its log-odds.

    Parameters
    ----------
    mean : float
        Overall log-odds.
    side : tuple of int
        Of length k; the compiler unrolls by it.
    x, y : ndarray of float
        Shape (·, k): posterior means of people and statements.
    xx, yy : ndarray of float
        Shape (·, k(k+1)/2): their covariances.
    i, j : int
        The person and the statement.

    Returns
    -------
    float
        In (0, 1/4].
    """
    value = mean + x[i, 0] + y[j, 0]
    for d in range(1, len(side)):
        value += x[i, d] * y[j, d]
    second = value * value
    for a in range(len(side)):
        xa, ya = (1.0, 1.0) if a == 0 else (x[i, a], y[j, a])
        for b in range(a + 1):
            xb, yb = (1.0, 1.0) if b == 0 else (x[i, b], y[j, b])
            t = triangle(a, b)
            term = ya * yb * xx[i, t] + xa * xb * yy[j, t]
            if b > 0:
                term += xx[i, t] * yy[j, t]
            second += term if a == b else 2 * term
    root = np.sqrt(second)
    decay = np.exp(-root)
    return 0.25 if root < 1e-6 else (1 - decay) / ((1 + decay) * 2 * root)


@numba.njit(cache=True, nogil=True)
def _add_vote(weight: float, half: float, mean: float, side: Shape, y: Floats, yy: Floats, j: int, sums: Floats, row: int) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Add one vote to the linear sums (k) and precision sums (lower triangle) of the other side."""
    k = len(side)
    offset = mean + y[j, 0]
    sums[row, 0] += half - weight * offset
    for a in range(1, k):
        sums[row, a] += half * y[j, a] - weight * (offset * y[j, a] + yy[j, triangle(a, 0)])
    sums[row, k] += weight
    for a in range(1, k):
        sums[row, k + triangle(a, 0)] += weight * y[j, a]
        for b in range(1, a + 1):
            sums[row, k + triangle(a, b)] += weight * (y[j, a] * y[j, b] + yy[j, triangle(a, b)])


@numba.njit(cache=True, nogil=True)
def solve_people(votes: Csr, statements: Side, side: Shape, priors: tuple[float, Floats], block: tuple[int, int], people: Side) -> None:
    """Write the posterior of the participants of a block, given the statements.

    Parameters
    ----------
    votes : tuple
        ``indptr``, ``columns``, ``codes`` of the vote matrix.
    statements : tuple
        Means (m, k) and covariances (m, k(k+1)/2).
    side : tuple of int
        Of length k.
    priors : tuple
        Overall log-odds, and the prior precision of people, shape (k,).
    block : tuple of int
        First participant, and the one after the last.
    people : tuple
        Means (n, k) and covariances (n, k(k+1)/2): read for the bound, then overwritten for the block.
    """
    indptr, columns, codes = votes
    y, yy = statements
    x, xx = people
    mean, precision = priors
    size = len(side)
    sums = np.empty((1, size + size * (size + 1) // 2))
    for i in range(block[0], block[1]):
        sums[:] = 0.0
        for d in range(size):
            sums[0, size + triangle(d, d)] = precision[d]
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            j = columns[k]
            weight = bound_weight(mean, side, x, xx, i, y, yy, j)
            _add_vote(weight, 0.5 * (codes[k] - 2), mean, side, y, yy, j, sums, 0)
        _solve(sums[0], size, x[i], xx[i])


@numba.njit(cache=True, nogil=True)
def add_statement_sums(votes: Csr, statements: Side, side: Shape, mean: float, block: tuple[int, int], people: Side, sums: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Add what the participants of a block say about every statement.

    Parameters
    ----------
    votes : tuple
        ``indptr``, ``columns``, ``codes`` of the vote matrix.
    statements, people : tuple
        Means and covariances of both sides.
    side : tuple of int
        Of length k.
    mean : float
        Overall log-odds.
    block : tuple of int
        First participant, and the one after the last.
    sums : ndarray of float
        Shape (m, k + k(k+1)/2): linear sums and precision sums, added to.
    """
    indptr, columns, codes = votes
    y, yy = statements
    x, xx = people
    for i in range(block[0], block[1]):
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            j = columns[k]
            weight = bound_weight(mean, side, x, xx, i, y, yy, j)
            _add_vote(weight, 0.5 * (codes[k] - 2), mean, side, x, xx, i, sums, j)


@numba.njit(cache=True, nogil=True)
def _solve(sums: Floats, side: int, out: Floats, out_cov: Floats) -> None:  # noqa: C901 - compiled: plain arrays, one loop
    """Invert the small precision matrix by Cholesky and write mean and covariance."""
    lower = np.zeros((side, side))
    for a in range(side):
        for b in range(a + 1):
            value = sums[side + triangle(a, b)]
            for c in range(b):
                value -= lower[a, c] * lower[b, c]
            lower[a, b] = np.sqrt(value) if a == b else value / lower[b, b]
    inverse = np.zeros((side, side))  # of the Cholesky factor
    for a in range(side):
        inverse[a, a] = 1 / lower[a, a]
        for b in range(a):
            value = 0.0
            for c in range(b, a):
                value -= lower[a, c] * inverse[c, b]
            inverse[a, b] = value / lower[a, a]
    for a in range(side):
        for b in range(a + 1):
            value = 0.0
            for c in range(a, side):
                value += inverse[c, a] * inverse[c, b]
            out_cov[triangle(a, b)] = value
    for a in range(side):
        value = 0.0
        for b in range(side):
            value += (out_cov[triangle(a, b)] if b <= a else out_cov[triangle(b, a)]) * sums[b]
        out[a] = value
