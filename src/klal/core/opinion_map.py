"""The opinion map: the two axes that separate people most, and where everybody stands on them.

The axes are the leading principal components of the votes, blanks filled with each statement's mean. Filled and centred, a blank is 0,
so the table stays sparse and is never built. A position is the posterior mean given the participant's own votes: with few votes it is
drawn towards the centre, and its uncertainty says how far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Bools, Codes, Floats, Ints, frozen
from klal.core.blocks import Block, row_blocks, run_blocks, sum_blocks
from klal.core.results import OpinionMap, VoteTally
from klal.core.settings import MapSettings
from klal.core.tally import tally_votes
from klal.core.votes import SIGNED, VoteMatrix

N_AXES = 2
_WIDTH = 4
"""Vectors iterated together: the two wanted and two more, which speed up the search."""
_EXACT = 48
"""Up to so many statements the whole cross-product table is small enough to be solved outright."""
_SAMPLE_ROWS = 100_000
_LEAST_PLACED = 15
_EM_ROWS = 20_000


def find_opinion_map(
    votes: VoteMatrix, *, settings: MapSettings | None = None, tally: VoteTally | None = None, near: Floats | None = None
) -> OpinionMap:
    """Find the two axes that separate people most and place everybody on them.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    settings : MapSettings, optional
        Votes needed to be placed, tolerance.
    tally : VoteTally, optional
        Votes per statement, if counted already.
    near : ndarray of float, optional
        Shape (m, 2): axes found before, where the search begins; what is found is the same up to the tolerance.

    Returns
    -------
    OpinionMap
        Positions of shape (n, 2) with their uncertainty, axes of shape (m, 2).
    """
    settings = settings or MapSettings()
    tally = tally or tally_votes(votes)
    centre = (tally.agree - tally.disagree) / np.maximum(tally.seen, 1)
    deviation = SIGNED[1:][None, :] - centre[:, None]
    total = float(np.sum(np.stack([tally.disagree, tally.passed, tally.agree], axis=1) * deviation**2))
    cells = np.concatenate([np.zeros((len(centre), 1)), deviation], axis=1)
    axes, variances = _find_axes(votes, cells, settings, near) if total > 0 else (np.zeros((len(centre), N_AXES)), np.zeros(N_AXES))
    axes = fix_signs(axes)
    statistics = _person_statistics(votes, cells, axes)
    noise, spread = _variance_components(statistics, votes.votes_per_participant, variances)
    positions, uncertainty = _posterior(statistics, noise, spread)
    return OpinionMap(
        noise=noise,
        positions=frozen(positions),
        uncertainty=frozen(uncertainty),
        axes=frozen(axes),
        centre=frozen(centre),
        explained=frozen(variances / total if total > 0 else variances),
        spread=frozen(np.sqrt(spread)),
        placed=frozen(who_is_placed(votes.votes_per_participant, votes.shape[1], settings.min_votes)),
    )


def place(votes: VoteMatrix, opinion_map: OpinionMap) -> tuple[Floats, Floats]:
    """Place participants on a map that was found before: newcomers, or the same people with more votes.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m), of the map's m statements.
    opinion_map : OpinionMap
        The map.

    Returns
    -------
    positions, uncertainty : ndarray of float
        Shape (n, 2) and (n, 3), as in ``OpinionMap``.
    """
    deviation = SIGNED[1:][None, :] - opinion_map.centre[:, None]
    cells = np.concatenate([np.zeros((len(deviation), 1)), deviation], axis=1)
    return _posterior(_person_statistics(votes, cells, opinion_map.axes), opinion_map.noise, opinion_map.spread**2)


def who_is_placed(votes_cast: Ints, n_statements: int, min_votes: int) -> Bools:
    """Say who cast enough votes to be placed on the map.

    Parameters
    ----------
    votes_cast : ndarray of int64
        Shape (n,).
    n_statements : int
        Number of statements; where there are fewer than ``min_votes``, all of them are needed.
    min_votes : int
        Votes needed.

    Returns
    -------
    ndarray of bool
        Shape (n,). If fewer than fifteen qualify, the fifteen most active are taken, and whoever ties with the last of them.
    """
    placed = votes_cast >= max(min(min_votes, n_statements), 1)
    if placed.sum() < _LEAST_PLACED and len(votes_cast):
        bar = np.sort(votes_cast)[::-1][min(_LEAST_PLACED, len(votes_cast)) - 1]
        placed = votes_cast >= max(int(bar), 1)
    return placed


def fix_signs(axes: Floats) -> Floats:
    """Turn each axis so that its largest weight is positive; of equal weights the first statement decides.

    Parameters
    ----------
    axes : ndarray of float
        Shape (m, d).

    Returns
    -------
    ndarray of float
        The same axes, some mirrored.
    """
    if not len(axes):
        return axes
    # rounding, so that two weights equal but for the last bits do not make the sign a matter of chance
    largest = np.argmax(np.round(np.abs(axes), 9), axis=0)
    return axes * np.where(axes[largest, np.arange(axes.shape[1])] < 0, -1.0, 1.0)


def leading_directions(votes: VoteMatrix, cells: Floats, near: Floats, *, passes: int = 8) -> tuple[Floats, Floats]:
    """Return four directions along which a table of votes varies most, roughly: something to start from.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    cells : ndarray of float
        Shape (m, 4): value of each code on each statement, centred; 0 stands for nothing.
    near : ndarray of float
        Shape (m, 2): two directions to begin with.
    passes : int
        Passes over the votes.

    Returns
    -------
    values, directions : ndarray of float
        Shapes (4,) and (m, 4): sum of squares along each, descending, and the directions, of length 1; zeros where there are fewer.
    """
    m = votes.shape[1]
    values, directions = np.zeros(_WIDTH), np.zeros((m, _WIDTH))
    if m <= _EXACT:
        table = _whole_cross_product(votes, cells, row_blocks(votes.indptr))
        found, vectors = np.linalg.eigh(table)
        kept = min(_WIDTH, m)
        values[:kept], directions[:, :kept] = found[::-1][:kept], vectors[:, ::-1][:, :kept]
        return values, directions
    blocks = _spread_rows(votes.shape[0], _SAMPLE_ROWS) if votes.shape[0] > 3 * _SAMPLE_ROWS else row_blocks(votes.indptr)

    def apply(vectors: Floats) -> Floats:
        return _cross_product(votes, cells, vectors, blocks)

    # the statements that vary most, whatever their order, so that other names do not mean another start
    varied = np.argsort(-_squares(votes, cells), kind="stable")[: _WIDTH - N_AXES]
    first = np.concatenate([near, np.eye(m)[:, varied]], axis=1)
    return _iterate(apply, apply(first), 1e-6, passes)


def _find_axes(votes: VoteMatrix, cells: Floats, settings: MapSettings, near: Floats | None) -> tuple[Floats, Floats]:
    """Return the leading axes, shape (m, 2), and the variance (sum of squares) along each."""
    m = votes.shape[1]
    blocks = row_blocks(votes.indptr)

    def apply(vectors: Floats) -> Floats:
        return _cross_product(votes, cells, vectors, blocks)

    if m <= _EXACT:
        return _leading(*np.linalg.eigh(_whole_cross_product(votes, cells, blocks)))
    start = np.random.default_rng(m).standard_normal((m, _WIDTH))  # any start leads to the same axes; a fixed one to the same bits
    if near is not None:
        start[:, :N_AXES] = near + 1e-9 * start[:, :N_AXES]  # so that an axis of zeros is still a direction
    elif votes.shape[0] > 3 * _SAMPLE_ROWS:
        sample = _spread_rows(votes.shape[0], _SAMPLE_ROWS)

        def apply_sample(vectors: Floats) -> Floats:
            return _cross_product(votes, cells, vectors, sample)

        start = _iterate(apply_sample, start, 1e-3, settings.max_passes)[1]
    values, vectors = _iterate(apply, start, settings.tolerance, settings.max_passes)
    return _leading(values[::-1], vectors[:, ::-1])


def _iterate(apply: Callable[[Floats], Floats], start: Floats, tolerance: float, max_passes: int) -> tuple[Floats, Floats]:
    """Find leading eigenvectors by a restarted block Krylov search; return values (descending) and vectors."""
    block, _ = np.linalg.qr(start)
    basis, images = block, apply(block)
    for _ in range(max_passes):
        small = basis.T @ images
        values, turn = np.linalg.eigh((small + small.T) / 2)
        values, turn = values[::-1][:_WIDTH], turn[:, ::-1][:, :_WIDTH]
        vectors, vector_images = basis @ turn, images @ turn
        residual = vector_images - vectors * values
        if np.linalg.norm(residual[:, :N_AXES], axis=0).max() <= tolerance * max(values[0], 1e-300):
            break
        if basis.shape[1] >= 4 * _WIDTH:
            basis, images = vectors, vector_images
        for _ in range(2):  # twice is enough for orthogonality to the last bit
            residual = residual - basis @ (basis.T @ residual)
        block, _ = np.linalg.qr(residual)
        block = block - basis @ (basis.T @ block)
        basis, images = np.concatenate([basis, block], axis=1), np.concatenate([images, apply(block)], axis=1)
    return values, vectors


def _leading(values: Floats, vectors: Floats) -> tuple[Floats, Floats]:
    """Take the last columns of an ascending decomposition; axes that carry nothing become 0."""
    axes, variances = np.zeros((len(vectors), N_AXES)), np.zeros(N_AXES)
    for k in range(min(N_AXES, len(values))):
        if values[-1 - k] > 1e-9 * max(values[-1], 1e-300):
            axes[:, k], variances[k] = vectors[:, -1 - k], values[-1 - k]
    return axes, variances


def _pad(vectors: Floats) -> Floats:
    return np.concatenate([vectors, np.zeros((len(vectors), _WIDTH - vectors.shape[1]))], axis=1)


def _spread_rows(n: int, wanted: int) -> tuple[Block, ...]:
    """Return 256 short runs of participants, evenly spread, as blocks."""
    runs, length = 256, wanted // 256
    return tuple((int(a), int(a) + length) for a in np.linspace(0, n - length, runs))


def _whole_cross_product(votes: VoteMatrix, cells: Floats, blocks: tuple[Block, ...]) -> Floats:
    """Return XᵀX for the centred table X, shape (m, m)."""
    m = len(cells)
    identity = np.eye(m)
    pieces = [_cross_product(votes, cells, _pad(identity[:, k : k + _WIDTH]), blocks)[:, : min(_WIDTH, m - k)] for k in range(0, m, _WIDTH)]
    return np.concatenate(pieces, axis=1) if pieces else np.zeros((0, 0))


def _squares(votes: VoteMatrix, cells: Floats) -> Floats:
    """Return the sum of squares of each statement, shape (m,)."""
    return np.asarray(np.bincount(votes.columns, weights=cells[votes.columns, votes.codes] ** 2, minlength=len(cells)), dtype=np.float64)


def _cross_product(votes: VoteMatrix, cells: Floats, vectors: Floats, blocks: tuple[Block, ...]) -> Floats:
    """Return XᵀX·vectors for the centred table X, shape (m, 4), in one pass over the votes."""
    m = len(cells)
    table = (cells[:, :, None] * vectors[:, None, :]).reshape(4 * m, _WIDTH)

    def work(first: int, last: int) -> Floats:
        sums = np.zeros((4 * m, _WIDTH))
        _cross_product_block(votes.indptr, votes.columns, votes.codes, table, first, last, sums)
        return sums

    sums: Floats = sum_blocks(work, blocks).reshape(m, 4, _WIDTH)
    return np.asarray(np.einsum("jc,jck->jk", cells, sums))


@numba.njit(cache=True, nogil=True)
def _cross_product_block(indptr: Ints, columns: NDArray[Any], codes: Codes, table: Floats, first: int, last: int, sums: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    for i in range(first, last):
        a, b, c, d = 0.0, 0.0, 0.0, 0.0
        for k in range(indptr[i], indptr[i + 1]):
            cell = 4 * columns[k] + codes[k]
            a += table[cell, 0]
            b += table[cell, 1]
            c += table[cell, 2]
            d += table[cell, 3]
        for k in range(indptr[i], indptr[i + 1]):
            cell = 4 * columns[k] + codes[k]
            sums[cell, 0] += a
            sums[cell, 1] += b
            sums[cell, 2] += c
            sums[cell, 3] += d


def _person_statistics(votes: VoteMatrix, cells: Floats, axes: Floats) -> Floats:
    """Return per participant what their votes say, shape (n, 6): Σ w w' (three numbers), Σ w·deviation (two), Σ deviation²."""
    statistics = np.empty((votes.shape[0], 6))
    weights = np.ascontiguousarray(axes)

    def work(first: int, last: int) -> None:
        _person_statistics_block(votes.indptr, votes.columns, votes.codes, cells, weights, first, last, statistics)

    for _ in run_blocks(work, row_blocks(votes.indptr)):
        pass
    return statistics


@numba.njit(cache=True, nogil=True)
def _person_statistics_block(  # noqa: PLR0913 - compiled: plain arrays, one loop
    indptr: Ints, columns: NDArray[Any], codes: Codes, cells: Floats, axes: Floats, first: int, last: int, out: Floats
) -> None:
    for i in range(first, last):
        xx, xy, yy, px, py, square = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(indptr[i], indptr[i + 1]):
            j = columns[k]
            u, v, r = axes[j, 0], axes[j, 1], cells[j, codes[k]]
            xx += u * u
            xy += u * v
            yy += v * v
            px += u * r
            py += v * r
            square += r * r
        out[i, 0] = xx
        out[i, 1] = xy
        out[i, 2] = yy
        out[i, 3] = px
        out[i, 4] = py
        out[i, 5] = square


def _variance_components(statistics: Floats, votes_cast: Ints, variances: Floats) -> tuple[float, Floats]:
    """Estimate, by expectation–maximisation, the noise of a vote and the variance of true positions along each axis, shape (2,)."""
    voted = votes_cast > 0
    spread = variances / max(int(voted.sum()), 1)
    if not spread[0] > 0:
        return 1.0, spread
    step = max(int(voted.sum()) // _EM_ROWS, 1)
    rows, counts = statistics[voted][::step], votes_cast[voted][::step].astype(np.float64)
    noise = float(rows[:, 5].sum() / counts.sum())
    for _ in range(50):
        before = np.array([noise, *spread])
        x, cov = _posterior(rows, noise, spread)
        spread = np.mean(x**2 + cov[:, [0, 2]], axis=0)
        fit = x[:, 0] * rows[:, 3] + x[:, 1] * rows[:, 4]
        xx, xy, yy = x[:, 0] ** 2 + cov[:, 0], x[:, 0] * x[:, 1] + cov[:, 1], x[:, 1] ** 2 + cov[:, 2]
        left = rows[:, 5] - 2 * fit + xx * rows[:, 0] + 2 * xy * rows[:, 1] + yy * rows[:, 2]
        noise = max(float(left.sum() / counts.sum()), 1e-3)
        if np.abs(np.array([noise, *spread]) - before).max() <= 1e-6 * before.max():
            break
    return noise, spread


def _posterior(statistics: Floats, noise: float, spread: Floats) -> tuple[Floats, Floats]:
    """Return posterior means, shape (n, 2), and covariances (xx, xy, yy), shape (n, 3), of positions."""
    prior = 1 / np.maximum(spread, 1e-12)
    a, b, c = statistics[:, 0] / noise + prior[0], statistics[:, 1] / noise, statistics[:, 2] / noise + prior[1]
    det = a * c - b * b
    cov = np.stack([c / det, -b / det, a / det], axis=1)
    p, q = statistics[:, 3] / noise, statistics[:, 4] / noise
    return np.stack([cov[:, 0] * p + cov[:, 1] * q, cov[:, 1] * p + cov[:, 2] * q], axis=1), cov
