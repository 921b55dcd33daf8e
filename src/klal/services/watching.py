"""What the watch page shows: turnout of the newest snapshot, completed to this minute, with small numbers kept from view. No NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from klal.domain.live import GONE_SECONDS, MINUTES
from klal.domain.privacy import may_publish_cell
from klal.domain.records import Moderation
from klal.store.models import Channel, Conversation, Snapshot

NOW_MINUTES = 5
"""Votes per minute are those of so many minutes."""

STEP_MINUTES = 5
_BINS = ((1, 1), (2, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
_DAYS = 60
_SLOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture, and one row of the table that says the same.

    Attributes
    ----------
    at : datetime
        When it begins, in the conversation's time zone.
    votes, joined : int
        Votes cast, and people who came.
    """

    at: datetime
    votes: int
    joined: int


@dataclass(frozen=True, slots=True)
class Bin:
    """How many people have cast so many votes.

    Attributes
    ----------
    low : int
        Fewest votes.
    high : int or None
        Most; None without an end.
    people : int or None
        None for fewer than five, and more than none.
    share : float
        Of the fullest bin, 0 … 1; 0 where the number is kept from view.
    """

    low: int
    high: int | None
    people: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Health:
    """How well the analysis keeps up.

    Attributes
    ----------
    made : datetime or None
        When the newest snapshot was made.
    seconds : float
        How long it took.
    behind : int
        Changes that it has not seen.
    is_working : bool
        Whether a worker is at it now.
    is_slow : bool
        Whether there have been such changes for minutes.
    """

    made: datetime | None
    seconds: float
    behind: int
    is_working: bool
    is_slow: bool


@dataclass(frozen=True, slots=True)
class Watched:
    """Everything the page shows in numbers.

    Attributes
    ----------
    people, votes, statements : int
        As the newest analysis counts them.
    per_minute : float
        Votes, over the last minutes.
    today, joined_today : int
        Votes and people since midnight, to the hour.
    waiting : int
        Statements no moderator has looked at.
    hours : tuple of Bar
        The last two hours, in steps of five minutes.
    days : tuple of Bar
        Every day from the first to today, at most sixty.
    depth, stops : tuple of Bin
        How many votes people have cast; the same of those who have stopped.
    channels : tuple of (str, int, int)
        Name, people and votes by channel; the empty name for those who came by none.
    health : Health
        Of the analysis.
    """

    people: int
    votes: int
    statements: int
    per_minute: float
    today: int
    joined_today: int
    waiting: int
    hours: tuple[Bar, ...]
    days: tuple[Bar, ...]
    depth: tuple[Bin, ...]
    stops: tuple[Bin, ...]
    channels: tuple[tuple[str, int | None, int | None], ...]
    health: Health


def watch(conversation: Conversation, now: datetime, zone: tzinfo) -> Watched:
    """Return what the watch page shows.

    Parameters
    ----------
    conversation : Conversation
        Read a moment ago.
    now : datetime
        With a time zone.
    zone : tzinfo
        The conversation's own, in which its days begin.
    """
    found = Snapshot.objects.filter(conversation=conversation, number=conversation.snapshot_number)
    row: Mapping[str, Any] = found.values("made", "milliseconds", "turnout", "findings__counts").first() or {}
    turnout: Mapping[str, Any] = row.get("turnout") or {}
    counts: Mapping[str, int] = row.get("findings__counts") or {}
    days = _days(turnout.get("hours", ()), now.astimezone(zone), zone)
    minutes = turnout.get("minutes", ())
    return Watched(
        people=counts.get("participants", 0),
        votes=counts.get("votes", 0),
        statements=conversation.statements.exclude(state=Moderation.REJECTED.value).count(),
        per_minute=_per_minute(minutes, now),
        today=days[-1].votes if days else 0,
        joined_today=days[-1].joined if days else 0,
        waiting=conversation.statements.filter(state=Moderation.PENDING.value).count(),
        hours=_hours(minutes, now, zone),
        days=days,
        depth=_bins(turnout.get("depth", ())),
        stops=_bins(_stops(turnout, row.get("made"), now)),
        channels=_channels(conversation, turnout.get("channels", {})),
        health=_health(conversation, row, now),
    )


def _per_minute(minutes: Sequence[Sequence[int]], now: datetime) -> float:
    since = int(now.timestamp()) // 60 - NOW_MINUTES
    return sum(votes for at, votes, _ in minutes if at > since) / NOW_MINUTES


def _hours(minutes: Sequence[Sequence[int]], now: datetime, zone: tzinfo) -> tuple[Bar, ...]:
    last = int(now.timestamp()) // 60 // STEP_MINUTES
    steps = {step: [0, 0] for step in range(last - MINUTES // STEP_MINUTES + 1, last + 1)}
    for at, votes, joined in minutes:
        both = steps.get(at // STEP_MINUTES)
        if both is not None:
            both[0] += votes
            both[1] += joined
    return tuple(Bar(datetime.fromtimestamp(step * STEP_MINUTES * 60, zone), *both) for step, both in steps.items())


def _days(hours: Sequence[Sequence[int]], today: datetime, zone: tzinfo) -> tuple[Bar, ...]:
    by_day: dict[Any, list[int]] = {}
    for at, votes, joined in hours:
        both = by_day.setdefault(datetime.fromtimestamp(at * 3600, zone).date(), [0, 0])
        both[0] += votes
        both[1] += joined
    if not by_day:
        return ()
    first = max(min(by_day), today.date() - timedelta(days=_DAYS - 1))
    count = max(1, (today.date() - first).days + 1)
    days = [first + timedelta(days=place) for place in range(count)]
    return tuple(Bar(datetime(day.year, day.month, day.day, tzinfo=zone), *by_day.get(day, (0, 0))) for day in days)


def _stops(turnout: Mapping[str, Any], made: datetime | None, now: datetime) -> Sequence[Sequence[int]]:
    """Return where people stop: half an hour after the last vote everybody has."""
    everybody = made is not None and (now - made).total_seconds() > GONE_SECONDS
    found: Sequence[Sequence[int]] = turnout.get("depth" if everybody else "stops", ())
    return found


def _bins(histogram: Sequence[Sequence[int]]) -> tuple[Bin, ...]:
    people = [sum(count for votes, count in histogram if low <= votes and (high is None or votes <= high)) for low, high in _BINS]
    while people and not people[-1]:
        people.pop()
    shown = [count if count == 0 or may_publish_cell(count) else None for count in people]
    most = max((count for count in shown if count is not None), default=0) or 1
    return tuple(Bin(low, high, count, (count or 0) / most) for (low, high), count in zip(_BINS, shown, strict=False))


def _channels(conversation: Conversation, counted: Mapping[str, Sequence[int]]) -> tuple[tuple[str, int | None, int | None], ...]:
    """Return turnout by channel; a handful of people of one channel could be known by name, and are not told apart."""
    names = dict(Channel.objects.filter(conversation=conversation).order_by("pk").values_list("code", "name"))
    if not names:
        return ()
    return tuple((name, *_told(*counted.get(code, (0, 0)))) for code, name in (*names.items(), ("", "")))


def _told(people: int, votes: int) -> tuple[int | None, int | None]:
    return (people, votes) if people == 0 or may_publish_cell(people) else (None, None)


def _health(conversation: Conversation, row: Mapping[str, Any], now: datetime) -> Health:
    made: datetime | None = row.get("made")
    behind = max(0, conversation.changes - max(0, conversation.analysed_changes))
    is_working = conversation.claimed_until is not None and conversation.claimed_until > now
    is_slow = behind > 0 and not is_working and made is not None and now - made > _SLOW
    return Health(made, row.get("milliseconds", 0) / 1000, behind, is_working, is_slow)
