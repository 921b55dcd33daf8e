"""From numbers to what may be published about each statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from klal.core.results import Analysis
from klal.domain.language import Language
from klal.domain.privacy import cells_to_withhold, may_publish_cell
from klal.domain.records import Id, Statement
from klal.report.model import Cell, StatementResult

Numbers = NDArray[np.generic]


def screen_statements(
    analysis: Analysis, statements: Mapping[Id, Statement], *, language: Language, min_cell: int
) -> tuple[StatementResult, ...]:
    """Return what may be published about each analysed statement.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    statements : mapping of id to Statement
        Texts by id; a missing one is shown by its number.
    language : Language
        For "Statement 12".
    min_cell : int
        The fewest votes a published figure may rest on.

    Returns
    -------
    tuple of StatementResult
        In the order of the analysis.
    """
    columns = _Columns(analysis)
    ids = analysis.votes.statements.tolist()
    return tuple(
        _screened(columns, place, one, text=statement_text(statements.get(one), one, language), min_cell=min_cell)
        for place, one in enumerate(ids)
    )


def statement_text(statement: Statement | None, one: Id, language: Language) -> str:
    """Return what a statement says, or "Statement 12" where there is no text."""
    text = statement.text.strip() if statement else ""
    return text or language.text("report.statement_n", id=str(one))


class _Columns:
    """The arrays of an analysis as plain lists, statements first, so that nothing below touches NumPy."""

    def __init__(self, analysis: Analysis) -> None:
        ground = analysis.common_ground
        self.votes: list[int] = analysis.tally.seen.tolist()
        self.tally = list(zip(analysis.tally.agree.tolist(), analysis.tally.disagree.tolist(), analysis.tally.passed.tolist(), strict=True))
        self.seen: list[list[int]] = analysis.group_tally.seen.T.tolist()
        self.cells = np.stack([ground.agreement, ground.lower, ground.upper], axis=-1).transpose(1, 0, 2).tolist()
        self.ground = list(
            zip(ground.score.tolist(), ground.bound.tolist(), ground.weakest_group.tolist(), ground.rank.tolist(), strict=True)
        )
        self.scores = list(
            zip(
                analysis.bridging.score.tolist(),
                analysis.divisiveness.tolist(),
                analysis.group_informed_consensus.tolist(),
                strict=True,
            )
        )


def _screened(columns: _Columns, place: int, one: Id, *, text: str, min_cell: int) -> StatementResult:
    votes, seen = columns.votes[place], columns.seen[place]
    withheld = cells_to_withhold(seen, total=votes, min_cell=min_cell)
    cells = tuple(Cell() if group in withheld else _cell(seen[group], columns.cells[place][group]) for group in range(len(seen)))
    enough = may_publish_cell(votes, min_cell=min_cell)
    score, bound, weakest, rank = columns.ground[place]
    open_weakest = 0 <= weakest < len(cells) and cells[weakest].shown
    agree, disagree, passed = (tidy(part / votes) if enough else None for part in columns.tally[place])
    bridging, divisiveness, consensus = (tidy(figure) if enough else None for figure in columns.scores[place])
    return StatementResult(
        id=one,
        text=text,
        votes=votes if enough else None,
        agree=agree,
        disagree=disagree,
        passed=passed,
        cells=cells,
        score=tidy(score) if open_weakest else None,
        bound=tidy(bound) if open_weakest else None,
        weakest=weakest if open_weakest else None,
        rank=rank,
        is_common_ground=bound > 0.5 and bool(cells) and all(cell.shown for cell in cells),
        bridging=bridging,
        divisiveness=divisiveness,
        consensus=consensus,
    )


def _cell(votes: int, figures: Sequence[float]) -> Cell:
    agreement, lower, upper = (tidy(figure) for figure in figures)
    return Cell(votes=votes, agreement=agreement, lower=lower, upper=upper)


def tidy(figure: float, places: int = 4) -> float | None:
    """Return a figure fit for JSON: rounded, and None for what is not a number."""
    return round(figure, places) if np.isfinite(figure) else None
