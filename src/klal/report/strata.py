"""Whether common ground holds in every rank (stratum) of the people, not on average only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from klal.core.results import Analysis, RankAgreement
from klal.domain.privacy import cells_to_withhold
from klal.report.model import Feature, Rank, RankedStatement
from klal.report.screening import cells_of, withheld_cells

TESTED = 10
"""Most statements of common ground looked at in each rank."""


def across_ranks(analysis: Analysis, places: Sequence[int], at: Mapping[int, int], *, min_cell: int) -> tuple[Feature, ...]:
    """Test the strongest common ground in each rank of each feature.

    Parameters
    ----------
    analysis : Analysis
        With ranks, or without.
    places : sequence of int
        Places of the common ground in the analysis, strongest first.
    at : mapping of int to int
        Place in the report by place in the analysis.
    min_cell : int
        The fewest votes, or people, a published figure may rest on.

    Returns
    -------
    tuple of Feature
        Screened as groups are: what could be had by subtraction is withheld too.
    """
    return tuple(_feature(analysis, one, list(places[:TESTED]), at, min_cell) for one in analysis.ranks)


def _feature(analysis: Analysis, found: RankAgreement, places: list[int], at: Mapping[int, int], min_cell: int) -> Feature:
    sizes = found.sizes.tolist()
    unsaid = cells_to_withhold(sizes, total=analysis.votes.shape[0], min_cell=min_cell)
    votes = found.tally.seen[:, places]
    agreement, lower, upper = (part[:, places] for part in (found.agreement, found.lower, found.upper))
    withheld = withheld_cells(votes, analysis.tally.seen[places], min_cell=min_cell) | ~np.isfinite(agreement)
    cells = cells_of(votes, agreement, lower, upper, withheld=withheld)
    ends = np.where(withheld, np.inf, lower)
    weakest, shown = ends.argmin(axis=0).tolist(), (~withheld).sum(axis=0).tolist()
    doubtful = (ends <= 0.5).sum(axis=0).tolist()
    against = (~withheld & (upper < 0.5)).sum(axis=0).tolist()
    return Feature(
        name=found.feature,
        ranks=tuple(
            Rank(name if sizes[rank] >= min_cell else "…", None if rank in unsaid else sizes[rank])  # a rank of one may name that person
            for rank, name in enumerate(found.ranks)
        ),
        statements=tuple(
            RankedStatement(
                statement=at[place],
                cells=cells[row],
                shown=shown[row],
                doubtful=doubtful[row],
                against=against[row],
                weakest=weakest[row] if shown[row] > 1 else None,
            )
            for row, place in enumerate(places)
        ),
    )
