"""Gifts: statements that began within one group and were taken up by the others, and what each group alone brings.

A gift is read from the votes in the order in which they came. How far each group agreed at the start and agrees now is estimated for the
whole group, not for those who happened to vote early or late: what the bridging model expects of each voter is taken out first. A gift
stands only if the rise among the others survives a test that allows for all the statements looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy.special import ndtr

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.bridging import expected_agreement
from klal.core.history import UNKNOWN, History
from klal.core.results import Bridging, CommonGround, Grouping
from klal.core.rises import HALF, Estimate, Rises, Trend, fit_trend, rise_scores, timed_votes
from klal.core.votes import VoteMatrix
from klal.domain.privacy import MIN_CELL

_FALSE_SHARE = 0.1
"""Share of rises that may be chance; where nothing rises it is the chance that any is found (Benjamini–Hochberg)."""
_ONE_SIDED = 1.6449
"""z at 95 %, one-sided: the ends of a 90 % interval."""
_FEWEST_OTHERS = 10
_REJECTED = 0.3
"""Whoever agrees with no more than this over all votes has not taken it up, however the last of them voted."""
_MOST_MEMBERS = 2000
_ENOUGH_TESTS = 20


class Basis(StrEnum):
    """What a gift rests on: votes in the order they came, or, where that is not known, the author and today's agreement only."""

    OVER_TIME = "over_time"
    AUTHOR = "author"


@dataclass(frozen=True, slots=True, eq=False)
class Gifts:
    """Statements that began within one group and were taken up by the others: q gifts, g groups, w windows.

    Attributes
    ----------
    basis : Basis
        What they rest on. By author alone, start, rise and evidence are NaN and nothing may be published of a single statement.
    statements : ndarray of int64
        Shape (q,): position of each gift, the surest rise first.
    home : ndarray of int64
        Shape (q,): the group within which it began.
    start : Estimate
        Shape (q, g), 0 … 1: share of each whole group that agreed when the statement was new.
    now : Estimate
        Shape (q, g), 0 … 1: share that agrees by the latest votes.
    rise : Estimate
        Shape (q, g), −1 … 1: now less start.
    surety : ndarray of float
        Shape (q,): z of the rise among all others together.
    window : Estimate
        Shape (q, g, w), 0 … 1: the share in each of w equal parts of the statement's votes in order; NaN where fewer than five
        of the group voted.
    window_votes : ndarray of int64
        Shape (q, g, w): votes behind each.
    window_ends : ndarray of int64
        Shape (q, w): when the last vote of each window was cast, milliseconds since 1970.
    may_publish : ndarray of bool
        Shape (q,): whether enough people stand behind it, among them enough authors in its home, that nobody is singled out.
    tested : int
        Statements with enough votes of several groups to be tested.
    alone : tuple of tuple of int
        For each group the statements that it surely holds and every other group surely does not, the furthest apart first.
    authors, written, common : ndarray of int64
        Shape (g,): members of each group who wrote statements, how many they wrote, and how many of these are common ground: the
        lower bound of the weakest group is above one half.
    """

    basis: Basis
    statements: Ints
    home: Ints
    start: Estimate
    now: Estimate
    rise: Estimate
    surety: Floats
    window: Estimate
    window_votes: Ints
    window_ends: Ints
    may_publish: Bools
    tested: int
    alone: tuple[tuple[int, ...], ...]
    authors: Ints
    written: Ints
    common: Ints

    def ordered(self, order: Ints) -> Gifts:
        """Return the same with the groups in another order.

        Parameters
        ----------
        order : ndarray of int64
            Shape (g,): which group comes first, second, ….

        Returns
        -------
        Gifts
            With the same numbers.
        """
        return replace(
            self,
            home=frozen(np.argsort(order)[self.home]),
            start=self.start.take_groups(order),
            now=self.now.take_groups(order),
            rise=self.rise.take_groups(order),
            window=self.window.take_groups(order),
            window_votes=frozen(self.window_votes[:, order]),
            alone=tuple(self.alone[group] for group in order.tolist()),
            authors=frozen(self.authors[order]),
            written=frozen(self.written[order]),
            common=frozen(self.common[order]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    statement: int
    home: int
    surety: float
    trend: Trend
    may_publish: bool


def find_gifts(
    votes: VoteMatrix,
    history: History,
    grouping: Grouping,
    bridging: Bridging,
    common_ground: CommonGround,
) -> Gifts:
    """Find what began within one group and was taken up by the others.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    history : History
        Of the same votes.
    grouping : Grouping
        Labels of shape (n,).
    bridging : Bridging
        The fitted model.
    common_ground : CommonGround
        Agreement of shape (g, m).

    Returns
    -------
    Gifts
        Empty with fewer than two groups.
    """
    authors = _Authors.of(history, grouping, common_ground)
    alone = _alone(common_ground)
    if grouping.n_groups < 2:
        return _collect(Basis.OVER_TIME, [], (0, grouping.n_groups), alone, authors)
    if not history.has_times:
        return _by_author(history, grouping, common_ground, alone, authors)
    timed = timed_votes(votes, history, grouping.labels, bridging)
    rises = rise_scores(timed, grouping.n_groups)
    chosen, tested = _candidates(rises, common_ground)
    members = [_thin(np.flatnonzero(grouping.labels == g)) for g in range(grouping.n_groups)]
    found = []
    for j, home, surety in chosen:
        expected = [expected_agreement(_of_statement(bridging, j), people)[:, 0] for people in members]
        trend = fit_trend(timed, j, home, expected)
        if _is_gift(trend, home):
            shown = bool(rises.count[:, j].min() >= MIN_CELL) and _is_covered(int(history.authors[j]), int(authors.people[home]))
            found.append(_Found(j, home, surety, trend, shown))
    return _collect(Basis.OVER_TIME, found, (tested, grouping.n_groups), alone, authors)


@dataclass(frozen=True, slots=True, eq=False)
class _Authors:
    """Who wrote, counted by group; shape (g,) each."""

    people: Ints
    written: Ints
    common: Ints

    @classmethod
    def of(cls, history: History, grouping: Grouping, ground: CommonGround) -> _Authors:
        g, known = grouping.n_groups, history.authors != UNKNOWN
        groups = np.where(known, grouping.labels[np.where(known, history.authors, 0)] if len(grouping.labels) else -1, -1)
        placed = groups >= 0
        writers = np.unique(history.authors[placed])
        holds = placed & (ground.bound > HALF)
        counts = (grouping.labels[writers], groups[placed], groups[holds])
        return cls(*(frozen(np.bincount(part, minlength=g).astype(np.int64)) for part in counts))


def _candidates(rises: Rises, ground: CommonGround) -> tuple[list[tuple[int, int, float]], int]:
    """Return statements whose rise among the others stands out, with their home and z, and how many were tested.

    Looked at are statements that, over all their votes, one group holds and agrees with more than every other, but none rejects
    outright. All of that is known without the order of the votes, and therefore says nothing about a rise: choosing by it makes fewer
    tests and biases none.
    """
    columns = np.arange(ground.lower.shape[1])
    home = np.argmax(ground.lower, axis=0)
    own = rises.count[home, columns]
    score = rises.score.sum(axis=0) - rises.score[home, columns]
    information = rises.information.sum(axis=0) - rises.information[home, columns]
    enough = (own >= MIN_CELL) & (rises.count.sum(axis=0) - own >= _FEWEST_OTHERS) & (information > 0)
    z = np.where(enough, score / np.sqrt(np.where(enough, information, 1.0)), -np.inf)
    z[enough] = _against_drift(z[enough])
    held, apart = ground.lower[home, columns] > HALF, _apart_from_all(ground, home) > _ONE_SIDED
    tested = np.flatnonzero(enough & held & apart & (ground.agreement.min(axis=0) > _REJECTED))
    order = tested[np.lexsort((tested, -np.round(z[tested], 9)))]
    passed = ndtr(-z[order]) <= _FALSE_SHARE * np.arange(1, len(order) + 1) / max(len(order), 1)
    last = int(np.flatnonzero(passed).max(initial=-1)) + 1
    return [(int(j), int(home[j]), float(z[j])) for j in order[:last]], len(order)


def _apart_from_all(ground: CommonGround, home: Ints) -> Floats:
    """Return z of how much more a group agrees with each statement than the group that comes nearest, shape (m,)."""
    columns = np.arange(len(home))
    width = (ground.upper - ground.lower) / (2 * _ONE_SIDED)
    error = np.maximum(np.hypot(width, width[home, columns]), 1e-12)
    z = (ground.agreement[home, columns] - ground.agreement) / error
    z[home, columns] = np.inf
    return np.asarray(z.min(axis=0))


def _against_drift(z: Floats) -> Floats:
    """Measure each rise against what all statements have in common: a drift of who comes, or of how readily people agree."""
    if len(z) < _ENOUGH_TESTS:
        return z
    middle = float(np.median(z))
    scale = max(1.0, 1.4826 * float(np.median(np.abs(z - middle))))
    return (z - middle) / scale


def _is_gift(trend: Trend, home: int) -> bool:
    """Say whether its home held a statement at the start and the others did not, and the others hold it now."""
    others = np.arange(len(trend.now.value)) != home
    began = trend.start.lower[home] > HALF and trend.others_start < HALF and trend.gap > _ONE_SIDED
    return bool(began and trend.now.value[home] > HALF and (trend.now.lower[others] > HALF).all())


def _is_covered(author: int, writers: int) -> bool:
    """Say whether an author is one of so many in the group that to name the group does not point to them."""
    return author == UNKNOWN or writers >= MIN_CELL


def _alone(ground: CommonGround) -> tuple[tuple[int, ...], ...]:
    """Return for each group what it alone holds: its lower end above one half, every other's upper end below."""
    g = len(ground.lower)
    lists = []
    for one in range(g):
        others = np.delete(ground.upper, one, axis=0)
        apart = ground.lower[one] - others.max(axis=0, initial=0.0)
        holds = (ground.lower[one] > HALF) & (others < HALF).all(axis=0) & (g > 1)
        columns = np.flatnonzero(holds)
        order = np.lexsort((columns, -np.round(apart[columns], 12)))
        lists.append(tuple(columns[order].tolist()))
    return tuple(lists)


def _by_author(history: History, grouping: Grouping, ground: CommonGround, alone: tuple[tuple[int, ...], ...], authors: _Authors) -> Gifts:
    """Without times: what was written in a group, and is held by every other today."""
    found = []
    for j in np.flatnonzero((history.authors != UNKNOWN) & (ground.bound > HALF)).tolist():
        home = int(grouping.labels[history.authors[j]])
        if home >= 0:
            now = Estimate(ground.agreement[:, j], ground.lower[:, j], ground.upper[:, j])
            found.append(_Found(j, home, np.nan, Trend.without_times(now), may_publish=False))
    found.sort(key=lambda one: int(ground.rank[one.statement]))
    return _collect(Basis.AUTHOR, found, (0, grouping.n_groups), alone, authors)


def _collect(basis: Basis, found: list[_Found], counts: tuple[int, int], alone: tuple[tuple[int, ...], ...], authors: _Authors) -> Gifts:
    tested, g = counts
    q, trends = len(found), [one.trend for one in found]
    w = trends[0].window_votes.shape[1] if trends else 0
    return Gifts(
        basis=basis,
        statements=frozen(np.array([one.statement for one in found], dtype=np.int64)),
        home=frozen(np.array([one.home for one in found], dtype=np.int64)),
        start=Estimate.stack([trend.start for trend in trends], (q, g)),
        now=Estimate.stack([trend.now for trend in trends], (q, g)),
        rise=Estimate.stack([trend.rise for trend in trends], (q, g)),
        surety=frozen(np.array([one.surety for one in found], dtype=np.float64)),
        window=Estimate.stack([trend.window for trend in trends], (q, g, w)),
        window_votes=frozen(np.array([trend.window_votes for trend in trends], dtype=np.int64).reshape(q, g, w)),
        window_ends=frozen(np.array([trend.window_ends for trend in trends], dtype=np.int64).reshape(q, w)),
        may_publish=frozen(np.array([one.may_publish for one in found], dtype=np.bool_)),
        tested=tested,
        alone=alone,
        authors=authors.people,
        written=authors.written,
        common=authors.common,
    )


def _of_statement(bridging: Bridging, j: int) -> Bridging:
    return replace(bridging, statement=bridging.statement[[j]], statement_cov=bridging.statement_cov[[j]], score=bridging.score[[j]])


def _thin(people: Ints) -> Ints:
    return people if len(people) <= _MOST_MEMBERS else people[np.linspace(0, len(people) - 1, _MOST_MEMBERS).astype(np.int64)]
