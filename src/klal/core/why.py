"""Why: the votes that put a person where they are, what sets a group apart, and the smallest change that would alter either.

Everything is asked of the fitted model with everybody else held as they are (``klal.core.person_model``), and answered exactly there: a
vote is left out, and the person is placed anew.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Bools, Codes, Floats, Ints, frozen
from klal.core.index import IdIndex
from klal.core.opinion_map import place
from klal.core.person_model import PersonModel, Rows, rows_of
from klal.core.results import Analysis
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.domain.privacy import MIN_CELL

_MOST_CELLS = 4_000_000
"""Most votes placed anew for one group; beyond it people are thinned evenly."""
_MOST_DISSOLVING = 40
_TOLD_APART = float(np.log(3.0))
"""Log-odds that somebody's votes must speak for one group against another to tell them apart: three to one."""


@dataclass(frozen=True, slots=True, eq=False)
class SmallestChange:
    """The fewest of a person's own votes that, changed together, would put them into another group.

    Attributes
    ----------
    statements : tuple of int
        Positions of the statements, in the order found.
    group : int
        Where they would be.
    """

    statements: tuple[int, ...]
    group: int


@dataclass(frozen=True, slots=True, eq=False)
class WhyPerson:
    """The votes that put one person where they are; for that person's eyes only. k of their own votes agree or disagree.

    Attributes
    ----------
    group : int
        Their group by the model; −1 where there is only one.
    is_same : bool
        Whether that is the group of the analysis too; near a border it need not be.
    statements : ndarray of int64
        Shape (k,): statements they agreed or disagreed with, the vote that matters most first.
    agreed : ndarray of bool
        Shape (k,): whether they agreed.
    effect : ndarray of float
        Shape (k,): log-odds of their group against the next likeliest with the vote, less those without it: positive for what
        holds them there, negative for what draws them away. With one group how far they would move without it, always positive.
    shift : ndarray of float
        Shape (k, 2): how far the vote moved them on the map.
    withdrawn, reversed : SmallestChange or None
        Fewest votes to withdraw, or to turn into their opposite, to be in another group; None if none do, or there is one group.
    """

    group: int
    is_same: bool
    statements: Ints
    agreed: Bools
    effect: Floats
    shift: Floats
    withdrawn: SmallestChange | None
    reversed: SmallestChange | None


@dataclass(frozen=True, slots=True, eq=False)
class WhyGroup:
    """What sets one group apart; m statements.

    Attributes
    ----------
    group : int
        Which.
    statements : ndarray of int64
        Shape (s,): statements that at least five of its members agreed or disagreed with, the one that holds it together most first.
    effect : ndarray of float
        Shape (s,): mean over its members who voted on it of the log-odds of this group against the next likeliest, less those without
        the statement.
    share_without : ndarray of float
        Shape (s,), 0 … 1: its share of all people in a group if nobody had been asked the statement.
    share : float
        Its share as it is, by the same model.
    dissolving : tuple of int or None
        The strongest statements without which most of its members could not be told from those of another group: their other votes
        speak for it less than three to one. None if leaving out forty is not enough.
    """

    group: int
    statements: Ints
    effect: Floats
    share_without: Floats
    share: float
    dissolving: tuple[int, ...] | None


def why_person(analysis: Analysis, row: int, *, model: PersonModel | None = None) -> WhyPerson:
    """Say which votes put a person where they are, and what would change it.

    Parameters
    ----------
    analysis : Analysis
        Of n participants.
    row : int
        Position of the participant, 0 … n−1.
    model : PersonModel, optional
        Of the analysis, if at hand.

    Returns
    -------
    WhyPerson
        From the person's own votes and the model; no other person's votes enter but through it.
    """
    model = model or PersonModel.of(analysis)
    votes = analysis.votes
    part = slice(int(votes.indptr[row]), int(votes.indptr[row + 1]))
    decided = votes.codes[part] != PASS
    columns, codes = votes.columns[part][decided].astype(np.int64), votes.codes[part][decided]
    whole, without = stacked(columns, [codes]), _each_left_out(columns, codes)
    shift = place(_matrix(whole, votes), analysis.opinion_map)[0] - place(_matrix(without, votes), analysis.opinion_map)[0]
    if model.n_groups < 2:
        group, effect = -1, _moved(model, whole, without)
    else:
        odds = model.log_odds(whole)[0]
        group = int(np.argmax(odds))
        effect = _lead(odds[None], group) - _lead(model.log_odds(without), group)
    order = np.lexsort((columns, -np.round(np.abs(effect), 9)))
    return WhyPerson(
        group=group,
        is_same=group < 0 or group == int(analysis.grouping.labels[row]),
        statements=frozen(columns[order]),
        agreed=frozen(codes[order] == AGREE),
        effect=frozen(effect[order]),
        shift=frozen(shift[order]),
        withdrawn=smallest_change(model, columns, codes, group, withdraw=True),
        reversed=smallest_change(model, columns, codes, group, withdraw=False),
    )


def smallest_change(model: PersonModel, columns: Ints, codes: Codes, group: int, *, withdraw: bool) -> SmallestChange | None:
    """Find few votes that, withdrawn or reversed together, put a person into another group.

    One at a time the vote is taken whose change brings some other group nearest, for each other group apart; what turns out not to be
    needed is put back. The shortest list found need not be the shortest there is; on small data it nearly always is (tested).

    Parameters
    ----------
    model : PersonModel
        Of the analysis.
    columns : ndarray of int64
        Shape (k,): statements agreed or disagreed with.
    codes : ndarray of int8
        Shape (k,): 1 or 3.
    group : int
        Where the person is.
    withdraw : bool
        Whether votes are withdrawn; otherwise they become their opposite.

    Returns
    -------
    SmallestChange or None
        None if no change is enough.
    """
    others = [other for other in range(model.n_groups) if other != group] if group >= 0 else []
    found = [one for other in others if (one := _toward(model, columns, codes, (group, other), withdraw=withdraw)) is not None]
    return min(found, key=lambda one: (len(one.statements), one.group), default=None)


def why_group(analysis: Analysis, group: int, *, model: PersonModel | None = None) -> WhyGroup:
    """Say which statements set a group apart, and without which it would not be one.

    Parameters
    ----------
    analysis : Analysis
        With at least two groups for an answer other than an empty one.
    group : int
        Which, 0 … g−1.
    model : PersonModel, optional
        Of the analysis, if at hand.

    Returns
    -------
    WhyGroup
        Each statement left out in turn and everybody who voted on it placed anew, the clouds held as they are; people are thinned evenly
        where they cast very many votes.
    """
    model = model or PersonModel.of(analysis)
    votes = analysis.votes
    people = _even(np.flatnonzero(analysis.grouping.labels >= 0), votes.votes_per_participant)
    rows = _decided(rows_of((votes.indptr, votes.columns.astype(np.int64), votes.codes), people))
    odds = model.log_odds(rows)
    labels = np.argmax(odds, axis=1)
    share = float(np.mean(labels == group)) if len(people) else 0.0
    if model.n_groups < 2 or not (labels == group).any():
        return WhyGroup(group, frozen(np.zeros(0, dtype=np.int64)), frozen(np.zeros(0)), frozen(np.zeros(0)), share, None)
    effect, count, moved = _left_out_of_all(model, rows, odds, group, votes.shape[1])
    told = np.flatnonzero(count >= MIN_CELL)
    told = told[np.lexsort((told, -np.round(effect[told], 9)))]
    return WhyGroup(
        group=group,
        statements=frozen(told),
        effect=frozen(effect[told]),
        share_without=frozen(share + moved[told] / len(people)),
        share=share,
        dissolving=_dissolving(model, rows, (labels, group), told),
    )


def stacked(columns: Ints, ballots: list[Codes]) -> Rows:
    """Return ballots on the same statements as rows; code 0 stands for no vote and is left out."""
    table = np.array(ballots, dtype=np.int8).reshape(len(ballots), len(columns))
    cast = table != 0
    start = np.concatenate([[0], np.cumsum(cast.sum(axis=1))])
    return start, np.broadcast_to(columns, table.shape)[cast], table[cast]


def _each_left_out(columns: Ints, codes: Codes) -> Rows:
    """Return one row a vote, each with that vote left out."""
    table = np.repeat(codes[None, :], len(codes), axis=0)
    np.fill_diagonal(table, 0)
    return stacked(columns, list(table))


def _matrix(rows: Rows, like: VoteMatrix) -> VoteMatrix:
    start, columns, codes = rows
    return VoteMatrix(start, columns.astype(like.columns.dtype), codes, IdIndex(np.arange(len(start) - 1)), like.statements)


def _lead(odds: Floats, group: int) -> Floats:
    """Return log-odds of a group against the likeliest other one, shape (q,)."""
    return np.asarray(odds[:, group] - np.delete(odds, group, axis=1).max(axis=1))


def _moved(model: PersonModel, whole: Rows, without: Rows) -> Floats:
    """Return how far each vote moved a person among the factors."""
    there, elsewhere = model.solve(whole)[0][:, 1:], model.solve(without)[0][:, 1:]
    return np.asarray(np.linalg.norm(elsewhere - there, axis=1))


def _toward(model: PersonModel, columns: Ints, codes: Codes, way: tuple[int, int], *, withdraw: bool) -> SmallestChange | None:
    """Change one vote after the other, each time the one that helps most on the way from one group to another."""
    group, other = way
    changed_codes = np.zeros_like(codes) if withdraw else np.where(codes == AGREE, DISAGREE, AGREE).astype(np.int8)
    changed: list[int] = []
    for _ in range(len(codes)):
        left = [k for k in range(len(codes)) if k not in changed]
        odds = model.log_odds(stacked(columns, [_with(codes, changed_codes, [*changed, k]) for k in left]))
        gain = np.round(odds[:, other] - odds[:, group], 9)
        best = int(np.argmax(gain))
        changed.append(left[best])
        if int(np.argmax(odds[best])) != group:
            return _pruned(model, (columns, codes, changed_codes), changed, group)
    return None


def _pruned(model: PersonModel, ballot: tuple[Ints, Codes, Codes], changed: list[int], group: int) -> SmallestChange:
    """Put back what is not needed, the first changed first."""
    columns, codes, changed_codes = ballot
    for one in tuple(changed):
        fewer = [k for k in changed if k != one]
        if int(np.argmax(model.log_odds(stacked(columns, [_with(codes, changed_codes, fewer)]))[0])) != group:
            changed = fewer
    where = int(np.argmax(model.log_odds(stacked(columns, [_with(codes, changed_codes, changed)]))[0]))
    return SmallestChange(tuple(columns[changed].tolist()), where)


def _with(codes: Codes, changed_codes: Codes, changed: list[int]) -> Codes:
    result = codes.copy()
    result[changed] = changed_codes[changed]
    return result


def _even(people: Ints, votes_cast: Ints) -> Ints:
    """Thin people evenly until leaving out each of their votes means few enough votes to go through."""
    cells = int((votes_cast[people].astype(np.float64) ** 2).sum())
    keep = len(people) if cells <= _MOST_CELLS else max(len(people) * _MOST_CELLS // cells, 1)
    return people[np.linspace(0, len(people) - 1, keep).astype(np.int64)] if keep < len(people) else people


def _decided(rows: Rows) -> Rows:
    start, columns, codes = rows
    cast = codes != PASS
    return np.concatenate([[0], np.cumsum(cast)])[start], columns[cast], codes[cast]


def _left_out_of_all(model: PersonModel, rows: Rows, odds: Floats, group: int, m: int) -> tuple[Floats, Ints, Floats]:
    """Return for each statement, left out: mean loss of lead among members, members who voted on it, and the net number who join.

    Shapes (m,).
    """
    start, columns, codes = rows
    effect, count, moved = np.zeros(m), np.zeros(m, dtype=np.int64), np.zeros(m)
    for i in range(len(start) - 1):
        own = slice(int(start[i]), int(start[i + 1]))
        without = model.log_odds(_each_left_out(columns[own], codes[own]))
        if not len(without):
            continue
        was, now = int(np.argmax(odds[i])) == group, np.argmax(without, axis=1) == group
        moved[columns[own]] += now.astype(np.float64) - was
        if was:
            effect[columns[own]] += _lead(odds[[i]], group) - _lead(without, group)
            count[columns[own]] += 1
    return effect / np.maximum(count, 1), count, moved


def _dissolving(model: PersonModel, rows: Rows, members: tuple[Ints, int], strongest: Ints) -> tuple[int, ...] | None:
    start, columns, codes = rows
    labels, group = members
    for size in range(1, min(len(strongest), _MOST_DISSOLVING) + 1):
        kept = ~np.isin(columns, strongest[:size])
        fewer = (np.concatenate([[0], np.cumsum(kept)])[start], columns[kept], codes[kept])
        said = model.log_odds(fewer) - np.log(model.shares)  # by their votes alone, not by how large the groups are
        if np.mean(_lead(said, group)[labels == group] > _TOLD_APART) < 1 / 2:
            return tuple(strongest[:size].tolist())
    return None
