"""Polis's own choice of people, map and opinion groups, reproduced from the votes that stand.

What is reproduced: everybody's votes make the map, those of rejected statements replaced by 0; people with enough votes are placed, pushed
out from the centre the more the fewer votes they cast; a hundred base clusters of people are formed, and groups of those. What cannot
be: Polis's server starts every calculation from the one before (see ``klal.core.polis_clusters`` for what is done instead).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Bools, Codes, Floats, Ints, Labels, frozen
from klal.core.opinion_map import find_opinion_map
from klal.core.polis_clusters import Groups, group_people
from klal.core.settings import MapSettings
from klal.core.tally import tally_votes
from klal.core.votes import SIGNED, VoteMatrix

FEWEST_PLACED = 15
"""Where fewer people have enough votes, Polis places the most active up to this number."""

_EXACT = MapSettings(tolerance=1e-9, max_passes=1000)
"""k-means may tip over on the last digits of a position, so the axes are found to more of them than the eye needs."""


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
    standing = votes.select(~rejected)
    own_map = find_opinion_map(standing, settings=_EXACT)  # a column of zeros says nothing, so it may as well be left out
    voted = tally_votes(votes).seen > 0
    raw = _project(standing.indptr, standing.columns, standing.codes, SIGNED[:, None] - own_map.centre, own_map.axes)
    n_voted, n_rejected = int(voted.sum()), int((voted & rejected).sum())
    before = _scaled(raw, votes.votes_per_participant, n_voted)
    after = _scaled(raw, standing.votes_per_participant + n_rejected, n_voted)  # a column of zeros counts as a vote of everybody
    placed = _placed(votes.votes_per_participant, min(min_votes, n_voted))
    groups = _relabelled(group_people(before[placed], after[placed], max_groups=max_groups))
    labels = np.full(len(placed), -1, dtype=np.int32)
    labels[placed] = groups.labels
    axes, centre = np.zeros((len(rejected), 2)), np.zeros(len(rejected))
    axes[~rejected], centre[~rejected] = own_map.axes, own_map.centre
    return PolisGrouping(
        positions=frozen(after),
        axes=frozen(axes),
        centre=frozen(centre),
        explained=own_map.explained,
        placed=frozen(placed),
        labels=frozen(labels),
        n_groups=groups.n_groups,
        silhouette=groups.silhouette,
        centres=frozen(_centres(after[placed], groups)),
    )


def _placed(votes_cast: Ints, enough: int) -> Bools:
    """Return who has enough votes, topped up to ``FEWEST_PLACED`` by the most active others, the first of equals first."""
    placed = (votes_cast >= enough) & (votes_cast > 0)
    missing = FEWEST_PLACED - int(placed.sum())
    if missing > 0:
        others = np.flatnonzero(~placed & (votes_cast > 0))
        placed[others[np.argsort(-votes_cast[others], kind="stable")[:missing]]] = True
    return placed


def _scaled(raw: Floats, votes_cast: Ints, n_voted: int) -> Floats:
    """Push people out from the centre by √(statements / own votes), so that few votes do not mean the middle."""
    return raw * np.sqrt(n_voted / np.maximum(votes_cast, 1))[:, None]


def _relabelled(groups: Groups) -> Groups:
    """Return the groups renumbered, largest first, of equals the one whose first member comes first."""
    sizes = np.bincount(groups.labels, minlength=groups.n_groups)
    first = np.unique(groups.labels, return_index=True)[1]
    rank = np.empty(groups.n_groups, dtype=np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(groups.n_groups)
    return Groups(rank[groups.labels], groups.n_groups, groups.silhouette)


def _centres(positions: Floats, groups: Groups) -> Floats:
    sums = [np.bincount(groups.labels, weights=axis, minlength=groups.n_groups) for axis in positions.T]
    return np.stack(sums, axis=1) / np.bincount(groups.labels, minlength=groups.n_groups)[:, None]


@numba.njit(cache=True, nogil=True)
def _project(indptr: Ints, columns: NDArray[Any], codes: Codes, residuals: Floats, axes: Floats) -> Floats:
    """Return every participant's votes less the statements' means, along both axes, shape (n, 2)."""
    positions = np.zeros((len(indptr) - 1, 2))
    for i in range(len(positions)):
        for k in range(indptr[i], indptr[i + 1]):
            value = residuals[codes[k], columns[k]]
            positions[i, 0] += value * axes[columns[k], 0]
            positions[i, 1] += value * axes[columns[k], 1]
    return positions
