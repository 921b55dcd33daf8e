"""The perception check of a conversation in the store: its guesses, and what its newest snapshot says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils import timezone

from klal.domain.perception import WHOLE
from klal.services.findings import Found
from klal.services.perception_findings import GONE, Document, Given, count_by_crowds, gap_document, questions_document, rows_of_slots
from klal.services.phases import Stage, stage_of
from klal.services.publishing import is_kept
from klal.store.models import Guess, Snapshot

PERCEPTION = "perception"
_QUESTIONS = ("kind", "anchor", "questions")


def perception_findings(found: Found, findings: Mapping[str, Any], last: Snapshot | None) -> Document:
    """Return what a snapshot says on the perception check.

    Parameters
    ----------
    found : Found
        The analysis.
    findings : mapping
        What else the snapshot shows: where it shows map and groups as they were, the figures to be guessed at stay too.
    last : Snapshot or None
        The newest one before.

    Returns
    -------
    dict
        As ``questions_document`` writes it, with ``gap`` and until when guesses were ``counted``; empty while nothing may be shown.
    """
    before: Document = (last.findings.get(PERCEPTION) if last is not None else None) or {}
    numbers = [int(number) for number in found.stored.statement_numbers[found.stored.analysed].tolist()]
    if is_kept(findings):
        questions: Document = {name: value for name, value in before.items() if name in _QUESTIONS}
    else:
        questions = questions_document(found.analysis, numbers, found.slots, anchor=before.get("anchor"))
    if not questions:
        return {}
    conversation = found.stored.conversation
    is_over = stage_of(conversation, timezone.now()) is Stage.CLOSED
    given, counted = count_by_crowds(_as_here(found, read_guesses(conversation.pk)), before.get("counted", {}), is_over=is_over)
    return {**questions, "gap": gap_document(questions, given), "counted": counted}


def read_guesses(conversation_id: int) -> list[tuple[Given, bool]]:
    """Return the guesses that count for the gap, of everybody's first round, once answered, and whether each was imported."""
    rows = Guess.objects.filter(participant__conversation_id=conversation_id, round=1, seen__isnull=False).order_by(
        "participant_id", "time"
    )
    fields = ("participant_id", "statement_id", "target", "own", "anchor_id", "share", "spread", "seen", "snapshot_number")
    return [(Given(*row), not number) for *row, number in rows.values_list(*fields).iterator()]


def _as_here(found: Found, guesses: list[tuple[Given, bool]]) -> list[Given]:
    """Return guesses with the slots of this conversation: those of imported ones are matched by who is in the groups."""
    places = {pk: row for row, pk in enumerate(found.stored.participants.tolist())}
    foreign = [one for one, is_imported in guesses if is_imported and one.anchor is None and one.person in places]
    if not foreign:
        return [one for one, _ in guesses]
    groups = rows_of_slots(found.analysis, [(places[one.person], one.own) for one in foreign])
    slots = {WHOLE: WHOLE} | {slot: found.slots[group] for slot, group in groups.items()}
    moved = {id(one): replace(one, target=slots.get(one.target, GONE), own=slots.get(one.own, GONE)) for one in foreign}
    return [moved.get(id(one), one) for one, _ in guesses]
