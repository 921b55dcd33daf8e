"""What each group gives the whole: statements that began in one group and were taken up, and what a group alone holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from klal.core.gifts import Gifts
from klal.core.results import Analysis
from klal.core.rises import Estimate
from klal.report.model import Cell
from klal.report.screening import Screened, tidy

LISTED_ALONE = 3
"""Most statements listed of what one group alone holds."""


@dataclass(frozen=True, slots=True)
class Gift:
    """A statement that began within one group and was taken up by the others.

    Attributes
    ----------
    statement : int
        Place of the statement in the report.
    home : int
        Place of the group it began in.
    start, now : tuple of Cell
        Agreement of each group when the statement was new, and by the latest votes; ``votes`` is not told.
    paths : tuple of tuple of (float or None)
        For each group its agreement in equal parts of the statement's votes in order, 0 … 1; None where too few voted.
    """

    statement: int
    home: int
    start: tuple[Cell, ...]
    now: tuple[Cell, ...]
    paths: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What one group brings: statements it alone holds, and how much of the common ground its members wrote.

    ``written`` and ``common`` are None where so few of the group wrote that the count would speak of single people.
    """

    alone: tuple[int, ...]
    written: int | None
    common: int | None


@dataclass(frozen=True, slots=True)
class GiftsTold:
    """Gifts as the report tells them.

    Attributes
    ----------
    tested : int
        Statements whose votes were looked at over time.
    timed : bool
        Whether it is known when votes were cast.
    gifts : tuple of Gift
        The surest rise first.
    brought : tuple of Brought
        One for each group.
    """

    tested: int
    timed: bool
    gifts: tuple[Gift, ...]
    brought: tuple[Brought, ...]


def gift_places(analysis: Analysis, screened: Screened) -> list[int]:
    """Return the places in the analysis of all statements that ``told_gifts`` speaks of."""
    found = analysis.gifts
    if found is None:
        return []
    alone = [j for group in range(len(found.alone)) for j in _alone(found, group, screened)]
    return [*(int(found.statements[q]) for q in _shown(found, screened)), *alone]


def told_gifts(analysis: Analysis, screened: Screened, at: Mapping[int, int], *, min_cell: int) -> GiftsTold | None:
    """Say what began in one group and was taken up by the others, and what each brings.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    screened : Screened
        What may be published.
    at : mapping of int to int
        Place in the report by place in the analysis.
    min_cell : int
        The fewest votes, or people, a published figure may rest on.

    Returns
    -------
    GiftsTold or None
        None with fewer than two groups, or if nothing is known of the votes' history.
    """
    found, g = analysis.gifts, analysis.grouping.n_groups
    if found is None or g < 2:
        return None
    return GiftsTold(
        tested=found.tested,
        timed=bool(found.basis == "over_time"),
        gifts=tuple(
            Gift(
                statement=at[int(found.statements[q])],
                home=int(found.home[q]),
                start=_cells(found.start, q),
                now=_cells(found.now, q),
                paths=_paths(found, q),
            )
            for q in _shown(found, screened)
        ),
        brought=tuple(
            Brought(
                alone=tuple(at[j] for j in _alone(found, group, screened)),
                written=int(found.written[group]) if found.authors[group] >= min_cell else None,
                common=int(found.common[group]) if found.authors[group] >= min_cell else None,
            )
            for group in range(g)
        ),
    )


def _shown(found: Gifts, screened: Screened) -> list[int]:
    """Return which gifts may be told."""
    return np.flatnonzero(found.may_publish & screened.complete[found.statements]).tolist()


def _alone(found: Gifts, group: int, screened: Screened) -> list[int]:
    return [j for j in found.alone[group] if screened.complete[j]][:LISTED_ALONE]


def _cells(estimate: Estimate, gift: int) -> tuple[Cell, ...]:
    rows = np.stack([estimate.value[gift], estimate.lower[gift], estimate.upper[gift]], axis=1).tolist()
    return tuple(Cell(None, *(tidy(figure) for figure in row)) for row in rows)


def _paths(found: Gifts, gift: int) -> tuple[tuple[float | None, ...], ...]:
    return tuple(tuple(tidy(figure, 3) for figure in row) for row in found.window.value[gift].tolist())
