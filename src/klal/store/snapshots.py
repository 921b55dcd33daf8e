"""Snapshots: the analyses of a conversation, kept so that pages read them and the next one can follow on from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from klal.store.models import Conversation, Snapshot

_UNDIVIDED = "none"


@dataclass(frozen=True, slots=True)
class NewSnapshot:
    """What is to be kept of one analysis; the fields are those of ``Snapshot``."""

    conversation_id: int
    changes: int
    milliseconds: int
    findings: dict[str, Any]
    places: bytes
    routes: bytes = b""
    turnout: dict[str, Any] = field(default_factory=dict)


def newest(conversation_id: int) -> Snapshot | None:
    """Return the last snapshot of a conversation, None if there is none."""
    return Snapshot.objects.filter(conversation_id=conversation_id).order_by("-number").first()


def newest_divided(conversation_id: int) -> Snapshot | None:
    """Return the last snapshot that found groups; its slots are given again when groups come back."""
    found = Snapshot.objects.filter(conversation_id=conversation_id).exclude(findings__verdict__kind=_UNDIVIDED)
    return found.order_by("-number").first()


def save(new: NewSnapshot) -> Snapshot | None:
    """Keep an analysis as the conversation's newest, and thin out the older ones.

    Parameters
    ----------
    new : NewSnapshot
        What was found.

    Returns
    -------
    Snapshot or None
        None if the conversation is gone, or if a later state of it has been analysed meanwhile; then nothing is changed.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update().filter(pk=new.conversation_id, analysed_changes__lte=new.changes).first()
        if conversation is None:
            return None
        number = conversation.snapshot_number + 1
        snapshot = Snapshot.objects.create(
            conversation=conversation,
            number=number,
            changes=new.changes,
            milliseconds=new.milliseconds,
            findings=new.findings,
            places=new.places,
            routes=new.routes,
            turnout=new.turnout,
        )
        # it grows with every hour and is read of the newest only
        Snapshot.objects.filter(conversation=conversation, number=number - 1).update(turnout={})
        Conversation.objects.filter(pk=conversation.pk).update(snapshot_number=number, analysed_changes=new.changes)
        thin(new.conversation_id)
    return snapshot


def thin(conversation_id: int) -> int:
    """Delete snapshots nobody needs any more.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.

    Returns
    -------
    int
        How many were deleted. The newest stays, the newest that found groups, and the first of each hour: the conversation's history.
    """
    rows = list(Snapshot.objects.filter(conversation_id=conversation_id).order_by("number").values_list("pk", "made"))
    divided = newest_divided(conversation_id)
    keep = {*_firsts(rows).values(), *(pk for pk, _ in rows[-1:])}
    keep |= {divided.pk} if divided else set()
    gone = [pk for pk, _ in rows if pk not in keep]
    Snapshot.objects.filter(pk__in=gone).delete()
    return len(gone)


def _firsts(rows: list[tuple[int, datetime]]) -> dict[datetime, int]:
    """Return the first snapshot of each hour."""
    firsts: dict[datetime, int] = {}
    for pk, made in rows:
        firsts.setdefault(made.replace(minute=0, second=0, microsecond=0), pk)
    return firsts
