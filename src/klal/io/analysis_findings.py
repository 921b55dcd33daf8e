"""The parts of ``analysis.json`` that are not about every statement: gifts, and what looks coordinated. No account is named in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import numpy as np

from klal.core.arrays import Ints
from klal.core.coordination import Coordination, Evidence
from klal.core.gifts import Gifts
from klal.core.results import CommonGround
from klal.core.rises import Estimate
from klal.core.robust import RobustGround
from klal.domain.records import Id


def gifts_document(gifts: Gifts, ids: Sequence[Id]) -> dict[str, Any]:
    """Put gifts into plain values.

    Parameters
    ----------
    gifts : Gifts
        What was found.
    ids : sequence of int or str
        Id of each of the m statements.

    Returns
    -------
    dict
        The ``gifts`` of ``analysis.json``: figures six places long, null where not known.
    """
    return {
        "basis": gifts.basis.value,
        "tested": gifts.tested,
        "gifts": [
            {
                "statement": ids[j],
                "home": home,
                "may_publish": may_publish,
                "groups": [
                    {"group": g, **_estimates(q, g, start=gifts.start, now=gifts.now, rise=gifts.rise)}
                    for g in range(gifts.now.value.shape[1])
                ],
            }
            for q, (j, home, may_publish) in enumerate(
                zip(gifts.statements.tolist(), gifts.home.tolist(), gifts.may_publish.tolist(), strict=True)
            )
        ],
        "groups": [
            {"group": g, "alone": [ids[j] for j in gifts.alone[g]], "authors": authors, "written": written, "common_ground": common}
            for g, (authors, written, common) in enumerate(_rows(gifts.authors, gifts.written, gifts.common))
        ],
    }


def coordination_document(found: Coordination, ids: Sequence[Id]) -> dict[str, Any]:
    """Put what looks coordinated into plain values.

    Parameters
    ----------
    found : Coordination
        What was found.
    ids : sequence of int or str
        Id of each of the m statements.

    Returns
    -------
    dict
        The ``coordination`` of ``analysis.json``: sizes and evidence, never an account.
    """
    return {
        "timed": found.timed,
        "alike": found.alike,
        "sets": [
            {"size": len(one.members), "probability": _six(one.probability), "evidence": _evidence(one.evidence)} for one in found.sets
        ],
        "pushes": [
            {
                "statement": ids[one.statement],
                "surplus": _six(one.surplus),
                "agreeing": int(one.agreeing),
                "evidence": _evidence(one.evidence),
            }
            for one in found.pushes
        ],
    }


def ranking(ground: CommonGround | RobustGround) -> list[dict[str, Any]]:
    """Return lower bound and rank of each statement in another reckoning of common ground."""
    return [{"lower": lower, "rank": rank} for lower, rank in zip(map(_six, ground.bound.tolist()), ground.rank.tolist(), strict=True)]


def _evidence(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [{"part": one.part.value, "share": _six(one.share), "usual": _six(one.usual)} for one in evidence]


def _estimates(gift: int, group: int, **estimates: Estimate) -> dict[str, Any]:
    return {
        name: {part: _six(float(getattr(one, part)[gift, group])) for part in ("value", "lower", "upper")}
        for name, one in estimates.items()
    }


def _rows(*columns: Ints) -> list[list[int]]:
    rows: list[list[int]] = np.stack(columns, axis=1).tolist()
    return rows


def _six(value: float) -> float | None:
    return round(value, 6) + 0.0 if isfinite(value) else None
