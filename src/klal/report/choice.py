"""Which statements a report shows: a page for people lists so many and no more, however many there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Bools, Floats, Ints
from klal.core.results import Analysis
from klal.report.screening import Screened

LISTED = 100
"""Most statements in one ranked list."""

IN_TABLE = 200
"""Most statements in the table of all statements."""

DRAWN = 500
"""Most marks in the overview; more hide each other."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Places of statements in the analysis.

    Attributes
    ----------
    common_ground, nearly, against, dividing : ndarray of int64
        All statements of each kind, in the order of their list: common ground with platitudes down; what is likely to be agreed but not
        certain, or fails in one part of the public only; what nobody wants; what divides.
    table, overview : ndarray of int64
        The statements in the table and in the overview, ascending.
    overview_of : int
        How many could be drawn.
    """

    common_ground: Ints
    nearly: Ints
    against: Ints
    dividing: Ints
    table: Ints
    overview: Ints
    overview_of: int


def choose(analysis: Analysis, screened: Screened) -> Choice:
    """Choose the statements to show, by what may be published only.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    screened : Screened
        What may be published.

    Returns
    -------
    Choice
        The same for the same analysis.
    """
    ground, complete = analysis.common_ground, screened.complete
    order = np.where(screened.rank > 0, screened.rank, len(complete) + 1)
    likely = ~screened.withheld.all(axis=0) & (np.where(screened.withheld, np.inf, ground.agreement).min(axis=0) > 0.5)
    divisiveness = np.where(screened.enough & np.isfinite(analysis.divisiveness), analysis.divisiveness, -1.0)
    common = complete & (ground.bound > 0.5)
    nearly = ~common & (likely | (complete & ground.near_misses.near))
    most = _by(-divisiveness, screened.enough)
    drawn = np.flatnonzero((analysis.tally.decided > 0) & (divisiveness >= 0))
    return Choice(
        common_ground=_by(ground.worthwhile_rank, common),
        nearly=_by(order, nearly),
        against=_by(ground.unwanted_rank, complete & (ground.unwanted_bound < 0.5)),
        dividing=most[complete[most] & (divisiveness[most] >= 0)],
        table=_in_turn(_by(order, screened.enough), most),
        overview=_spread(drawn, divisiveness),
        overview_of=len(drawn),
    )


def _by(key: Ints | Floats, wanted: Bools) -> Ints:
    """Return the places wanted, by their key; equal keys in order of place."""
    places = np.flatnonzero(wanted)
    return places[np.argsort(key[places], kind="stable")]


def _in_turn(first: Ints, second: Ints) -> Ints:
    """Return all of two orders of the same places, or as many as fit in the table, taken from the top of each in turn."""
    turns = np.stack([first[:IN_TABLE], second[:IN_TABLE]], axis=1).ravel().tolist()
    return np.sort(np.array(list(dict.fromkeys(turns))[:IN_TABLE], dtype=np.int64))


def _spread(places: Ints, divisiveness: Floats) -> Ints:
    """Return all places, or as many as can be drawn: every so many-th in order of divisiveness."""
    if len(places) <= DRAWN:
        return places
    ordered = places[np.argsort(-divisiveness[places], kind="stable")]
    return np.sort(ordered[np.linspace(0, len(ordered) - 1, DRAWN).round().astype(np.int64)])
