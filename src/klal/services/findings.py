"""What every page may show of an analysis: one screened document, drawn from the same functions as the report."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from klal.core.arrays import Floats
from klal.core.results import Analysis
from klal.core.routing import plan_routing
from klal.domain.privacy import MIN_CELL, may_publish_cell
from klal.domain.routes import Routes, reading_ease
from klal.report.choice import Choice, choose
from klal.report.coordination import told_caution
from klal.report.gifts import told_gifts
from klal.report.model import PLATITUDE
from klal.report.picture import GroupPicture, draw_groups
from klal.report.screening import Screened, screen, tidy, votes_of_groups
from klal.store.votes import StoredVotes

MOST_COMMON, MOST_DIVISIVE = 20, 10
_DIRECTIONS = ("agree", "disagree")
_ANSWERS = ("agree", "disagree", "pass")
_META_WEIGHT = 3.0
"""A statement about the conversation itself comes as often as three others."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A conversation, what was found in it, and how it is shown.

    Attributes
    ----------
    stored : StoredVotes
        What was analysed.
    analysis : Analysis
        Groups in the order of their slots, the map turned as it was before.
    slots : tuple of int
        Slot of each group, ascending.
    milliseconds : int
        How long it took.
    """

    stored: StoredVotes
    analysis: Analysis
    slots: tuple[int, ...]
    milliseconds: int

    @property
    def unit(self) -> float:
        """Return the distance that is shown as 1: the greatest coordinate of anybody placed."""
        placed = self.analysis.opinion_map.positions[self.analysis.grouping.labels >= 0]
        return float(np.abs(placed).max(initial=0.0)) or 1.0


def findings_document(found: Found) -> dict[str, Any]:
    """Put what may be shown into the form that pages read.

    Parameters
    ----------
    found : Found
        The analysis.

    Returns
    -------
    dict
        Plain values. Statements are named by their number in the store, groups by their slot. A figure resting on too few votes, or
        from which such a one could be worked out, is None. Votes of a statement are those of people in a group, as in the report.
    """
    analysis, numbers = found.analysis, _numbers(found)
    screened = screen(analysis, min_cell=MIN_CELL)
    choice = choose(analysis, screened)
    pictures = draw_groups(analysis, min_cell=MIN_CELL, unit=found.unit)
    ground, grouping = analysis.common_ground, analysis.grouping
    voted = int(np.count_nonzero(analysis.votes.votes_per_participant))
    return {
        "counts": {
            "participants": analysis.votes.shape[0],
            "statements": analysis.votes.shape[1],
            "votes": analysis.votes.n_votes,
            "participants_placed": int(analysis.opinion_map.placed.sum()),
        },
        "verdict": {"kind": grouping.verdict.value, "reason": grouping.reason.value, "stability": tidy(grouping.stability, 2)},
        "groups": _groups(found, screened, pictures, numbers),
        "map": _map(found, pictures),
        "common_ground": [
            {
                "statement": numbers[j],
                "agreement": tidy(float(ground.score[j])),
                "lower": tidy(float(ground.bound[j])),
                "weakest": found.slots[ground.weakest_group[j]],
                "least": tidy(float(ground.weakest_share[j])) if ground.weakest_share[j] * voted >= MIN_CELL else None,
                "platitude": bool(ground.worth[j] < PLATITUDE),
                "shares": _by_slot(found, [tidy(share) for share in ground.agreement[:, j].tolist()]),
            }
            for j in choice.common_ground[:MOST_COMMON].tolist()
        ],
        "divisive": [
            {"statement": numbers[j], "shares": _by_slot(found, [tidy(share) for share in ground.agreement[:, j].tolist()])}
            for j in choice.dividing[:MOST_DIVISIVE].tolist()
        ],
        "gifts": _gifts(found, screened, numbers),
        "caution": _caution(found, screened, choice, numbers),
        "statements": _statements(found, screened, numbers),
    }


def routes_of(found: Found) -> Routes:
    """Return what the next statements are drawn by; rejected statements are left out."""
    analysis, stored = found.analysis, found.stored
    ease = np.array([reading_ease(row.text) for row, taken in zip(stored.statements, stored.analysed.tolist(), strict=True) if taken])
    plan = plan_routing(analysis.votes, analysis.tally, analysis.bridging, brevity=ease)
    meta = stored.statement_numbers[stored.is_meta & ~stored.is_rejected]
    k, m = plan.weights.shape
    often = _META_WEIGHT / max(m, 1)

    def packed(*parts: Floats) -> array[float]:
        return array("f", np.concatenate(parts).astype(np.float32).tobytes())

    nothing = np.zeros(len(meta))
    return Routes(
        maturity=plan.maturity,
        centres=packed(plan.centres.ravel()),
        fresh=packed(plan.fresh),
        numbers=array("q", [*_numbers(found), *meta.tolist()]),
        appeal=packed(plan.appeal, nothing),
        x=packed(plan.axes[:, 0], nothing),
        y=packed(plan.axes[:, 1], nothing),
        ease=packed(plan.ease, nothing),
        weights=tuple(packed(plan.weights[row], nothing + often) for row in range(k)),
    )


def _numbers(found: Found) -> list[int]:
    """Return the number in the store of each analysed statement."""
    numbers: list[int] = found.stored.statement_numbers[found.stored.analysed].tolist()
    return numbers


def _by_slot(found: Found, values: Sequence[Any]) -> dict[str, Any]:
    return {str(slot): value for slot, value in zip(found.slots, values, strict=True)}


def _groups(found: Found, screened: Screened, pictures: Sequence[GroupPicture], numbers: Sequence[int]) -> list[dict[str, Any]]:
    sizes = found.analysis.grouping.sizes.tolist()
    placed = sum(sizes)
    shown = [may_publish_cell(size) for size in sizes]
    return [
        {
            "slot": slot,
            "size": sizes[g] if shown[g] else None,
            "share": tidy(sizes[g] / placed) if shown[g] else None,
            "centre": list(pictures[g].centre),
            "outline": [list(point) for point in pictures[g].outline],
            "representative": [
                {"statement": numbers[j], "direction": _DIRECTIONS[side]}
                for j, side in found.analysis.representativeness.chosen[g]
                if screened.complete[j]
            ],
        }
        for g, slot in enumerate(found.slots)
    ]


def _gifts(found: Found, screened: Screened, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """Return what began in one group and was taken up by the others."""
    told = told_gifts(found.analysis, screened, dict(enumerate(numbers)), min_cell=MIN_CELL)
    return [
        {
            "statement": gift.statement,
            "home": found.slots[gift.home],
            "start": _by_slot(found, [cell.agreement for cell in gift.start]),
            "now": _by_slot(found, [cell.agreement for cell in gift.now]),
        }
        for gift in (told.gifts if told else ())
    ]


def _caution(found: Found, screened: Screened, choice: Choice, numbers: Sequence[int]) -> dict[str, Any]:
    """Return what looks coordinated, for convenors: sizes and evidence, never an account."""
    told = told_caution(found.analysis, screened, choice, dict(enumerate(numbers)), min_cell=MIN_CELL)
    return asdict(told) if told else {}


def _map(found: Found, pictures: Sequence[GroupPicture]) -> dict[str, Any]:
    labels = found.analysis.grouping.labels
    extent = np.abs(found.analysis.opinion_map.positions[labels >= 0]).max(axis=0, initial=0.0) / found.unit
    points = sorted([*dot, slot] for slot, picture in zip(found.slots, pictures, strict=True) for dot in picture.dots)
    return {
        "width": tidy(float(extent[0]), 3),
        "height": tidy(float(extent[1]), 3),
        "points": points,
        "shown": len(points),
        "of": int(np.count_nonzero(labels >= 0)),
    }


def _statements(found: Found, screened: Screened, numbers: Sequence[int]) -> dict[str, Any]:
    tally, groups = votes_of_groups(found.analysis), found.analysis.group_tally
    totals = np.stack([tally.agree, tally.disagree, tally.passed], axis=1).tolist()
    cells = np.stack([groups.agree, groups.disagree, groups.passed], axis=-1).transpose(1, 0, 2).tolist()
    enough, withheld = screened.enough.tolist(), screened.withheld.T.tolist()
    return {
        str(number): {
            **dict(zip(_ANSWERS, totals[j] if enough[j] else (None, None, None), strict=True)),
            "seen": sum(totals[j]) if enough[j] else None,
            "groups": _by_slot(
                found,
                [None if hidden else dict(zip(_ANSWERS, cell, strict=True)) for cell, hidden in zip(cells[j], withheld[j], strict=True)],
            ),
        }
        for j, number in enumerate(numbers)
    }
