"""The published policy, and the public log: what was rejected and why, by day, without a name and without what could harm somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, F
from django.db.models.functions import TruncDate

from klal.domain.moderation import Reason, is_told
from klal.domain.records import Moderation
from klal.services.auditing import note_act
from klal.services.kept import Kept
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Statement

PAGE = 50
"""Rejected statements on one page of the log."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A statement in the public log.

    Attributes
    ----------
    text, language : str
        As written; empty where showing it could harm somebody.
    reason : str
        Of the policy; empty if none was given.
    """

    text: str
    language: str
    reason: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the public log.

    Attributes
    ----------
    day : date or None
        UTC; None for what was decided before it came here.
    accepted, rejected : int
        Statements that stand so, decided on that day.
    statements : tuple of Rejected
        In an order that says nothing about when in the day each was decided.
    """

    day: date | None
    accepted: int
    rejected: int
    statements: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many statements stand how.

    Attributes
    ----------
    accepted, rejected, waiting, withdrawn : int
        Of participants and convenors.
    reasons : tuple of (str, int)
        Rejected ones by reason, the most frequent first; the empty one is "none given".
    days : mapping of date to (int, int)
        Accepted and rejected by day.
    """

    accepted: int
    rejected: int
    waiting: int
    withdrawn: int
    reasons: tuple[tuple[str, int], ...]
    days: Mapping[date | None, tuple[int, int]]


def set_policy(conversation: Conversation, account: User, texts: Mapping[str, str]) -> None:
    """Publish what the convenors add to the policy; the same again changes nothing.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Who does it.
    texts : mapping of str to str
        Text by language; empty ones are taken away.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        policy = {code: text for code, text in {**held.policy, **texts}.items() if text}
        if policy == held.policy:
            return
        Conversation.objects.filter(pk=held.pk).update(policy=policy)
        mark_revised(held.pk)
        note_act("policy_edited", account, held)


def totals(conversation: Conversation) -> Totals:
    """Return how many statements stand how; counted once for every revision of the conversation."""
    return _totals.get(conversation.pk, conversation.revision, lambda: _count(conversation))


def public_log(conversation: Conversation, *, page: int = 1) -> tuple[tuple[Day, ...], int]:
    """Return a page of the public log, the last day first, and how many pages there are.

    Parameters
    ----------
    conversation : Conversation
        Which.
    page : int
        From 1; the nearest there is.
    """
    known = totals(conversation)
    pages = max(1, -(-known.rejected // PAGE))
    page = min(max(page, 1), pages)
    rows = (
        Statement.objects.filter(conversation=conversation, state=Moderation.REJECTED.value, is_withdrawn=False)
        .annotate(day=TruncDate("moderated"))
        .order_by(F("day").desc(nulls_last=True), "pk")  # within a day in the order they were said, not in that they were decided
        .values_list("day", "text", "language", "reason_code")[(page - 1) * PAGE : page * PAGE]
    )
    days = [
        Day(day, *known.days.get(day, (0, 0)), tuple(_told(row[1:]) for row in found)) for day, found in groupby(rows, lambda row: row[0])
    ]
    return tuple(days), pages


_totals: Kept[Totals] = Kept(32)


def _told(row: Sequence[str]) -> Rejected:
    text, language, reason = row
    known = reason if reason in set(Reason) else ""
    return Rejected(text, language, known) if is_told(known) else Rejected("", "", known)


def _count(conversation: Conversation) -> Totals:
    rows = Statement.objects.filter(conversation=conversation)
    states = dict(rows.filter(is_withdrawn=False).order_by().values_list("state").annotate(count=Count("pk")))
    rejected = rows.filter(is_withdrawn=False, state=Moderation.REJECTED.value)
    reasons: dict[str, int] = {}
    for code, count in rejected.order_by().values_list("reason_code").annotate(count=Count("pk")):
        known = code if code in set(Reason) else ""
        reasons[known] = reasons.get(known, 0) + count
    days: dict[date | None, tuple[int, int]] = {}
    decided = rows.filter(is_withdrawn=False).exclude(state=Moderation.PENDING.value).annotate(day=TruncDate("moderated"))
    for day, state, count in decided.order_by().values_list("day", "state").annotate(count=Count("pk")):
        accepted, refused = days.get(day, (0, 0))
        days[day] = (accepted + count, refused) if state == Moderation.ACCEPTED.value else (accepted, refused + count)
    return Totals(
        accepted=states.get(Moderation.ACCEPTED.value, 0),
        rejected=states.get(Moderation.REJECTED.value, 0),
        waiting=states.get(Moderation.PENDING.value, 0),
        withdrawn=rows.filter(is_withdrawn=True).count(),
        reasons=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        days=days,
    )
