"""What an earlier analysis says of today's votes: the same people and statements found again, whatever came or went."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Floats, frozen
from klal.core.bridging import Earlier
from klal.core.results import Analysis, Grouping
from klal.core.votes import VoteMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """Where the search begins.

    Attributes
    ----------
    axes : ndarray of float
        Shape (m, 2): the map's axes; 0 for new statements.
    model : Earlier
        The model, and where today's people and statements stood in it.
    grouping : Grouping
        The groups of today's n participants; −1 for new ones.
    """

    axes: Floats
    model: Earlier
    grouping: Grouping


def earlier_of(previous: Analysis | None, votes: VoteMatrix) -> Before | None:
    """Find today's people and statements in an earlier analysis.

    Parameters
    ----------
    previous : Analysis or None
        Of earlier votes.
    votes : VoteMatrix
        Today's, shape (n, m).

    Returns
    -------
    Before or None
        None if there is none, or nobody or no statement of it is left.
    """
    if previous is None:
        return None
    sides = ((previous.votes.participants, votes.participants), (previous.votes.statements, votes.statements))
    if any(old.ids.dtype.kind != new.ids.dtype.kind for old, new in sides):
        return None
    people, statements = (old.positions(new.ids) for old, new in sides)
    if not (people >= 0).any() or not (statements >= 0).any():
        return None
    axes = np.where((statements >= 0)[:, None], previous.opinion_map.axes[statements], 0.0)
    known, found = people >= 0, previous.grouping
    labels = np.where(known, found.labels[people], -1).astype(np.int32)
    membership = np.where(known[:, None], found.membership[people], 0.0)
    grouping = replace(found, labels=frozen(labels), membership=frozen(membership))
    return Before(axes, Earlier(previous.bridging, people, statements), grouping)
