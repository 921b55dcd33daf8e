"""Tell convenors by mail what they should know of: each thing once, until it is over and comes again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from klal.domain.language import Phrase, available, get
from klal.domain.records import Moderation, ModerationMode, Phase
from klal.services.mailing import post
from klal.services.schedule import moment_in_words, zone_name
from klal.services.taking_part import wording
from klal.store.models import Alert, AuditEntry, Conversation, Membership, Snapshot
from klal.store.opening import configuration


class Kind(StrEnum):
    """What a convenor can ask to be told."""

    WAITING = "waiting"
    """Statements wait for a moderator for long, or there are many."""
    BEHIND = "behind"
    """The analysis does not keep up."""
    CLOSING = "closing"
    """It closes tomorrow."""
    SILENT = "silent"
    """Nobody has voted for a day."""
    RUSH = "rush"
    """Far more votes than usual."""


LONG_WAIT, MANY_WAITING = timedelta(hours=12), 50
PATIENCE = timedelta(minutes=10)
"""The analysis is behind when the same changes have waited for so long."""
SOON = QUIET = timedelta(days=1)
RUSH_VOTES, RUSH_FACTOR, RUSH_MINUTES = 200, 10.0, 10
"""So many votes in so many minutes, and so many times more than in the two hours before, are a rush."""

_EVERY_SECONDS = 60.0
_looked = [-_EVERY_SECONDS]
Facts = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Look:
    """A conversation as the checks see it."""

    conversation: Conversation
    snapshot: Snapshot | None
    now: datetime

    @property
    def turnout(self) -> Mapping[str, Any]:
        return self.snapshot.turnout if self.snapshot is not None else {}


def raise_alerts() -> None:
    """Look at every open conversation, at most once a minute: a chore, safe in several processes at once."""
    if time.monotonic() - _looked[0] < _EVERY_SECONDS:
        return
    _looked[0] = time.monotonic()
    look_at_all(timezone.now())


def look_at_all(now: datetime) -> None:
    """Raise what is new and drop what is over.

    Parameters
    ----------
    now : datetime
        With a time zone.
    """
    running = Conversation.objects.filter(phase__in=(Phase.OPEN.value, Phase.VOTING.value), deletes_at=None, archived=None)
    Alert.objects.exclude(conversation__in=running).delete()
    for conversation in running:
        newest = Snapshot.objects.filter(conversation=conversation, number=conversation.snapshot_number)
        look = _Look(conversation, newest.only("made", "turnout", "conversation").first(), now)
        standing = {one.kind: one for one in conversation.alerts.all()}
        for kind, check in _CHECKS.items():
            facts = check(look)
            if facts is None:
                conversation.alerts.filter(kind=kind.value).delete()
            elif kind.value not in standing:
                _raise(look, kind, facts)
            elif kind is Kind.BEHIND:
                _watch_lag(look, standing[kind.value], facts)


def choose_alerts(membership: Membership, kinds: tuple[str, ...], language: str) -> None:
    """Set what a member is mailed.

    Parameters
    ----------
    membership : Membership
        Whose.
    kinds : tuple of str
        Of ``Kind``; others are left out.
    language : str
        Code of the language to write in.
    """
    membership.alerts = [kind.value for kind in Kind if kind.value in kinds]
    membership.language = language
    membership.save(update_fields=["alerts", "language"])


def _raise(look: _Look, kind: Kind, facts: Facts) -> None:
    try:
        with transaction.atomic():
            # of two processes that see it at once the second fails here, before anything is mailed
            Alert.objects.create(conversation=look.conversation, kind=kind.value, facts=facts, raised=look.now)
            if kind is not Kind.BEHIND:  # that has to last for a while first
                _mail(look, kind, facts)
    except IntegrityError:
        return


def _watch_lag(look: _Look, alert: Alert, facts: Facts) -> None:
    """Mail that the analysis is behind once it has been for a while without a step forward."""
    held = Alert.objects.filter(pk=alert.pk, raised=alert.raised)
    if alert.facts.get("analysed") != facts["analysed"]:
        held.update(raised=look.now, facts=facts)
    elif not alert.facts.get("mailed") and look.now - alert.raised >= PATIENCE:
        with transaction.atomic():
            if held.filter(facts=alert.facts).update(facts={**facts, "mailed": True}):
                _mail(look, Kind.BEHIND, facts)


def _mail(look: _Look, kind: Kind, facts: Facts) -> None:
    for member in Membership.objects.filter(conversation=look.conversation).select_related("account"):
        account: User = member.account
        if kind.value in member.alerts and account.email and account.is_active:
            _write(look, kind, facts, member, account.email)


def _write(look: _Look, kind: Kind, facts: Facts, member: Membership, address: str) -> None:
    language = get(member.language if member.language in available() else "en")
    topic = wording(look.conversation, language.code).topic
    shown = dict(facts)
    if kind is Kind.CLOSING and look.conversation.closes_at is not None:
        shown["at"] = moment_in_words(look.conversation.closes_at, zone_name(look.conversation), language)
    link = Phrase(f"{configuration().url}/convene/c/{look.conversation.slug}/")
    post(
        address,
        language.text(f"mail.alert_{kind.value}_subject", topic=topic[:120]),
        language.text(f"mail.alert_{kind.value}", topic=topic, **shown) + "\n\n" + language.text("mail.alert_foot", link=link),
    )


def _waiting(look: _Look) -> Facts | None:
    if look.conversation.moderation_mode != ModerationMode.BEFORE.value:
        return None
    waiting = look.conversation.statements.filter(state=Moderation.PENDING.value)
    count, first = waiting.count(), waiting.order_by("created").values_list("created", flat=True).first()
    is_long = first is not None and look.now - first >= LONG_WAIT
    return {"count": count} if count >= MANY_WAITING or (count and is_long) else None


def _behind(look: _Look) -> Facts | None:
    one = look.conversation
    return {"analysed": one.analysed_changes} if one.changes > one.analysed_changes else None


def _closing(look: _Look) -> Facts | None:
    at = look.conversation.closes_at
    return {} if at is not None and look.now < at <= look.now + SOON else None


def _silent(look: _Look) -> Facts | None:
    one = look.conversation
    since = max(filter(None, (one.created, one.opens_at)))
    if look.now - since < QUIET or one.changes > one.analysed_changes or (one.closes_at is not None and one.closes_at <= look.now):
        return None
    last = max((at for at, votes, _ in look.turnout.get("hours", ()) if votes), default=0)
    is_silent = look.now.timestamp() - 3600 * (last + 1) >= QUIET.total_seconds()
    return {} if is_silent and not _just_opened(look) else None


def _just_opened(look: _Look) -> bool:
    """Say whether it was opened, or went on after a pause, within the last day: nobody could vote before."""
    acts = AuditEntry.objects.filter(conversation=look.conversation, act__in=("opened", "phase_set"), made__gt=look.now - QUIET)
    return acts.exists()


def _rush(look: _Look) -> Facts | None:
    minutes = look.turnout.get("minutes", ())
    since = int(look.now.timestamp()) // 60 - RUSH_MINUTES
    now = sum(votes for at, votes, _ in minutes if at > since)
    earlier = [(at, votes) for at, votes, _ in minutes if at <= since and votes]
    if now < RUSH_VOTES or not earlier:
        return None
    usual = RUSH_MINUTES * sum(votes for _, votes in earlier) / max(RUSH_MINUTES, since - earlier[0][0] + 1)
    return {"count": now} if now > RUSH_FACTOR * usual else None


_CHECKS: Mapping[Kind, Callable[[_Look], Facts | None]] = {
    Kind.WAITING: _waiting,
    Kind.BEHIND: _behind,
    Kind.CLOSING: _closing,
    Kind.SILENT: _silent,
    Kind.RUSH: _rush,
}
