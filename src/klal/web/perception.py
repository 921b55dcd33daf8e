"""What all guesses together say, in words for pages: the same for every reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from klal.domain.language import Language
from klal.domain.perception import WHOLE, Kind, Outcome
from klal.services.naming import named_letter


@dataclass(frozen=True, slots=True)
class Bar:
    """A distance with its interval, 0 … 1, and in hundredths as words."""

    key: str
    share: float
    lower: float
    width: float
    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Gap:
    """How far apart people think they are, in words.

    Attributes
    ----------
    headline : str
        A sentence.
    bars : tuple of Bar
        Believed and real distance; empty if not known.
    directions : tuple of str
        A sentence each, of those that are known.
    whole : str
        A sentence on what people think of everybody; empty if not known.
    people : int
        How many guessed.
    """

    headline: str
    bars: tuple[Bar, ...]
    directions: tuple[str, ...]
    whole: str
    people: int


def whom(kind: Kind, target: int) -> str:
    """Return how sentences call whom a guess is about: group, agreed, disagreed or whole."""
    if target == WHOLE:
        return "whole"
    return "group" if kind is Kind.GROUPS else ("agreed" if target == 0 else "disagreed")


def gap_of(document: Mapping[str, Any], language: Language, names: Mapping[str, Any] | None = None) -> Gap | None:
    """Put into words what a snapshot says of the gap.

    Parameters
    ----------
    document : mapping
        As `klal.services.perception_findings` writes it; may be empty.
    language : Language
        The reader's.
    names : mapping, optional
        That the convenors gave to groups.

    Returns
    -------
    Gap or None
        None if too few have guessed to say even that.
    """
    found: Mapping[str, Any] | None = document.get("gap")
    if not found:
        return None
    whole = found["whole"] if found["whole"] and found["whole"]["gap"] else None
    return Gap(
        headline=_headline(found, whole, language),
        bars=tuple(_bar(key, found[key]) for key in ("believed", "real") if found[key]),
        directions=tuple(_direction(one, Kind(document["kind"]), language, names or {}) for one in found["directions"] if one["gap"]),
        whole=_of_whole(whole, language) if whole and found["gap"] else "",
        people=found["people"],
    )


def _headline(found: Mapping[str, Any], whole: Mapping[str, Any] | None, language: Language) -> str:
    if found["gap"]:
        key = "guess.headline_same" if found["outcome"] == Outcome.SAME.value else "guess.headline_groups"
        return language.text(key, believed=_hundredths(found["believed"]), real=_hundredths(found["real"]))
    return _of_whole(whole, language) if whole else language.text("guess.headline_unknown", count=found["people"])


def _of_whole(whole: Mapping[str, Any], language: Language) -> str:
    return language.text("guess.headline_whole", believed=_hundredths(whole["believed"]), real=_hundredths(whole["real"]))


def _direction(one: Mapping[str, Any], kind: Kind, language: Language, names: Mapping[str, Any]) -> str:
    figures = {"believed": _hundredths(one["believed"]), "real": _hundredths(one["real"])}
    if kind is Kind.GROUPS:
        source, target = (named_letter(names, one[end], language) for end in ("from", "about"))
        return language.text("guess.direction", source=source, target=target, **figures)
    source, target = (language.text(f"guess.side_{whom(kind, one[end])}") for end in ("from", "about"))
    return language.text("guess.direction_sides", source=source, target=target, **figures)


def _bar(key: str, figure: Sequence[float]) -> Bar:
    value, lower, upper = (min(max(part, 0.0), 1.0) for part in figure)
    return Bar(key, value, lower, upper - lower, *(round(100 * part) for part in (value, lower, upper)))


def _hundredths(figure: Sequence[float]) -> int:
    return round(100 * figure[0])
