"""What moderators have before them: the queue in its parts, its counts and its forecast, and who has which statement on the screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from klal.domain.moderation import Act, Forecast, forecast
from klal.domain.records import Moderation, ModerationMode
from klal.services.kept import Kept
from klal.services.moderation.acting import has_colleague
from klal.services.near_duplicates import find_near
from klal.services.taking_part import newest_findings
from klal.store.models import Appeal, Conversation, ModerationAct, Proposal, Statement

PAGE = 50
"""Statements on one page of the list."""

HOLD = timedelta(minutes=2)
"""How long a statement stays with whoever has it on the screen, unless they use it."""

_LATELY = timedelta(hours=1)
_NEAR = 3
_CHUNK = 200


class Tab(StrEnum):
    """A part of the queue."""

    WAITING = "waiting"
    SECOND = "second"
    APPEALS = "appeals"
    ASKED = "asked"
    """With their authors, who were asked to agree to other words."""
    SHOWN = "shown"
    REJECTED = "rejected"
    ALL = "all"


_OLDEST_FIRST = frozenset({Tab.WAITING, Tab.SECOND, Tab.ASKED})


@dataclass(frozen=True, slots=True)
class Item:
    """A statement before a moderator.

    Attributes
    ----------
    statement : Statement
        As it is now.
    votes : int
        On it, by the last analysis.
    near : tuple of (Statement, float)
        What says nearly the same, and how nearly, 0 … 1.
    is_theirs : bool
        Whether this moderator asked for a second opinion on it, so that somebody else decides.
    is_asked : bool
        Whether its author was asked to agree to other words and has not answered.
    """

    statement: Statement
    votes: int
    near: tuple[tuple[Statement, float], ...] = ()
    is_theirs: bool = False
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the queue.

    Attributes
    ----------
    items : tuple of Item
        In order.
    after : int
        Where the next page begins; 0 on the last one.
    """

    items: tuple[Item, ...]
    after: int = 0


def counts(conversation: Conversation) -> Mapping[str, int]:
    """Return how many statements each part of the queue has; counted once for every revision of the conversation."""
    return _counts.get(conversation.pk, conversation.revision, lambda: _count(conversation))


def workload(conversation: Conversation, now: datetime) -> Forecast:
    """Return how many statements arrive and are decided on in an hour, and when none will wait; told anew every minute.

    Parameters
    ----------
    conversation : Conversation
        Which.
    now : datetime
        With a time zone.
    """
    minute = now.replace(second=0, microsecond=0)
    return _workloads.get(conversation.pk, (conversation.revision, minute), lambda: _forecast(conversation, now))


def page(conversation: Conversation, account: User, tab: Tab, *, after: int = 0, text: str = "", most: int = PAGE) -> Page:
    """Return some statements of a part of the queue.

    Parameters
    ----------
    conversation : Conversation
        Which.
    account : User
        Of the moderator.
    tab : Tab
        Which part; `Tab.APPEALS` has none, see `appeals`.
    after : int
        Number of the statement that the page before ended with; 0 to begin.
    text : str
        Words to search for, or an id after ``#``.
    most : int
        On the page.
    """
    rows = _search(_part(conversation, tab), text)
    if tab is Tab.WAITING and not text and conversation.moderation_mode == ModerationMode.AFTER.value:
        found = _most_voted(conversation, rows, after, most)
    elif tab in _OLDEST_FIRST:
        found = list(rows.filter(pk__gt=after).order_by("pk")[: most + 1])
    else:
        found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: most + 1])
    return Page(_items(conversation, account, found[:most]), found[most - 1].pk if len(found) > most else 0)


def first_free(conversation: Conversation, account: User, tab: Tab) -> Item | None:
    """Return the statement that is next for a moderator: one they hold, else the first that nobody else has on the screen."""
    rows = _part(conversation, tab).filter(_free(account, timezone.now()))
    own = rows.filter(held_by=account, held_until__gt=timezone.now()).order_by("pk").first()
    found = [own] if own else _ordered(conversation, tab, rows, 1)
    return next(iter(_items(conversation, account, found, near=True)), None)


def one(conversation: Conversation, account: User, number: int) -> Item | None:
    """Return one statement as it is before a moderator, None if there is none of this number."""
    found = list(Statement.objects.filter(conversation=conversation, pk=number))
    return next(iter(_items(conversation, account, found, near=True)), None)


def deal(conversation: Conversation, account: User, tab: Tab, *, most: int, keep: Collection[int] = ()) -> tuple[Item, ...]:
    """Give a moderator statements that nobody else has on the screen, and keep those they have with them.

    Of two moderators who are dealt to at the same moment none gets what the other one does.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of the moderator.
    tab : Tab
        Which part of the queue.
    most : int
        Statements to give.
    keep : collection of int
        What they have before them already.

    Returns
    -------
    tuple of Item
        What they have not had yet.
    """
    now = timezone.now()
    with transaction.atomic():
        Statement.objects.filter(conversation=conversation, pk__in=keep, held_by=account).update(held_until=now + HOLD)
        rows = _part(conversation, tab).filter(_free(account, now)).exclude(pk__in=keep)
        if tab is Tab.SECOND and has_colleague(conversation, account):
            rows = rows.exclude(_asked_by(account))
        own = list(rows.filter(held_by=account, held_until__gt=now).select_for_update(of=("self",), skip_locked=True).order_by("pk")[:most])
        others = rows.exclude(pk__in=[row.pk for row in own]).select_for_update(of=("self",), skip_locked=True)
        found = own + _ordered(conversation, tab, others, most - len(own))
        Statement.objects.filter(pk__in=[row.pk for row in found]).update(held_by=account, held_until=now + HOLD)
    return _items(conversation, account, found, near=True)


def appeals(conversation: Conversation, *, after: int = 0) -> tuple[Appeal, ...]:
    """Return the appeals that nobody has answered, the oldest first, at most a page.

    Parameters
    ----------
    conversation : Conversation
        Which.
    after : int
        Number of the appeal that the page before ended with.
    """
    return tuple(_open_appeals(conversation).filter(pk__gt=after).select_related("statement").order_by("pk")[:PAGE])


_counts: Kept[Mapping[str, int]] = Kept(32)
_workloads: Kept[Forecast] = Kept(32)
_orders: Kept[Sequence[int]] = Kept(4)


def _part(conversation: Conversation, tab: Tab) -> QuerySet[Statement]:
    rows = Statement.objects.filter(conversation=conversation)
    asked = Exists(Proposal.objects.filter(statement=OuterRef("pk"), answer=""))
    parts = {
        Tab.WAITING: Q(state=Moderation.PENDING.value, needs_second=False) & ~Q(asked),
        Tab.SECOND: Q(needs_second=True, is_withdrawn=False),
        Tab.ASKED: Q(asked) & Q(is_withdrawn=False),
        Tab.SHOWN: Q(state=Moderation.ACCEPTED.value),
        Tab.REJECTED: Q(state=Moderation.REJECTED.value, is_withdrawn=False),
    }
    return rows.filter(parts[tab]) if tab in parts else rows


def _open_appeals(conversation: Conversation) -> QuerySet[Appeal]:
    return Appeal.objects.filter(statement__conversation=conversation, answer="", statement__is_withdrawn=False)


def _search(rows: QuerySet[Statement], text: str) -> QuerySet[Statement]:
    if text.startswith("#"):
        return rows.filter(label=text[1:])
    return rows.filter(text__icontains=text) if text else rows


def _free(account: User, now: datetime) -> Q:
    return Q(held_by=None) | Q(held_by=account) | Q(held_until__lt=now)


def _asked_by(account: User) -> Exists:
    return Exists(ModerationAct.objects.filter(statement=OuterRef("pk"), act=Act.ASK_SECOND.value, account=account, undone=None))


def _ordered(conversation: Conversation, tab: Tab, rows: QuerySet[Statement], most: int) -> list[Statement]:
    if tab is Tab.WAITING and conversation.moderation_mode == ModerationMode.AFTER.value:
        found: list[Statement] = []
        order = _by_votes(conversation)
        for start in range(0, len(order), _CHUNK):
            known = {row.pk: row for row in rows.filter(pk__in=order[start : start + _CHUNK])}
            found += [known[number] for number in order[start : start + _CHUNK] if number in known]
            if len(found) >= most:
                break
        return found[:most]
    return list(rows.order_by("pk" if tab in _OLDEST_FIRST else "-pk")[:most])


def _most_voted(conversation: Conversation, rows: QuerySet[Statement], after: int, most: int) -> list[Statement]:
    order = _by_votes(conversation)
    start = order.index(after) + 1 if after in order else 0
    known = rows.in_bulk(order[start : start + most + 1])
    return [known[number] for number in order[start : start + most + 1] if number in known]


def _by_votes(conversation: Conversation) -> Sequence[int]:
    """Return the statements that wait, those with most votes first: what many read matters most where it is shown already."""
    version = conversation.revision, conversation.snapshot_number

    def order() -> Sequence[int]:
        votes = _votes(conversation)
        waiting = _part(conversation, Tab.WAITING).values_list("pk", flat=True)
        return sorted(waiting, key=lambda number: (-votes.get(str(number), 0), number))

    return _orders.get(conversation.pk, version, order)


def _votes(conversation: Conversation) -> Mapping[str, int]:
    figures = (newest_findings(conversation) or {}).get("statements", {})
    return {number: cell.get("seen") or 0 for number, cell in figures.items()}


def _items(conversation: Conversation, account: User, rows: Sequence[Statement], *, near: bool = False) -> tuple[Item, ...]:
    numbers = [row.pk for row in rows]
    figures = (newest_findings(conversation) or {}).get("statements", {})
    second = [row.pk for row in rows if row.needs_second]
    theirs: set[int] = set()
    if second and has_colleague(conversation, account):
        theirs = set(Statement.objects.filter(_asked_by(account), pk__in=second).values_list("pk", flat=True))
    asked = set(Proposal.objects.filter(statement__in=numbers, answer="").values_list("statement_id", flat=True))
    for row in rows:
        row.conversation = conversation
    return tuple(
        Item(
            row,
            figures.get(str(row.pk), {}).get("seen") or 0,
            find_near(row, most=_NEAR) if near else (),
            row.pk in theirs,
            row.pk in asked,
        )
        for row in rows
    )


def _count(conversation: Conversation) -> Mapping[str, int]:
    pending, second = Q(state=Moderation.PENDING.value), Q(needs_second=True, is_withdrawn=False)
    found = Statement.objects.filter(conversation=conversation).aggregate(
        waiting=Count("pk", filter=pending & Q(needs_second=False)),
        second=Count("pk", filter=second),
        shown=Count("pk", filter=Q(state=Moderation.ACCEPTED.value)),
        rejected=Count("pk", filter=Q(state=Moderation.REJECTED.value, is_withdrawn=False)),
        all=Count("pk"),
    )
    asked = _part(conversation, Tab.ASKED).values_list("state", "needs_second")
    waiting_elsewhere = sum(state == Moderation.PENDING.value and not needs for state, needs in asked)
    found["waiting"] -= waiting_elsewhere
    return {**found, "asked": len(asked), "appeals": _open_appeals(conversation).count()}


def _forecast(conversation: Conversation, now: datetime) -> Forecast:
    known = counts(conversation)
    arrived = Statement.objects.filter(conversation=conversation, is_seed=False, author__isnull=False, created__gt=now - _LATELY)
    acts = ModerationAct.objects.filter(conversation=conversation, undone=None, made__gt=now - _LATELY)
    decisions = acts.filter(act__in=[Act.ACCEPT.value, Act.REJECT.value, Act.MERGE.value])
    return forecast(known["waiting"] + known["second"], arriving=arrived.count(), decided=decisions.count())
