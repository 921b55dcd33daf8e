"""The perception check of a conversation in the store: its guesses, and what its newest snapshot says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from klal.services.findings import Found
from klal.services.perception_findings import Document, Given, count_by_crowds, gap_document, questions_document
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
    given, counted = count_by_crowds(read_guesses(conversation.pk), before.get("counted", {}), is_over=is_over)
    return {**questions, "gap": gap_document(questions, given), "counted": counted}


def read_guesses(conversation_id: int) -> list[Given]:
    """Return the guesses of a conversation that count for the gap: of everybody's first round, once the answers were seen."""
    rows = Guess.objects.filter(participant__conversation_id=conversation_id, round=1, seen__isnull=False).order_by(
        "participant_id", "time"
    )
    fields = ("participant_id", "statement_id", "target", "own", "anchor_id", "share", "spread", "seen")
    return [Given(*row) for row in rows.values_list(*fields).iterator()]
