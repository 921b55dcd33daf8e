"""What looks coordinated, told so that nobody is accused: how many accounts did the same, and common ground without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Ints
from klal.core.coordination import Coordination, Evidence
from klal.core.results import Analysis
from klal.report.choice import Choice
from klal.report.screening import Screened, tidy

LISTED_MOVES = 5
"""Most statements listed whose standing changes."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One part of the evidence: what kind, and the share of the accounts (or votes) it holds of."""

    part: str
    share: float


@dataclass(frozen=True, slots=True)
class Together:
    """Accounts that did the same: how many, and what was seen of them."""

    size: int
    evidence: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Pushed:
    """A statement that accounts came for.

    Attributes
    ----------
    statement : int
        Place of the statement in the report.
    surplus : int
        Agreeing votes beyond what turnout lets expect, rounded.
    agreeing : int
        Agreeing votes in all.
    """

    statement: int
    surplus: int
    agreeing: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a statement stands as common ground: with all accounts, and with what looks coordinated taken out; 0 for not at all."""

    statement: int
    rank: int
    without: int


@dataclass(frozen=True, slots=True)
class Caution:
    """What the report says about accounts that look alike.

    Attributes
    ----------
    accounts : int
        Accounts in votes that do the same as others.
    sets : tuple of Together
        Largest first.
    pushed : tuple of Pushed
        Most surplus first.
    common, still : int
        Statements that are common ground, and how many of them stay so when every account's influence is bounded.
    moved : tuple of Standing
        Common ground that would no longer be, by rank.
    timed : bool
        Whether it is known when votes were cast.
    """

    accounts: int
    sets: tuple[Together, ...]
    pushed: tuple[Pushed, ...]
    common: int
    still: int
    moved: tuple[Standing, ...]
    timed: bool


def caution_places(analysis: Analysis, screened: Screened, choice: Choice, *, min_cell: int) -> list[int]:
    """Return the places in the analysis of all statements that ``told_caution`` speaks of."""
    found = analysis.coordination
    if found is None:
        return []
    return [*(one.statement for one in found.pushes if _may_tell(one.agreeing, min_cell, screened, one.statement)), *_lost(found, choice)]


def told_caution(analysis: Analysis, screened: Screened, choice: Choice, at: Mapping[int, int], *, min_cell: int) -> Caution | None:
    """Say how many accounts look alike, and how common ground stands without them.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    screened : Screened
        What may be published.
    choice : Choice
        Has the common ground.
    at : mapping of int to int
        Place in the report by place in the analysis.
    min_cell : int
        The fewest accounts, or votes, that are spoken of.

    Returns
    -------
    Caution or None
        None if it was not looked for. No account is named, and nothing says how any voted.
    """
    found = analysis.coordination
    if found is None:
        return None
    sets = [one for one in found.sets if len(one.members) >= min_cell]
    lost = _lost(found, choice)
    return Caution(
        accounts=sum(len(one.members) for one in sets),
        sets=tuple(Together(len(one.members), _seen(one.evidence)) for one in sets),
        pushed=tuple(
            Pushed(at[one.statement], round(one.surplus), int(one.agreeing))
            for one in found.pushes
            if _may_tell(one.agreeing, min_cell, screened, one.statement)
        ),
        common=len(choice.common_ground),
        still=len(choice.common_ground) - len(lost),
        moved=tuple(Standing(at[j], int(screened.rank[j]), 0) for j in lost[:LISTED_MOVES]),
        timed=found.timed,
    )


def _may_tell(agreeing: int, min_cell: int, screened: Screened, statement: int) -> bool:
    return agreeing >= min_cell and bool(screened.complete[statement])


def _lost(found: Coordination, choice: Choice) -> list[int]:
    """Return common ground that is none once every account's influence is bounded, by rank."""
    common: Ints = choice.common_ground
    lost: list[int] = common[np.asarray(found.robust.bound[common] <= 0.5)].tolist()
    return lost


def _seen(evidence: tuple[Evidence, ...]) -> tuple[Seen, ...]:
    return tuple(Seen(one.part.value, tidy(one.share) or 0.0) for one in evidence)
