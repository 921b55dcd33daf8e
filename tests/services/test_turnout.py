from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from tests.services.stored import store_table

NOW = 1_800_000_000.0
"""A moment: 2027-01-15 08:00 UTC."""


def votes_at(conversation, rows):
    """Cast votes as the writer does: [(participant label, statement label, seconds before now, choice)]."""
    from klal.services.revising import mark_revised
    from klal.store.models import Vote, VoteEvent

    people = {one.label: one for one in conversation.participants.all()}
    said = {one.label: one for one in conversation.statements.all()}
    for who, what, ago, choice in rows:
        at = int(1000 * (NOW - ago))
        VoteEvent.objects.create(participant=people[who], statement=said[what], choice=choice, time=at)
        if choice is None:
            Vote.objects.filter(participant=people[who], statement=said[what]).delete()
        else:
            Vote.objects.update_or_create(participant=people[who], statement=said[what], defaults={"choice": choice, "time": at})
    mark_revised(conversation.pk)


def documented(conversation, last=None, now=NOW):
    from klal.services.recompute import find
    from klal.services.turnout import turnout_document

    return turnout_document(find(conversation.pk), last, now=now)


@pytest.fixture
def quiet(database):
    """Return a conversation of thirty people, twelve statements and no vote."""
    return store_table(np.full((30, 12), np.nan))


def test_votes_are_counted_by_minute_and_hour_each_once(quiet):
    from klal.store.models import Participant, Snapshot

    joined = datetime.fromtimestamp(NOW - 90, UTC)
    Participant.objects.filter(conversation=quiet, label__in=("0", "1")).update(joined=joined)
    votes_at(quiet, [("0", "0", 60, 3), ("0", "1", 70, 1), ("1", "0", 4000, 3), ("2", "0", 9 * 3600, 2), ("0", "0", 30, None)])
    first = documented(quiet)
    minute, hour = int(NOW) // 60, int(NOW) // 3600
    assert [row[1:] for row in first["minutes"]] == [[1, 0], [1, 2], [1, 0]]
    assert first["hours"] == [[hour - 9, 1, 0], [hour - 2, 1, 0], [hour - 1, 2, 2]]
    votes_at(quiet, [("3", "0", -60, 3)])
    second = documented(quiet, Snapshot(turnout=json.loads(json.dumps(first))), NOW + 100)
    assert sum(row[1] for row in second["hours"]) == 5
    assert sum(row[2] for row in second["hours"]) == 2
    assert second["minutes"][-1][:2] == [minute + 1, 1]
    third = documented(quiet, Snapshot(turnout=second), NOW + 100 * 3600)
    assert third["minutes"] == []
    assert third["hours"] == second["hours"]
    assert third["stops"] == third["depth"]
    votes_at(quiet, [("4", "0", -100 * 3600, 3)])
    fourth = documented(quiet, Snapshot(turnout=third), NOW + 100 * 3600 + 60)
    assert sum(row[1] for row in fourth["hours"]) == 6
    assert fourth["stops"] != fourth["depth"]


def test_who_has_voted_lately_has_not_stopped(quiet):
    from klal.store.models import Snapshot

    votes_at(quiet, [("0", "0", 60, 3), ("0", "1", 70, 1), ("1", "0", 4000, 3), ("2", "0", 3000, 2), ("2", "1", 3000, 2)])
    first = documented(quiet)
    assert first["depth"] == [[1, 1], [2, 2]]
    assert first["stops"] == [[1, 1], [2, 1]]
    # what was recent is looked at again, and what is old is not
    second = documented(quiet, Snapshot(turnout=first), NOW + 900)
    assert second["stops"] == first["stops"]
    assert documented(quiet, Snapshot(turnout=second), NOW + 3600)["stops"] == first["depth"]


def test_turnout_by_channel_and_statements(quiet):
    from klal.store.models import Participant

    Participant.objects.filter(conversation=quiet, label__in=("0", "1", "2")).update(channel="poster")
    votes_at(quiet, [("0", "0", 60, 3), ("0", "1", 70, 1), ("5", "0", 10, 3)])
    quiet.statements.filter(label__in=("0", "1")).update(state="pending")
    found = documented(quiet)
    assert found["channels"] == {"": [27, 1], "poster": [3, 2]}
    assert found["statements"] == {"accepted": 10, "waiting": 2, "rejected": 0}


def test_a_snapshot_carries_it_and_older_ones_do_not(quiet):
    from klal.services.recompute import recompute
    from klal.services.revising import mark_revised
    from klal.store.models import Snapshot

    for _ in range(2):
        mark_revised(quiet.pk)
        recompute(quiet.pk)
    first, second = Snapshot.objects.order_by("number")
    assert first.turnout == {}
    assert second.turnout["channels"] == {"": [30, 0]}


def test_nothing_that_leaves_it_says_who(quiet):
    votes_at(quiet, [(str(who), str(what), 60 * what, 3) for who in range(12) for what in range(5)])
    found = documented(quiet)
    assert set(found) == {"minutes", "hours", "depth", "stops", "channels", "statements", "seen"}
    assert found["depth"] == [[5, 12]]


def watched(conversation, turnout, now=NOW, zone=UTC, made=NOW):
    from klal.services.watching import watch
    from klal.store.models import Conversation, Snapshot

    Snapshot.objects.filter(conversation=conversation).delete()
    Snapshot.objects.create(
        conversation=conversation, number=1, changes=0, milliseconds=1500, places=b"", turnout=turnout,
        findings={"counts": {"participants": 9, "votes": 70}}, made=datetime.fromtimestamp(made, UTC),
    )  # fmt: skip
    Conversation.objects.filter(pk=conversation.pk).update(snapshot_number=1)
    return watch(Conversation.objects.get(pk=conversation.pk), datetime.fromtimestamp(now, UTC), zone)


def test_the_page_completes_it_to_this_minute(quiet):
    from zoneinfo import ZoneInfo

    minute, hour = int(NOW) // 60, int(NOW) // 3600
    turnout = {"minutes": [[minute - 100, 7, 1], [minute - 1, 20, 2]], "hours": [[hour - 30, 4, 4], [hour - 1, 27, 3]]}
    found = watched(quiet, turnout)
    assert (found.per_minute, found.people, found.votes) == (4.0, 9, 70)
    assert (len(found.hours), sum(bar.votes for bar in found.hours), found.hours[-1].votes) == (24, 27, 0)
    assert [(bar.votes, bar.joined) for bar in found.days] == [(4, 4), (27, 3)]
    assert (found.today, found.joined_today) == (27, 3)
    assert watched(quiet, turnout, NOW + 600).per_minute == 0
    assert watched(quiet, turnout, zone=ZoneInfo("Pacific/Auckland")).days[-1].at.hour == 0
    assert watched(quiet, {}).days == ()
    assert watched(quiet, {"hours": [[hour - 24 * 200, 5, 5]]}).days[0].votes == 0


def test_a_handful_is_not_told(quiet):
    from klal.store.models import Channel

    Channel.objects.create(conversation=quiet, code="p", name="Poster")
    Channel.objects.create(conversation=quiet, code="q", name="Newspaper")
    turnout = {"depth": [[1, 4], [2, 5], [3, 3], [12, 1], [300, 8]], "stops": [[1, 2]], "channels": {"p": [4, 44], "": [30, 99]}}
    found = watched(quiet, turnout)
    assert [one.people for one in found.depth] == [None, 8, 0, None, 0, 0, 8]
    assert [one.share for one in found.depth] == [0, 1, 0, 0, 0, 0, 1]
    assert [one.people for one in found.stops] == [None]
    assert found.channels == (("Poster", None, None), ("Newspaper", 0, 0), ("", 30, 99))
    assert watched(quiet, turnout, NOW + 1801).stops == found.depth


def test_the_health_of_the_analysis_is_told(quiet):
    from klal.store.models import Conversation

    held = Conversation.objects.filter(pk=quiet.pk)
    held.update(changes=10, analysed_changes=10)
    assert not watched(quiet, {}).health.behind
    held.update(changes=15)
    health = watched(quiet, {}, NOW + 60).health
    assert (health.behind, health.is_slow, health.is_working, health.seconds) == (5, False, False, 1.5)
    assert watched(quiet, {}, NOW + 600).health.is_slow
    held.update(claimed_until=datetime.fromtimestamp(NOW, UTC) + timedelta(hours=1))
    health = watched(quiet, {}, NOW + 600).health
    assert (health.is_slow, health.is_working) == (False, True)
