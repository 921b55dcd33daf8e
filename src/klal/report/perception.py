"""How far apart people think they are, and how far they are: what the report says of the perception check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from klal.domain.language import Language
from klal.domain.perception import WHOLE, Kind, Outcome
from klal.report.model import Cell


@dataclass(frozen=True, slots=True)
class Compared:
    """One statement: what people think others say, and what those say.

    Attributes
    ----------
    text : str
        The statement.
    believed, real : Cell
        Shares of agreement with their intervals.
    """

    text: str
    believed: Cell
    real: Cell


@dataclass(frozen=True, slots=True)
class Belief:
    """What one group thinks of another, or all of the whole.

    Attributes
    ----------
    source, target : int
        Places of the groups in the report, or sides 0 and 1; −1 for everybody.
    title : str
        In words.
    people : int
        How many guessed.
    outcome : str
        ``further``, ``closer``, ``same`` or ``unknown``.
    believed, real : Cell
        Distances with their intervals; of the whole shares with the majority. Empty if not known.
    statements : tuple of Compared
        Those that enough people guessed at.
    """

    source: int
    target: int
    title: str
    people: int
    outcome: str
    believed: Cell
    real: Cell
    statements: tuple[Compared, ...]


@dataclass(frozen=True, slots=True)
class Perception:
    """The perception check as the report tells it.

    Attributes
    ----------
    kind : str
        ``groups``, ``sides`` or ``whole``.
    anchor : str
        Statement that tells sides apart; empty where there are groups.
    people : int
        How many guessed.
    headline, verdict : str
        What was found, and how sure.
    believed, real : Cell
        Distances over all directions; empty if not known.
    beliefs : tuple of Belief
        Of groups about each other.
    whole : Belief or None
        Of everybody about everybody.
    """

    kind: str
    anchor: str
    people: int
    headline: str
    verdict: str
    believed: Cell
    real: Cell
    beliefs: tuple[Belief, ...]
    whole: Belief | None


def build_perception(document: Mapping[str, Any], texts: Mapping[Any, str], slots: Sequence[int], language: Language) -> Perception | None:
    """Put what a snapshot says on the perception check into the report's form.

    Parameters
    ----------
    document : mapping
        As `klal.services.perception_findings` writes it, screened already; may be empty.
    texts : mapping
        Words of the statements by the ids the document has; statements without words are left out.
    slots : sequence of int
        Slot of each group of the report.
    language : Language
        The reader's.

    Returns
    -------
    Perception or None
        None if too few have guessed to say even that.
    """
    gap: Mapping[str, Any] | None = document.get("gap")
    if not gap:
        return None
    kind = Kind(document["kind"])
    figures = {one["statement"]: one["figures"] for one in document["questions"]}
    place = {slot: at for at, slot in enumerate(slots)} if kind is Kind.GROUPS else {0: 0, 1: 1}

    def told(one: Mapping[str, Any]) -> Belief:
        source, target = (place.get(one[end], WHOLE) for end in ("from", "about"))
        return Belief(
            source=source,
            target=target,
            title=_title(kind, one, language),
            people=one["people"],
            outcome=one["outcome"],
            believed=_cell(one["believed"]),
            real=_cell(one["real"]),
            statements=tuple(
                Compared(texts[row["statement"]], _cell(row["believed"]), _cell(figures[row["statement"]].get(str(one["about"]))))
                for row in one["statements"]
                if row["statement"] in texts and str(one["about"]) in figures[row["statement"]]
            ),
        )

    whole = told(gap["whole"]) if gap["whole"] else None
    return Perception(
        kind=kind.value,
        anchor=texts.get(document["anchor"], ""),
        people=gap["people"],
        headline=_headline(gap, language),
        verdict=_verdict(gap, language),
        believed=_cell(gap["believed"]),
        real=_cell(gap["real"]),
        beliefs=tuple(told(one) for one in gap["directions"]),
        whole=whole,
    )


def hundredths(share: float | None) -> int:
    """Return a share as a whole number of hundredths, as sentences have it."""
    return round(100 * (share or 0.0))


def _cell(figure: Sequence[float] | None) -> Cell:
    if figure is None:
        return Cell()
    value, lower, upper = (min(max(part, 0.0), 1.0) for part in figure)
    return Cell(votes=None, agreement=value, lower=lower, upper=upper)


def _title(kind: Kind, one: Mapping[str, Any], language: Language) -> str:
    if one["about"] == WHOLE:
        return language.text("report.perception.whole")
    if kind is Kind.GROUPS:
        return language.text("report.perception.direction", source=language.letter(one["from"]), target=language.letter(one["about"]))
    side = ("report.perception.side_agreed", "report.perception.side_disagreed")
    source, target = (language.text(side[one[end]]) for end in ("from", "about"))
    return language.text("report.perception.direction_sides", source=source, target=target)


def _headline(gap: Mapping[str, Any], language: Language) -> str:
    if gap["gap"]:
        key = "headline_same" if gap["outcome"] == Outcome.SAME.value else "headline_groups"
        return language.text(f"report.perception.{key}", believed=hundredths(gap["believed"][0]), real=hundredths(gap["real"][0]))
    whole = gap["whole"]
    if whole and whole["gap"]:
        figures = {"believed": hundredths(whole["believed"][0]), "real": hundredths(whole["real"][0])}
        return language.text("report.perception.headline_whole", **figures)
    return language.text("report.perception.headline_unknown", people=language.text("report.perception.people", count=gap["people"]))


def _verdict(gap: Mapping[str, Any], language: Language) -> str:
    found = gap["gap"]
    if not found:
        return language.text("report.perception.outcome_unknown")
    value, low, high = found if gap["outcome"] != Outcome.CLOSER.value else [-found[0], -found[2], -found[1]]
    figures = {"gap": round(100 * value), "low": round(100 * low), "high": round(100 * high)}
    return language.text(f"report.perception.outcome_{gap['outcome']}", **figures)
