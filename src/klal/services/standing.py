"""Where one participant stands: their place on the map, and in words what they share with each group and what not.

Everything about others comes from the public findings, screened already; only the participant's own votes are added. No NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from klal.core.settings import MapSettings
from klal.domain.ballot import Choice
from klal.domain.placing import Placing, Reasons, reasons_of
from klal.store.models import Participant, Vote
from klal.store.places import Place, find

MOST = 3
"""Statements named for each group, of what is shared and of what is not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One's own vote beside a group's.

    Attributes
    ----------
    statement : int
        Its number in the store.
    own : Choice
        The participant's own vote, agree or disagree.
    share : float
        Share of the group that agrees, among those of it who agree or disagree, 0 … 1.
    """

    statement: int
    own: Choice
    share: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """A participant beside a group they are not in.

    Attributes
    ----------
    slot : int
        The group.
    apart : tuple of Answer
        Statements on which most of the group see it the other way, the furthest first.
    shared : tuple of Answer
        Statements on which most of the group see it the same way, the closest first.
    """

    slot: int
    apart: tuple[Answer, ...]
    shared: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a participant stands.

    Attributes
    ----------
    place : Place or None
        On the map; None until placed.
    votes_needed : int
        Votes still to be cast to be placed; 0 with no place means that the next map shows it.
    groups : tuple of Comparison
        One for each other group; empty until placed, or where there are no groups.
    reasons : Reasons or None
        Which of their answers put them there; None until placed, and where their answers of now speak for another group than the one
        they were last seen in.
    """

    place: Place | None
    votes_needed: int
    groups: tuple[Comparison, ...]
    reasons: Reasons | None = None
    own: Mapping[int, Choice] = field(default_factory=dict)


def where_i_stand(participant_id: int, findings: Mapping[str, Any], places: bytes | memoryview) -> Standing | None:
    """Say where a participant stands.

    Parameters
    ----------
    participant_id : int
        Number of the participant in the store.
    findings : mapping
        Of the newest snapshot.
    places : bytes or memoryview
        Of the same snapshot.

    Returns
    -------
    Standing or None
        For that participant's eyes only; None if there is no such participant.
    """
    if not Participant.objects.filter(pk=participant_id).exists():
        return None
    statements: Mapping[str, Any] = findings["statements"]
    cast = Vote.objects.filter(participant_id=participant_id).order_by("statement_id").values_list("statement_id", "choice")
    own = {statement: Choice(choice) for statement, choice in cast if str(statement) in statements}
    place = find(places, participant_id)
    if place is None:
        needed = min(MapSettings().min_votes, len(statements))
        return Standing(None, max(0, needed - len(own)), ())
    others = [group["slot"] for group in findings["groups"] if group["slot"] != place.slot]
    compared = tuple(_compare(slot, own, statements) for slot in others)
    return Standing(place, 0, compared, _reasons(place, own, findings.get("placing")), own)


def _reasons(place: Place, own: Mapping[int, Choice], model: Mapping[str, Any] | None) -> Reasons | None:
    """Say why somebody stands where the map shows them, by their own answers and the model that placed everybody."""
    answers = {statement: choice is Choice.AGREE for statement, choice in own.items() if choice is not Choice.PASS}
    found = reasons_of(Placing.read(model), answers) if model else None
    return found if found is not None and found.slot in (None, place.slot) else None


def _compare(slot: int, own: Mapping[int, Choice], statements: Mapping[str, Any]) -> Comparison:
    nearness = sorted(_nearness(slot, own, statements), key=lambda one: one[0])
    apart = tuple(answer for near, answer in nearness[:MOST] if near < 1 / 2)
    shared = tuple(answer for near, answer in nearness[::-1][:MOST] if near > 1 / 2)
    return Comparison(slot, apart, shared)


def _nearness(slot: int, own: Mapping[int, Choice], statements: Mapping[str, Any]) -> Iterator[tuple[float, Answer]]:
    """Yield for each of the participant's answers how likely a member of the group gives the same, from the figures that may be shown."""
    for statement, choice in own.items():
        cell = statements[str(statement)]["groups"].get(str(slot))
        if choice is Choice.PASS or not cell or not cell["agree"] + cell["disagree"]:
            continue
        decided = cell["agree"] + cell["disagree"]
        agreeing = (cell["agree"] + 1) / (decided + 2)  # of two equal shares the one that more votes stand behind counts as further out
        yield agreeing if choice is Choice.AGREE else 1 - agreeing, Answer(statement, choice, round(cell["agree"] / decided, 4))
