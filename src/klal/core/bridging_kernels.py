"""Compiled block functions of the bridging model.

The log-odds of a vote are the product of two vectors, ``(person's readiness, 1, factors)`` and ``(1, statement's appeal, factors)``.
So all that a vote needs of either side is the table of second moments of ``(1, intercept, factors)``: one dot product of two tables gives
the weight of the vote, and adding the other side's table as often as the weight says is the whole update. Symmetric tables and
covariances are kept as lower triangles by rows: entries (0,0), (1,0), (1,1), (2,0), and so on. The loops are compiled once for each
number of factors, which is the length of the tuple ``side`` less two.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats, Ints

Csr = tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
Shape = tuple[int, ...]
Side = tuple[Floats, Floats]
"""Posterior means, shape (q, 1 + k), and covariances, shape (q, (1 + k)(2 + k) / 2)."""

_FAST = {"reassoc", "contract", "nsz"}
"""Sums may be regrouped, always in the same way; nothing is assumed about infinities."""


@numba.njit(cache=True, nogil=True, inline="always")
def triangle(a: int, b: int) -> int:
    """Return where entry (a, b), b <= a, of a lower triangle lies."""
    return a * (a + 1) // 2 + b


@numba.njit(cache=True, nogil=True)
def pair_weight(second_moment: float) -> float:
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


@numba.njit(cache=True, nogil=True)
def write_moments(mean: Floats, cov: Floats, doubt: float, size: int, out: Floats) -> None:
    """Write the second moments of ``(1, mean)``.

    Parameters
    ----------
    mean : ndarray of float
        Shape (1 + k,).
    cov : ndarray of float
        Shape ((1 + k)(2 + k) / 2,): its covariance.
    doubt : float
        How much of the covariance counts, 0 … 1.
    size : int
        2 + k.
    out : ndarray of float
        Shape ((2 + k)(3 + k) / 2,): overwritten.
    """
    out[0] = 1.0
    for a in range(1, size):
        out[triangle(a, 0)] = mean[a - 1]
        for b in range(1, a + 1):
            out[triangle(a, b)] = mean[a - 1] * mean[b - 1] + doubt * cov[triangle(a - 1, b - 1)]


@numba.njit(cache=True, nogil=True)
def write_partner(moments: Floats, size: int, out: Floats) -> None:
    """Write a table whose dot product with the other side's moments is the second moment of the log-odds.

    Parameters
    ----------
    moments : ndarray of float
        Shape ((2 + k)(3 + k) / 2,): from ``write_moments``.
    size : int
        2 + k.
    out : ndarray of float
        The same shape: the places of 1 and intercept exchanged, entries off the diagonal doubled; overwritten.
    """
    for a in range(size):
        for b in range(a + 1):
            c, d = (1 - a if a < 2 else a), (1 - b if b < 2 else b)
            value = moments[triangle(c, d) if d <= c else triangle(d, c)]
            out[triangle(a, b)] = value if a == b else 2 * value


@numba.njit(cache=True, nogil=True)
def statement_tables(statements: Side, doubt: float, tables: tuple[Floats, Floats]) -> None:
    """Write what every vote on a statement needs of it.

    Parameters
    ----------
    statements : tuple
        Means and covariances.
    doubt : float
        How much of the covariances counts in ``added``.
    tables : tuple
        Partner tables and added moments, each of shape (m, (2 + k)(3 + k) / 2): overwritten.
    """
    mean, cov = statements
    size = mean.shape[1] + 1
    full = np.empty(tables[0].shape[1])
    for j in range(len(mean)):
        write_moments(mean[j], cov[j], 1.0, size, full)
        write_partner(full, size, tables[0][j])
        write_moments(mean[j], cov[j], doubt, size, tables[1][j])


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _collect(own: Floats, votes: Csr, i: int, tables: tuple[Floats, Floats], side: Shape, sums: Floats, linear: Floats) -> int:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Add up what a participant's votes say of them; return how many agree or disagree."""
    size = len(side)
    entries = size * (size + 1) // 2
    indptr, columns, codes = votes
    partner, added = tables
    count = 0
    for k in range(indptr[i], indptr[i + 1]):
        if codes[k] == 2:
            continue
        j = columns[k]
        second = 0.0
        for t in range(entries):
            second += own[t] * partner[j, t]
        weight, half = pair_weight(second), 0.5 * (codes[k] - 2)
        for t in range(entries):
            sums[t] += weight * added[j, t]
        for a in range(size):
            linear[a] += half * added[j, a * (a + 1) // 2]
        count += 1
    return count


@numba.njit(cache=True, nogil=True, fastmath=_FAST)
def _tell(own: Floats, given: Floats, votes: Csr, i: int, partner: Floats, side: Shape, out: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Add a participant's part to the sums of every statement they agreed or disagreed with."""
    size = len(side)
    entries = size * (size + 1) // 2
    indptr, columns, codes = votes
    for k in range(indptr[i], indptr[i + 1]):
        if codes[k] == 2:
            continue
        j = columns[k]
        second = 0.0
        for t in range(entries):
            second += own[t] * partner[j, t]
        weight, half = pair_weight(second), 0.5 * (codes[k] - 2)
        for t in range(entries):
            out[j, t] += weight * given[t]
        for a in range(size):
            out[j, entries + a] += half * given[a * (a + 1) // 2]


@numba.njit(cache=True, nogil=True)
def sweep_block(  # noqa: PLR0913 - compiled: plain arrays, one loop
    votes: Csr,
    before: Floats,
    tables: tuple[Floats, Floats],
    side: Shape,
    prior: tuple[Floats, float],
    block: tuple[int, int],
    people: Side,
    out: tuple[Floats, Floats],
) -> None:
    """Place the participants of a block, given the statements, and add up what they say of the statements.

    Parameters
    ----------
    votes : tuple
        ``indptr``, ``columns``, ``codes`` of the vote matrix.
    before : ndarray of float
        Shape (m, e), e = (2 + k)(3 + k) / 2: partner tables of the statements in the coordinates in which people stand now.
    tables : tuple
        From ``statement_tables``: the statements in the coordinates in which people will stand.
    side : tuple of int
        Of length 2 + k; the compiler unrolls by it.
    prior : tuple
        Prior precision of people's parameters, shape (1 + k,), and how much of their covariances counts.
    block : tuple of int
        First participant, and the one after the last.
    people : tuple
        Means and covariances: read for the weights, then overwritten for the block.
    out : tuple
        Sums per statement, shape (m, e + 2 + k), and the sum of people's moments, shape (e,), over those who agreed or disagreed
        with anything. Added to; if both are empty, people are placed and nothing else.
    """
    x, xx = people
    size = len(side)
    entries = size * (size + 1) // 2
    own, given, sums, linear = np.empty(entries), np.empty(entries), np.empty(entries), np.empty(size)
    for i in range(block[0], block[1]):
        write_moments(x[i], xx[i], 1.0, size, own)
        sums[:] = 0.0
        linear[:] = 0.0
        counted = _collect(own, votes, i, (before, tables[1]), side, sums, linear)
        _solve(sums, linear, prior[0], x[i], xx[i])
        if len(out[1]) and counted:
            write_moments(x[i], xx[i], 1.0, size, own)
            out[1][:] += own
            write_moments(x[i], xx[i], prior[1], size, given)
            _tell(own, given, votes, i, tables[0], side, out[0])


@numba.njit(cache=True, nogil=True)
def _solve(sums: Floats, linear: Floats, prior: Floats, out: Floats, out_cov: Floats) -> None:  # noqa: C901 - compiled: plain arrays, one loop
    """Invert the small precision matrix by Cholesky and write mean and covariance."""
    size = len(out)
    lower = np.zeros((size, size))
    right = np.empty(size)
    for a in range(size):
        p = 0 if a == 0 else a + 1  # the other side's features are (1, factors): its intercept is an offset
        right[a] = linear[p] - sums[triangle(p, 1) if p > 0 else triangle(1, 0)]
        for b in range(a + 1):
            value = sums[triangle(p, 0 if b == 0 else b + 1)]
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
            value += (out_cov[triangle(a, b)] if b <= a else out_cov[triangle(b, a)]) * right[b]
        out[a] = value


def blank(size: int, statements: int) -> tuple[Floats, Floats]:
    """Return sums for ``sweep_block`` to add to; none if there are no statements to sum for."""
    entries = size * (size + 1) // 2
    return np.zeros((statements, entries + size)), np.zeros(entries if statements else 0)


def counts_of(codes: NDArray[Any], columns: NDArray[Any], statements: int) -> Ints:
    """Return how many agree or disagree with each statement, shape (m,)."""
    return np.bincount(columns[codes != 2], minlength=statements)
