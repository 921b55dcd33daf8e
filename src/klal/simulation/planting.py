"""Opinions that change while a public votes: gifts planted where the truth is known, and what only looks like one.

What is planted is drawn anew for a few statements; who voted on what and when stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from klal.core.arrays import Floats, Ints, Labels, frozen
from klal.core.history import History
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.simulation.publics import Collected, Public

_OWN = 0.5
"""How far what is particular to a person still counts on a planted statement."""


class Course(StrEnum):
    """How opinion on a statement moves.

    ``gift``: one group holds it from the start, the others take it up. ``divisive``: one group holds it, the others never do. ``fashion``:
    everybody takes it up, and nobody held it at the start. ``fading``: the others held it and drop it. ``late_friends``: nobody changes,
    but of the other groups those who agree vote last.
    """

    GIFT = "gift"
    DIVISIVE = "divisive"
    FASHION = "fashion"
    FADING = "fading"
    LATE_FRIENDS = "late_friends"


@dataclass(frozen=True, slots=True, eq=False)
class Planted:
    """Votes with planted courses of opinion.

    Attributes
    ----------
    collected : Collected
        Votes of shape (n, m) and their history.
    statements, homes : ndarray of int64
        Shape (p,): where something was planted, and the true group that is its home.
    """

    collected: Collected
    statements: Ints
    homes: Ints


_SHARES: dict[Course, tuple[float, float, float, float]] = {
    Course.GIFT: (0.85, 0.85, 0.25, 0.8),
    Course.DIVISIVE: (0.85, 0.85, 0.25, 0.25),
    Course.FASHION: (0.25, 0.85, 0.25, 0.8),
    Course.FADING: (0.85, 0.85, 0.8, 0.25),
}
"""Share that agrees in the home at first and at last, and in the others at first and at last."""


def plant(public: Public, collected: Collected, course: Course, seed: int, *, statements: int = 6) -> Planted:
    """Plant a course of opinion on some statements.

    Parameters
    ----------
    public : Public
        Of n people in at least two groups.
    collected : Collected
        Its votes on m statements.
    course : Course
        What happens.
    seed : int
        Equal seeds give equal votes.
    statements : int
        How many; drawn among those written by participants and voted on by at least a few dozen.

    Returns
    -------
    Planted
        The author of each is a member of its home.
    """
    rng = np.random.default_rng([seed, 3])
    votes, history = collected.votes, collected.history
    rows, columns = votes.row_of_vote(), votes.columns.astype(np.int64)
    chosen = _choose(rng, columns, history, statements)
    homes = rng.choice(len(public.truth), len(chosen))
    codes, authors, times = votes.codes.copy(), history.authors.copy(), history.times.copy()
    for j, home in zip(chosen, homes, strict=True):
        members = np.flatnonzero(public.groups == home)
        authors[j] = rng.choice(members)
        on = np.flatnonzero(columns == j)
        on = on[np.argsort(times[on], kind="stable")]
        if course is Course.LATE_FRIENDS:
            times[on] = _late_friends(public.agreement[rows[on], j], public.groups[rows[on]], times[on])
            continue
        chance = _chance(public, rows[on], int(j), int(home), course)
        cast = np.where(rng.random(len(on)) < chance, AGREE, DISAGREE).astype(np.int8)
        codes[on] = np.where(codes[on] == PASS, PASS, cast)
    changed = VoteMatrix(votes.indptr, votes.columns, frozen(codes), votes.participants, votes.statements)
    told = History(frozen(times), frozen(authors), history.channels)
    return Planted(Collected(changed, told), frozen(chosen), frozen(homes))


def _choose(rng: np.random.Generator, columns: Ints, history: History, count: int) -> Ints:
    often = np.bincount(columns, minlength=len(history.authors)) >= 48
    able = np.flatnonzero(often & (history.authors >= 0))
    return np.sort(rng.choice(able, min(count, len(able)), replace=False))


def chance_at(public: Public, people: Ints, statement: int, home: int, way: Floats, *, course: Course = Course.GIFT) -> Floats:
    """Return the planted chance that people agree at given moments.

    Parameters
    ----------
    public : Public
        Of n people and m statements.
    people : ndarray of int64
        Shape (q,).
    statement, home : int
        What was planted, and its true group.
    way : ndarray of float
        Shape (q,), 0 … 1: how much of the change has happened when each is asked.
    course : Course
        Any but ``late_friends``.

    Returns
    -------
    ndarray of float
        Shape (q,); what is particular to a person goes on counting for half.
    """
    first, last, others_first, others_last = _SHARES[course]
    groups = public.groups[people]
    own = public.agreement[:, statement]
    base = np.log(own) - np.log1p(-own)
    middle = np.array([base[public.groups == g].mean() for g in range(len(public.truth))])
    at_home = groups == home
    start, end = np.where(at_home, _log_odds(first), _log_odds(others_first)), np.where(at_home, _log_odds(last), _log_odds(others_last))
    value = (1 - way) * start + way * end + _OWN * (base[people] - middle[groups])
    return np.asarray(1 / (1 + np.exp(-value)))


def _log_odds(share: float) -> float:
    return float(np.log(share / (1 - share)))


def _chance(public: Public, people: Ints, statement: int, home: int, course: Course) -> Floats:
    """Return the chance that each voter, in order of time, agrees; the home and the others change in the order of their own votes."""
    at_home = public.groups[people] == home
    way = np.empty(len(people))
    for those in (np.flatnonzero(at_home), np.flatnonzero(~at_home)):
        way[those] = np.linspace(0, 1, len(those))
    return chance_at(public, people, statement, home, way, course=course)


def _late_friends(agreement: Floats, groups: Labels, times: Ints) -> Ints:
    """Let those of each group who are likelier to agree vote later, in the same moments."""
    result = times.copy()
    for g in np.unique(groups):
        those = np.flatnonzero(groups == g)
        result[those[np.argsort(agreement[those], kind="stable")]] = np.sort(times[those])
    return result
