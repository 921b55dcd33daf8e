"""How a conversation runs, for its convenors: counted by the worker whenever it analyses, from what has been added since the last time.

Only sums leave this module: of minutes, hours, people by number of votes, channels. No page and no metric reads votes to show them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.db.models import Count, Exists, OuterRef

from klal.core.arrays import Ints
from klal.domain.live import GONE_SECONDS, MINUTES
from klal.domain.records import Moderation
from klal.services.findings import Found
from klal.store.bulk import read_numbers
from klal.store.models import Participant, Snapshot, Statement, VoteEvent

_MINUTE, _HOUR = 60_000, 3_600_000
Series = list[list[int]]


def turnout_document(found: Found, last: Snapshot | None, *, now: float | None = None) -> dict[str, Any]:
    """Return what ``Snapshot.turnout`` holds.

    Parameters
    ----------
    found : Found
        The analysis that the snapshot is made of.
    last : Snapshot or None
        The newest before it: what it has counted is not counted again.
    now : float, optional
        Seconds since 1970; the clock's if left out.

    Returns
    -------
    dict
        ``minutes`` (the last 120) and ``hours`` (all): [number since 1970, votes cast, people who joined]; ``depth``: [votes, people
        who have cast so many]; ``stops``: the same of those who cast none for half an hour; ``channels``: {code: [people, votes]};
        ``statements``: how many are shown, wait or were rejected; ``seen``: up to which rows it was counted.
    """
    milliseconds = int(1000 * (time.time() if now is None else now))
    before: Mapping[str, Any] = last.turnout if last is not None else {}
    seen: Mapping[str, int] = before.get("seen", {})
    conversation = found.stored.conversation.pk
    events = _events(conversation, min(seen.get("event", 0), seen.get("recent", 0)))
    new = events[:, events[0] > seen.get("event", 0)]
    joined, last_joined = _joined(conversation, seen.get("participant", 0))
    cast = new[1][new[1] >= 0]
    log = found.stored.log
    votes_of = np.bincount(log.rows, minlength=len(found.stored.participants))
    recent = events[:, events[1] > milliseconds - 1000 * GONE_SECONDS]
    gone = ~np.isin(found.stored.participants, recent[2])
    return {
        "minutes": _series(before.get("minutes", ()), cast // _MINUTE, joined // _MINUTE, since=milliseconds // _MINUTE - MINUTES),
        "hours": _series(before.get("hours", ()), cast // _HOUR, joined // _HOUR),
        "depth": _histogram(votes_of),
        "stops": _histogram(votes_of[gone]),
        "channels": _channels(conversation, found.stored.participants, votes_of),
        "statements": _statements(conversation),
        "seen": {
            "event": int(events[0].max(initial=seen.get("event", 0))),
            "recent": int(recent[0].min(initial=int(events[0].max(initial=seen.get("event", 0))) + 1)) - 1,
            "participant": last_joined,
        },
    }


def _events(conversation_id: int, after: int) -> Ints:
    """Return number, time (−1 if unknown) and participant of the votes cast after a row, shape (3, e); withdrawals left out."""
    query = VoteEvent.objects.filter(choice__isnull=False, time__isnull=False)
    if after:  # asked like this, SQLite begins with what is new; else with everybody of the conversation
        here = Participant.objects.filter(pk=OuterRef("participant_id"), conversation_id=conversation_id)
        query = query.filter(Exists(here), pk__gt=after)
    else:
        query = query.filter(participant__conversation_id=conversation_id)
    return read_numbers(query.order_by("pk").values_list("pk", "time", "participant_id"), 3)


def _joined(conversation_id: int, after: int) -> tuple[Ints, int]:
    """Return when people joined since a row, in milliseconds, and the last row."""
    rows = list(Participant.objects.filter(conversation_id=conversation_id, pk__gt=after).order_by("pk").values_list("pk", "joined"))
    times = [int(1000 * joined.timestamp()) for _, joined in rows if joined is not None]
    return np.array(times, dtype=np.int64), rows[-1][0] if rows else after


def _series(before: Sequence[Sequence[int]], votes: Ints, joined: Ints, since: int = 0) -> Series:
    """Add to counts by minute or hour; nothing is listed of those without anything."""
    counts = {at: [cast, came] for at, cast, came in before}
    for place, times in enumerate((votes, joined)):
        for at, count in zip(*(part.tolist() for part in np.unique(times, return_counts=True)), strict=True):
            counts.setdefault(at, [0, 0])[place] += count
    return [[at, *both] for at, both in sorted(counts.items()) if at > since]


def _histogram(votes_of: Ints) -> Series:
    """Return how many people have cast how many votes; who cast none has only looked around."""
    return [list(pair) for pair in zip(*(part.tolist() for part in np.unique(votes_of[votes_of > 0], return_counts=True)), strict=True)]


def _channels(conversation_id: int, participants: Ints, votes_of: Ints) -> dict[str, list[int]]:
    """Return people and votes by the link they came by; under the empty code those who came by none."""
    coming = Participant.objects.filter(conversation_id=conversation_id).exclude(channel="").values_list("pk", "channel")
    by_code: dict[str, list[int]] = {}
    for number, code in coming.iterator():
        by_code.setdefault(code, []).append(number)
    order = np.argsort(participants)
    found = {}
    for code, numbers in sorted(by_code.items()):
        known = np.array(numbers, dtype=np.int64)
        known = known[np.isin(known, participants)]
        rows = order[np.searchsorted(participants, known, sorter=order)]
        found[code] = [len(rows), int(votes_of[rows].sum())]
    people, votes = (sum(column) for column in zip(*found.values(), strict=True)) if found else (0, 0)
    return {"": [len(participants) - people, int(votes_of.sum()) - votes], **found}


def _statements(conversation_id: int) -> dict[str, int]:
    counted = Statement.objects.filter(conversation_id=conversation_id).values_list("state").annotate(number=Count("pk"))
    by_state = dict(counted)
    names = {"accepted": Moderation.ACCEPTED, "waiting": Moderation.PENDING, "rejected": Moderation.REJECTED}
    return {name: by_state.get(state.value, 0) for name, state in names.items()}
