"""What a snapshot says about statements, ready for the templates: common ground, what divides, groups and their sizes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from klal.services.taking_part import ShownStatement
from klal.web.picture import has_groups


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one group agrees with a statement.

    Attributes
    ----------
    slot : int or None
        Of the group; None for everyone together.
    share : float or None
        0 … 1, of those who agree or disagree; None where too few voted to say.
    """

    slot: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """One statement of a list.

    Attributes
    ----------
    text, language : str
        In the reader's language where there is a translation.
    bars : tuple of Bar
        One for each group, or one for everyone.
    lower : float or None
        What the share surely exceeds even in the part of the public that agrees least.
    least : float or None
        How much of the public that part is, 0 … 1; None if too few to say.
    is_platitude : bool
        Whether hardly anything that divides people is at stake in it.
    home : int or None
        Slot of the group in which a gift began.
    before : tuple of Bar
        Shares when a gift was new.
    """

    text: str
    language: str
    bars: tuple[Bar, ...]
    lower: float | None = None
    least: float | None = None
    is_platitude: bool = False
    home: int | None = None
    before: tuple[Bar, ...] = ()


def shared_rows(findings: Mapping[str, Any], statements: Mapping[int, ShownStatement], language: str) -> tuple[Row, ...]:
    """Return the common ground, the surest first; statements that are no longer shown are left out."""
    several = has_groups(findings)
    return tuple(
        Row(
            *statements[one["statement"]].in_language(language),
            bars=_bars(findings, one, several=several),
            lower=one["lower"],
            least=one.get("least"),
            is_platitude=one.get("platitude", False),
        )
        for one in findings["common_ground"]
        if one["statement"] in statements
    )


def divisive_rows(findings: Mapping[str, Any], statements: Mapping[int, ShownStatement], language: str) -> tuple[Row, ...]:
    """Return what divides, the most divisive first; statements that are no longer shown are left out."""
    several = has_groups(findings)
    return tuple(
        Row(*statements[one["statement"]].in_language(language), bars=_bars(findings, one, several=several))
        for one in findings["divisive"]
        if one["statement"] in statements
    )


def gift_rows(findings: Mapping[str, Any], statements: Mapping[int, ShownStatement], language: str) -> tuple[Row, ...]:
    """Return what began in one group and was taken up by the others; statements that are no longer shown are left out."""
    return tuple(
        Row(
            *statements[one["statement"]].in_language(language),
            bars=_bars(findings, {"shares": one["now"]}, several=True),
            home=one["home"],
            before=_bars(findings, {"shares": one["start"]}, several=True),
        )
        for one in findings.get("gifts", ())
        if one["statement"] in statements
    )


def _bars(findings: Mapping[str, Any], one: Mapping[str, Any], *, several: bool) -> tuple[Bar, ...]:
    """Return the estimated shares where the snapshot has them."""
    if not several:
        share = one["agreement"] if "agreement" in one else _of_all(findings["statements"].get(str(one["statement"]), {}))
        return (Bar(None, share),)
    slots: Sequence[int] = [group["slot"] for group in findings["groups"]]
    return tuple(Bar(slot, one["shares"].get(str(slot))) for slot in slots)


def _of_all(counts: Mapping[str, Any]) -> float | None:
    agree, disagree = counts.get("agree"), counts.get("disagree")
    return agree / (agree + disagree) if agree is not None and disagree is not None and agree + disagree else None
