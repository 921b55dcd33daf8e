"""Polis's own choice of people, map and opinion groups, reproduced from the votes that stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from klal.core.arrays import Bools, Codes, Floats, Ints, Labels, frozen
from klal.core.polis_clusters import group_people
from klal.core.votes import SIGNED, VoteMatrix

FEWEST_PLACED = 15
"""Where fewer people have enough votes, Polis places the most active up to this number."""

_DENSE = 512
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PolisGrouping:
    """Map and opinion groups as Polis draws them.

    Attributes
    ----------
    positions : ndarray of float
        Shape (n, 2): position of every participant, (0, 0) without a vote.
    axes : ndarray of float
        Shape (m, 2): weight of each statement on each axis, columns of length 1 (or 0 where the votes vary along fewer axes); the
        largest weight of each axis is positive. Rejected statements weigh 0.
    centre : ndarray of float
        Shape (m,): mean vote on each statement, −1 … 1; 0 for rejected statements and those without a vote.
    explained : ndarray of float
        Shape (2,): share of the variance of all votes along each axis, 0 … 1.
    placed : ndarray of bool
        Shape (n,): who takes part in the groups.
    labels : ndarray of int32
        Shape (n,): group of each participant, 0 the largest (of equals the one whose first member comes first); −1 = not placed.
    n_groups : int
        Number of groups; 0 where nobody voted.
    silhouette : float
        Mean silhouette of the base clusters, −1 … 1; 0 where there is no more than one group.
    centres : ndarray of float
        Shape (g, 2): mean position of the members of each group.
    """

    positions: Floats
    axes: Floats
    centre: Floats
    explained: Floats
    placed: Bools
    labels: Labels
    n_groups: int
    silhouette: float
    centres: Floats


def polis_grouping(votes: VoteMatrix, *, rejected: Bools, min_votes: int = 7, max_groups: int = 5) -> PolisGrouping:
    """Place and group people the way Polis does [small2021]_.

    Parameters
    ----------
    votes : VoteMatrix
        Votes that stand, shape (n, m), on rejected statements too.
    rejected : ndarray of bool
        Shape (m,): statements whose votes Polis replaces by 0, the rejected and the meta statements.
    min_votes : int
        Votes needed to be placed, rejected statements included, or all statements where there are fewer.
    max_groups : int
        Most groups tried.

    Returns
    -------
    PolisGrouping
        Depends on the votes only; no draw is made.
    """
    counts = _count(votes.columns, votes.codes, votes.shape[1])
    voted = counts.sum(axis=1) > 0
    centre = np.where(rejected, 0.0, counts @ np.array([0.0, -1.0, 0.0, 1.0]) / np.maximum(counts.sum(axis=1), 1))
    residuals = np.where(rejected, 0.0, np.nan_to_num(SIGNED)[:, None] - centre)
    axes, explained = _principal_axes(votes, residuals, total=float((counts * residuals.T**2).sum()))
    raw = _project(votes.indptr, votes.columns, votes.codes, residuals, axes)
    before, after = _scaled(votes, raw, rejected & voted, n_voted=int(voted.sum()))
    placed = _placed(votes.votes_per_participant, min(min_votes, int(voted.sum())))
    return _grouped(before, after, placed, max_groups, _Map(axes, centre, explained))


@dataclass(frozen=True, slots=True, eq=False)
class _Map:
    axes: Floats
    centre: Floats
    explained: Floats


def _grouped(before: Floats, after: Floats, placed: Bools, max_groups: int, drawn: _Map) -> PolisGrouping:
    labels = np.full(len(after), -1, dtype=np.int32)
    n_groups, silhouette = 0, 0.0
    if placed.any():
        final = after[placed]
        groups = group_people(final if before is after else before[placed], final, max_groups=max_groups)
        labels[placed] = _by_size(groups.labels, groups.n_groups)
        n_groups, silhouette = groups.n_groups, groups.silhouette
    sizes = np.bincount(labels[placed], minlength=n_groups)
    sums = [np.bincount(labels[placed], weights=after[placed, axis], minlength=n_groups) for axis in (0, 1)]
    return PolisGrouping(
        positions=frozen(after),
        axes=frozen(drawn.axes),
        centre=frozen(drawn.centre),
        explained=frozen(drawn.explained),
        placed=frozen(placed),
        labels=frozen(labels),
        n_groups=n_groups,
        silhouette=silhouette,
        centres=frozen(np.stack(sums, axis=1) / sizes[:, None]),
    )


def _placed(votes_cast: Ints, enough: int) -> Bools:
    """Return who has enough votes, topped up to ``FEWEST_PLACED`` by the most active others, the first of equals first."""
    placed = (votes_cast >= enough) & (votes_cast > 0)
    missing = FEWEST_PLACED - int(placed.sum())
    if missing > 0:
        others = np.flatnonzero(~placed & (votes_cast > 0))
        placed[others[np.argsort(-votes_cast[others], kind="stable")[:missing]]] = True
    return placed


def _scaled(votes: VoteMatrix, raw: Floats, rejected: Bools, *, n_voted: int) -> tuple[Floats, Floats]:
    """Return positions before and after statements were rejected, pushed out from the centre by √(statements / own votes).

    A rejected statement is a column of zeros, which Polis counts as a vote of everybody.
    """
    cast = votes.votes_per_participant
    before = raw * np.sqrt(n_voted / np.maximum(cast, 1))[:, None]
    if not rejected.any():
        return before, before
    standing = _count_rows(votes.indptr, votes.columns, ~rejected)
    return before, raw * np.sqrt(n_voted / (standing + int(rejected.sum())))[:, None]


def _by_size(labels: Labels, n_groups: int) -> Labels:
    """Return labels renumbered, largest group first, of equals the one whose first member comes first."""
    sizes = np.bincount(labels, minlength=n_groups)
    first = np.unique(labels, return_index=True)[1]
    rank = np.empty(n_groups, dtype=np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(n_groups)
    return rank[labels]


def _principal_axes(votes: VoteMatrix, residuals: Floats, *, total: float) -> tuple[Floats, Floats]:
    """Return the two directions along which votes vary most, shape (m, 2), and the share of the variance along each, shape (2,)."""
    m = votes.shape[1]
    axes, shares = np.zeros((m, 2)), np.zeros(2)
    if total > 0:
        powers, directions = _leading(votes, residuals)
        for axis in range(min(2, len(powers))):
            if powers[axis] > _NEGLIGIBLE * total:
                shares[axis] = powers[axis] / total
                axes[:, axis] = directions[:, axis] * np.sign(directions[np.argmax(np.abs(directions[:, axis])), axis])
    return axes, shares


def _leading(votes: VoteMatrix, residuals: Floats) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues (up to two, descending) and eigenvectors of the products of statements' residuals.

    Blanks are filled with the statement's mean, so their residual is 0 and the matrix stays as sparse as the votes.
    """
    n, m = votes.shape
    if m <= _DENSE:
        powers, directions = np.linalg.eigh(_products(votes.indptr, votes.columns, votes.codes, residuals))
    elif n <= _DENSE:
        cells = sparse.csr_array((residuals[votes.codes, votes.columns], votes.columns.astype(np.int32), votes.indptr), shape=(n, m))
        powers, people = np.linalg.eigh((cells @ cells.T).toarray())
        directions = cells.T @ people[:, -2:]
        directions = directions / np.maximum(np.linalg.norm(directions, axis=0), np.finfo(np.float64).tiny)
    else:
        apply = LinearOperator(
            (m, m), matvec=lambda x: _apply(votes.indptr, votes.columns, votes.codes, residuals, x.ravel()), dtype=np.float64
        )
        powers, directions = eigsh(apply, k=2, v0=np.cos(np.arange(1.0, m + 1)))
    return powers[::-1][:2], directions[:, ::-1][:, :2]


@numba.njit(cache=True, nogil=True)
def _count(columns: NDArray[Any], codes: Codes, m: int) -> Ints:
    """Return votes per statement and code, shape (m, 4)."""
    counts = np.zeros((m, 4), np.int64)
    for k in range(len(codes)):
        counts[columns[k], codes[k]] += 1
    return counts


@numba.njit(cache=True, nogil=True)
def _count_rows(indptr: Ints, columns: NDArray[Any], keep: Bools) -> Ints:
    """Return votes per participant on the kept statements, shape (n,)."""
    counts = np.zeros(len(indptr) - 1, np.int64)
    for i in range(len(counts)):
        for k in range(indptr[i], indptr[i + 1]):
            counts[i] += keep[columns[k]]
    return counts


@numba.njit(cache=True, nogil=True)
def _project(indptr: Ints, columns: NDArray[Any], codes: Codes, residuals: Floats, axes: Floats) -> Floats:
    """Return the residuals of every participant along both axes, shape (n, 2)."""
    positions = np.zeros((len(indptr) - 1, 2))
    for i in range(len(positions)):
        for k in range(indptr[i], indptr[i + 1]):
            value = residuals[codes[k], columns[k]]
            positions[i, 0] += value * axes[columns[k], 0]
            positions[i, 1] += value * axes[columns[k], 1]
    return positions


@numba.njit(cache=True, nogil=True)
def _products(indptr: Ints, columns: NDArray[Any], codes: Codes, residuals: Floats) -> Floats:
    """Return the sums over participants of products of residuals, shape (m, m)."""
    m = residuals.shape[1]
    products = np.zeros((m, m))
    for i in range(len(indptr) - 1):
        for k in range(indptr[i], indptr[i + 1]):
            value = residuals[codes[k], columns[k]]
            for q in range(indptr[i], indptr[i + 1]):
                products[columns[k], columns[q]] += value * residuals[codes[q], columns[q]]
    return products


@numba.njit(cache=True, nogil=True)
def _apply(indptr: Ints, columns: NDArray[Any], codes: Codes, residuals: Floats, vector: Floats) -> Floats:
    """Return the products matrix times a vector, shape (m,), without forming it."""
    result = np.zeros(len(vector))
    for i in range(len(indptr) - 1):
        along = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            along += residuals[codes[k], columns[k]] * vector[columns[k]]
        for k in range(indptr[i], indptr[i + 1]):
            result[columns[k]] += along * residuals[codes[k], columns[k]]
    return result
