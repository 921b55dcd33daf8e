"""What a conversation is open for now, and the convenors' big buttons: open, votes only, pause, close, reopen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.records import Phase
from klal.domain.rules import takes_statements, takes_votes
from klal.errors import DeletionSetError
from klal.services.auditing import note_act
from klal.services.revising import mark_revised
from klal.store.models import Conversation


class Stage(StrEnum):
    """What those who take part meet: the phase, and what the schedule makes of it."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    VOTING = "voting"
    PAUSED = "paused"
    CLOSED = "closed"


def stage_of(conversation: Conversation, now: datetime) -> Stage:
    """Return what a conversation is open for at a moment.

    Parameters
    ----------
    conversation : Conversation
        Which.
    now : datetime
        With a time zone.
    """
    if conversation.phase in {Phase.DRAFT.value, Phase.PAUSED.value, Phase.CLOSED.value}:
        return Stage(conversation.phase)
    if conversation.closes_at is not None and conversation.closes_at <= now:
        return Stage.CLOSED
    if not takes_votes(conversation.phase, opens_at=conversation.opens_at, closes_at=conversation.closes_at, now=now):
        return Stage.SCHEDULED
    late = conversation.statements_until is not None and conversation.statements_until <= now
    return Stage.VOTING if late or conversation.phase == Phase.VOTING.value else Stage.OPEN


def can_speak(conversation: Conversation, now: datetime) -> bool:
    """Say whether a conversation takes statements of those who take part."""
    return takes_statements(
        conversation.phase,
        conversation.speakers,
        opens_at=conversation.opens_at,
        statements_until=conversation.statements_until,
        closes_at=conversation.closes_at,
        now=now,
    )


def set_phase(conversation: Conversation, phase: Phase, account: User | None) -> None:
    """Set what a conversation is open for, from this moment on; doing it twice changes nothing.

    Dates that would contradict it go, and so does the shelf: who opens what was to close yesterday, or was put away, wants it open.

    Parameters
    ----------
    conversation : Conversation
        Which.
    phase : Phase
        What for.
    account : User or None
        Who does it.

    Raises
    ------
    DeletionSetError
        If it is to be deleted; that has to be undone first.
    """
    now = timezone.now()
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if held.deletes_at is not None:
            raise DeletionSetError
        before = held.phase, held.opens_at, held.statements_until, held.closes_at, held.archived
        _drop_contradictions(held, phase, now)
        held.phase = phase.value
        if (held.phase, held.opens_at, held.statements_until, held.closes_at, held.archived) == before:
            return
        held.save(update_fields=["phase", "opens_at", "statements_until", "closes_at", "archived"])
        mark_revised(held.pk)
        note_act("phase_set", account, held, phase=phase.value, before=before[0])


def _drop_contradictions(held: Conversation, phase: Phase, now: datetime) -> None:
    if phase not in {Phase.OPEN, Phase.VOTING}:
        return
    held.archived = None
    if held.closes_at is not None and held.closes_at <= now:
        held.closes_at = None
    if phase is Phase.OPEN and held.statements_until is not None and held.statements_until <= now:
        held.statements_until = None
    if held.phase != Phase.DRAFT.value and held.opens_at is not None and held.opens_at > now:
        held.opens_at = None  # it was waiting for that moment already: now means now
