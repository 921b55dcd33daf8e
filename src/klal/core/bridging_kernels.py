"""Compiled block functions of the bridging model.

Every vote tells each of its two sides something, given the other. What it is given is the other side *as it would be without this very
vote* (leave one out): otherwise the vote would confirm itself. Leaving one of many Gaussian pieces of evidence out again is a rank-one
change, in closed form. Covariances are lower triangles by rows: entries (0,0), (1,0), (1,1), (2,0), and so on. The loops are compiled
once for each number of factors, which is the length of the tuple ``side`` less one.
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
"""Posterior means, shape (q, 1 + k), and covariances, shape (q, (1 + k)(2 + k) / 2)."""

_FAST = {"reassoc", "contract", "nsz"}
"""Sums may be regrouped, always in the same way; nothing is assumed about infinities."""
_MOST_LEVERAGE = 0.98
"""A vote is never taken to make up more than this share of what is known of a side."""


@numba.njit(cache=True, nogil=True, inline="always")
def triangle(a: int, b: int) -> int:
    """Return where entry (a, b), b <= a, of a lower triangle lies."""
    return a * (a + 1) // 2 + b


@numba.njit(cache=True, nogil=True)
def vote_weight(second_moment: float) -> float:
    """Return the Pólya–Gamma weight of one vote: E[ω] at the second moment of its log-odds.

    Parameters
    ----------
    second_moment : float
        At least 0.

    Returns
    -------
    float
        In (0, 1/4].
    """
    root = np.sqrt(max(second_moment, 0.0))
    decay = np.exp(-root)
    return 0.25 if root < 1e-6 else (1 - decay) / ((1 + decay) * 2 * root)


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def message(half: float, own: Side, i: int, other: Side, j: int, side: Shape, left: Floats) -> tuple[float, float]:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Say what one vote tells one side, given the other as it would be without this vote.

    Parameters
    ----------
    half : float
        ½ for agree, −½ for disagree.
    own : tuple
        Means and covariances of the side that is told.
    i : int
        Whom of it.
    other : tuple
        Means and covariances of the other side.
    j : int
        Whom of it.
    side : tuple of int
        Of length 1 + k; the compiler unrolls by it.
    left : ndarray of float
        Shape (1 + k,): overwritten with what the vote is regressed on, 1 and the other side's factors without this vote.

    Returns
    -------
    weight, target : float
        The vote counts as ``weight`` observations of a value whose product with the weight, less the other side's intercept, is
        ``target``.
    """
    x, xx = own
    y, yy = other
    size = len(side)
    value = x[i, 0] + y[j, 0]
    for d in range(1, size):
        value += x[i, d] * y[j, d]
    spread, mine = 0.0, 0.0
    for a in range(size):
        xa, ya = (1.0, 1.0) if a == 0 else (x[i, a], y[j, a])
        pulled = 0.0
        for b in range(size):
            xb = 1.0 if b == 0 else x[i, b]
            pulled += xb * yy[j, triangle(a, b) if b <= a else triangle(b, a)]
        left[a] = pulled
        spread += xa * pulled
        for b in range(a + 1):
            yb = 1.0 if b == 0 else y[j, b]
            t = triangle(a, b)
            both = ya * yb + (yy[j, t] if b > 0 else 0.0)
            mine += xx[i, t] * both * (1.0 if a == b else 2.0)
    weight = vote_weight(value * value + spread + mine)
    rest = 1 - min(weight * spread, _MOST_LEVERAGE)
    step = (half - weight * value) / rest
    intercept = y[j, 0] - left[0] * step
    for a in range(1, size):
        left[a] = y[j, a] - left[a] * step
    left[0] = 1.0
    weight *= rest
    return weight, half * rest - weight * intercept


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def sweep_block(  # noqa: PLR0913 - compiled: plain arrays, one loop
    votes: Csr,
    statements: Side,
    side: Shape,
    moved: tuple[Floats, Floats],
    precision: Floats,
    block: tuple[int, int],
    people: Side,
    out: tuple[Floats, Floats],
) -> None:
    """Place the participants of a block, given the statements, and add up what they tell of the statements.

    Parameters
    ----------
    votes : tuple
        ``indptr``, ``columns``, ``codes`` of the vote matrix.
    statements : tuple
        Means (m, 1 + k) and covariances.
    side : tuple of int
        Of length 1 + k; the compiler unrolls by it.
    moved : tuple
        Middle (1 + k,) and turn (1 + k, 1 + k): people stand in coordinates from which ``turn @ (· - middle)`` leads to the statements'.
    precision : ndarray of float
        Shape (1 + k,): prior precision of people's parameters.
    block : tuple of int
        First participant, and the one after the last.
    people : tuple
        Means and covariances: overwritten for the block.
    out : tuple
        Sums per statement, shape (m, (1 + k)(4 + k) / 2): of what is told and of precisions; and sums over people who agreed or
        disagreed with anything, shape (1 + (1 + k)(4 + k) / 2,): their number, parameters and second moments. Added to; if both are
        empty, people are placed and nothing else.
    """
    indptr, columns, codes = votes
    x, xx = people
    size = len(side)
    entries = size * (size + 1) // 2
    left, told = np.empty(size), np.empty(size + entries)
    for i in range(block[0], block[1]):
        _move(moved, x[i], xx[i])
        told[:] = 0.0
        count = 0
        for k in range(indptr[i], indptr[i + 1]):
            if codes[k] == 2:
                continue
            weight, target = message(0.5 * (codes[k] - 2), people, i, statements, columns[k], side, left)
            for a in range(size):
                told[a] += target * left[a]
                for b in range(a + 1):
                    told[size + triangle(a, b)] += weight * left[a] * left[b]
            count += 1
        _solve(told, precision, x[i], xx[i])
        if len(out[1]) and count:
            _tell_statements(votes, statements, side, i, people, out[0], left)
            _add_person(x[i], xx[i], out[1])


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _tell_statements(votes: Csr, statements: Side, side: Shape, i: int, people: Side, sums: Floats, left: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Add what a participant tells of every statement they agreed or disagreed with."""
    indptr, columns, codes = votes
    size = len(side)
    for k in range(indptr[i], indptr[i + 1]):
        if codes[k] == 2:
            continue
        j = columns[k]
        weight, target = message(0.5 * (codes[k] - 2), statements, j, people, i, side, left)
        for a in range(size):
            sums[j, a] += target * left[a]
            for b in range(a + 1):
                sums[j, size + triangle(a, b)] += weight * left[a] * left[b]


@numba.njit(cache=True, nogil=True)
def _add_person(x: Floats, xx: Floats, sums: Floats) -> None:
    """Add a participant's number, parameters and second moments."""
    size = len(x)
    sums[0] += 1.0
    for a in range(size):
        sums[1 + a] += x[a]
        for b in range(a + 1):
            t = triangle(a, b)
            sums[1 + size + t] += x[a] * x[b] + xx[t]


@numba.njit(cache=True, nogil=True)
def _move(moved: tuple[Floats, Floats], x: Floats, xx: Floats) -> None:
    """Take a participant into the coordinates of the statements."""
    middle, turn = moved
    size = len(x)
    old, half = x - middle, np.zeros((size, size))
    for a in range(size):
        x[a] = 0.0
        for b in range(size):
            x[a] += turn[a, b] * old[b]
            for c in range(size):
                half[a, b] += turn[a, c] * xx[triangle(b, c) if c <= b else triangle(c, b)]
    for a in range(size):
        for b in range(a + 1):
            value = 0.0
            for c in range(size):
                value += half[a, c] * turn[b, c]
            xx[triangle(a, b)] = value


@numba.njit(cache=True, nogil=True)
def _solve(told: Floats, prior: Floats, out: Floats, out_cov: Floats) -> None:  # noqa: C901 - compiled: plain arrays, one loop
    """Invert the small precision matrix by Cholesky and write mean and covariance."""
    size = len(out)
    lower = np.zeros((size, size))
    for a in range(size):
        for b in range(a + 1):
            value = told[size + triangle(a, b)]
            if a == b:
                value += prior[a]
            for c in range(b):
                value -= lower[a, c] * lower[b, c]
            lower[a, b] = np.sqrt(value) if a == b else value / lower[b, b]
    inverse = np.zeros((size, size))  # of the Cholesky factor
    for a in range(size):
        inverse[a, a] = 1 / lower[a, a]
        for b in range(a):
            value = 0.0
            for c in range(b, a):
                value -= lower[a, c] * inverse[c, b]
            inverse[a, b] = value / lower[a, a]
    for a in range(size):
        for b in range(a + 1):
            value = 0.0
            for c in range(a, size):
                value += inverse[c, a] * inverse[c, b]
            out_cov[triangle(a, b)] = value
    for a in range(size):
        value = 0.0
        for b in range(size):
            value += (out_cov[triangle(a, b)] if b <= a else out_cov[triangle(b, a)]) * told[b]
        out[a] = value
