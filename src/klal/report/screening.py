"""From numbers to what may be published about each statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from klal.core.arrays import Bools, Floats, Ints
from klal.core.results import Analysis, VoteTally
from klal.domain.language import Language, printable
from klal.domain.privacy import MIN_CELL
from klal.domain.records import Id, Moderation, Statement
from klal.report.model import Cell, NearMiss, StatementResult


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """What may be published about each of m statements in g groups.

    Attributes
    ----------
    enough : ndarray of bool
        Shape (m,): whether enough voted on it to say anything about it.
    withheld : ndarray of bool
        Shape (g, m): cells whose figures stay unpublished.
    complete : ndarray of bool
        Shape (m,): whether every group's figures may be shown. What is drawn from all groups together – rank, weakest group,
        consensus – is published of these statements only: of others it would tell something about a withheld group.
    rank : ndarray of int64
        Shape (m,): rank as common ground among the complete statements, 1 the strongest; 0 for the others.
    """

    enough: Bools
    withheld: Bools
    complete: Bools
    rank: Ints


def screen(analysis: Analysis, *, min_cell: int) -> Screened:
    """Say what may be published about each analysed statement.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    min_cell : int
        The fewest votes a published figure may rest on.

    Returns
    -------
    Screened
        Over all statements, in the order of the analysis.
    """
    votes, ground = votes_of_groups(analysis).seen, analysis.common_ground
    withheld = withheld_cells(analysis.group_tally.seen, votes, min_cell=min_cell) | ~np.isfinite(ground.agreement)
    complete = np.asarray(~withheld.any(axis=0))
    places = np.flatnonzero(complete)
    rank = np.zeros(len(complete), dtype=np.int64)
    rank[places[np.argsort(ground.rank[places])]] = np.arange(1, len(places) + 1)
    return Screened(enough=votes >= min_cell, withheld=withheld, complete=complete, rank=rank)


def votes_of_groups(analysis: Analysis) -> VoteTally:
    """Return the votes published for a statement: those of people in a group, shape (m,).

    Whoever is in no group cast few votes; were theirs in the total, subtracting the groups would bring them to light.
    """
    tally = analysis.group_tally
    return VoteTally(tally.agree.sum(axis=0), tally.disagree.sum(axis=0), tally.passed.sum(axis=0))


def withheld_cells(votes: Ints, total: Ints, *, min_cell: int) -> Bools:
    """Choose the cells whose figures stay unpublished: `klal.domain.privacy.cells_to_withhold` for many statements at once.

    One more cell always covers what could be subtracted, because a cell that may be shown is itself a crowd.

    Parameters
    ----------
    votes : ndarray of int64
        Shape (g, m): votes of each group, passes included.
    total : ndarray of int64
        Shape (m,): votes of everybody.
    min_cell : int
        The fewest votes a published figure may rest on, >= 1.

    Returns
    -------
    ndarray of bool
        Shape (g, m).
    """
    withheld = votes < min_cell
    hidden = total - np.where(withheld, 0, votes).sum(axis=0)
    bare = (hidden > 0) & (hidden < min_cell) & (~withheld).any(axis=0)
    smallest = np.where(withheld, np.iinfo(np.int64).max, votes).argmin(axis=0)
    withheld[smallest[bare], bare.nonzero()[0]] = True
    return withheld


def statement_results(
    analysis: Analysis, screened: Screened, places: Sequence[int], statements: Sequence[Statement], language: Language
) -> dict[int, StatementResult]:
    """Return what may be published about some of the statements.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    screened : Screened
        What may be published.
    places : sequence of int
        Places of the statements in the analysis.
    statements : sequence of Statement
        Texts; one that is missing, or rejected, is shown by its number.
    language : Language
        For "Statement 12".

    Returns
    -------
    dict of int to StatementResult
        By place, in the order given.
    """
    chosen = np.asarray(places, dtype=np.int64)
    ids: list[Id] = analysis.votes.statements.ids[chosen].tolist()
    texts = _texts(ids, statements)
    columns = _Columns(analysis, screened, chosen)
    return {
        place: columns.result(row, one, texts.get(one) or language.text("report.statement_n", id=str(one)))
        for row, (place, one) in enumerate(zip(places, ids, strict=True))
    }


def _texts(ids: Sequence[Id], statements: Sequence[Statement]) -> Mapping[Id, str]:
    wanted = set(ids)
    return {one.id: printable(one.text) for one in statements if one.id in wanted and one.moderation is not Moderation.REJECTED}


class _Columns:
    """The arrays of some statements as plain lists, statements first, so that nothing below touches NumPy."""

    def __init__(self, analysis: Analysis, screened: Screened, places: Ints) -> None:
        ground, tally = analysis.common_ground, votes_of_groups(analysis)
        self.enough: list[bool] = screened.enough[places].tolist()
        self.complete: list[bool] = screened.complete[places].tolist()
        self.rank: list[int] = screened.rank[places].tolist()
        self.votes: list[int] = tally.seen[places].tolist()
        self.answers = np.stack([part[places] for part in (tally.agree, tally.disagree, tally.passed)], axis=1).tolist()
        self.cells = cells_of(
            analysis.group_tally.seen[:, places],
            *(part[:, places] for part in (ground.agreement, ground.lower, ground.upper)),
            withheld=screened.withheld[:, places],
        )
        self.ground = [part[places].tolist() for part in (ground.score, ground.bound, ground.weakest_group)]
        self.scores = np.stack([part[places] for part in (analysis.bridging.score, analysis.divisiveness)], axis=1).tolist()
        self.consensus: list[float] = analysis.group_informed_consensus[places].tolist()
        self.worth: list[float] = ground.worth[places].tolist()
        self.least_share: list[float] = ground.weakest_share[places].tolist()
        near = ground.near_misses
        self.near = [part[places].tolist() for part in (near.near, near.group, near.points, near.votes)]
        self.people = int(np.count_nonzero(analysis.votes.votes_per_participant > 0))

    def result(self, row: int, one: Id, text: str) -> StatementResult:
        """Return what may be published about one statement."""
        enough, complete, votes = self.enough[row], self.complete[row], self.votes[row]
        agree, disagree, passed = (tidy(part / votes) if enough else None for part in self.answers[row])
        bridging, divisiveness = (tidy(figure) if enough else None for figure in self.scores[row])
        score, bound, weakest = (part[row] for part in self.ground)
        return StatementResult(
            id=one,
            text=text,
            votes=votes if enough else None,
            agree=agree,
            disagree=disagree,
            passed=passed,
            cells=self.cells[row],
            score=tidy(score) if complete else None,
            bound=tidy(bound) if complete else None,
            weakest=weakest if complete else None,
            rank=self.rank[row] or None,
            is_common_ground=complete and bound > 0.5,
            bridging=bridging,
            divisiveness=divisiveness,
            consensus=tidy(self.consensus[row]) if complete else None,
            worth=tidy(self.worth[row]) if enough else None,
            least_share=tidy(self.least_share[row]) if complete and self.least_share[row] * self.people >= MIN_CELL else None,
            near=self._near(row) if complete else None,
        )

    def _near(self, row: int) -> NearMiss | None:
        near, group, points, votes = (part[row] for part in self.near)
        return NearMiss(group if group >= 0 else None, tidy(points) or 0.0, votes if votes > 0 else None) if near else None


def cells_of(votes: Ints, agreement: Floats, lower: Floats, upper: Floats, *, withheld: Bools) -> list[tuple[Cell, ...]]:
    """Return the cells of each statement, those withheld empty; all arrays of shape (g, m)."""
    figures = np.stack([agreement, lower, upper], axis=-1).transpose(1, 0, 2).tolist()
    counts, hidden = votes.T.tolist(), withheld.T.tolist()
    return [tuple(map(_cell, *columns)) for columns in zip(counts, figures, hidden, strict=True)]


def _cell(votes: int, figures: Sequence[float], withheld: bool) -> Cell:  # noqa: FBT001 - one of the columns mapped over
    if withheld:
        return Cell()
    agreement, lower, upper = (tidy(figure) for figure in figures)
    return Cell(votes=votes, agreement=agreement, lower=lower, upper=upper)


def tidy(figure: float, places: int = 4) -> float | None:
    """Return a figure fit for JSON: rounded, and None for what is not a number."""
    return round(figure, places) if isfinite(figure) else None
