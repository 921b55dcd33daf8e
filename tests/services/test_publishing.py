"""What a new analysis may show beside what the last one showed."""

from __future__ import annotations

import copy

import pytest

from klal.domain.privacy import is_crowd_of_changes
from tests.intake.conversations import make_conversation


def document(agree=20, placed=40, x=0.5, slots=(0, 1)):
    cell = {"agree": agree - 10, "disagree": 2, "pass": 1}
    return {
        "counts": {"participants": 41, "statements": 1, "votes": 30 + agree, "participants_placed": placed},
        "verdict": {"kind": "clear", "reason": "separate", "stability": 0.9},
        "groups": [{"slot": slot, "size": placed // 2} for slot in slots],
        "map": {"width": 1.0, "height": 0.5, "points": [[x, 0.1, 0]] * placed, "shown": placed, "of": placed},
        "common_ground": [{"statement": 1, "agreement": agree / 40}],
        "divisive": [],
        "statements": {"1": {"agree": agree, "disagree": 4, "pass": 2, "seen": agree + 6, "groups": {"0": cell, "1": None}}},
    }


@pytest.fixture
def place(database):
    """Return a conversation, and a function that casts so many votes, each by somebody of their own or all by one."""
    from klal.store.models import Participant, VoteEvent

    where, (first, *_) = make_conversation()

    def cast(count, *, by_one=False):
        one = Participant.objects.create(conversation=where, label=f"one-{VoteEvent.objects.count()}")
        for turn in range(count):
            who = one if by_one else Participant.objects.create(conversation=where, label=f"{one.label}-{turn}")
            VoteEvent.objects.create(participant=who, statement_id=first, choice=3, time=turn, client_key=turn + 1)

    return where, cast


def publish(where, new, last=None):
    from klal.services.publishing import publishable
    from klal.store.models import Snapshot

    return publishable(where, copy.deepcopy(new), None if last is None else Snapshot(findings=last))


def test_the_first_analysis_is_shown_as_it_is(place):
    where, _ = place
    found = publish(where, document())
    assert {name: found[name] for name in document()} == document()


def test_who_asks_before_and_after_one_person_votes_sees_no_difference_but_that_somebody_did(place):
    from klal.services.publishing import is_kept

    where, cast = place
    before = publish(where, document())
    for turn in range(1, 5):
        cast(9, by_one=True)
        after = publish(where, document(agree=20 + turn, x=0.5 + turn / 100), before)
        assert is_kept(after)
        for name in ("verdict", "groups", "map", "common_ground", "divisive", "statements"):
            assert after[name] == before[name], name
        assert after["counts"]["votes"] == 50 + turn
        before = after
    cast(1)
    crowd = document(agree=25, x=0.6)
    shown = publish(where, crowd, before)
    assert not is_kept(shown)
    assert {name: shown[name] for name in crowd} == crowd


def test_a_statement_that_few_of_many_voted_on_keeps_its_figures(place):
    where, cast = place
    before = publish(where, document())
    cast(5)
    after = publish(where, document(agree=22, x=0.7), before)
    assert after["map"]["points"][0][0] == 0.7
    assert after["statements"] == before["statements"]
    cast(5)
    assert publish(where, document(agree=25), after)["statements"]["1"]["agree"] == 25


def test_a_closed_conversation_shows_all_as_it_is(place):
    where, cast = place
    before = publish(where, document())
    cast(1)
    where.phase = "closed"
    final = document(agree=21)
    assert {name: found for name, found in publish(where, final, before).items() if name in final} == final


def test_many_who_leave_or_other_groups_are_shown(place):
    where, _ = place
    before = publish(where, document())
    assert publish(where, document(placed=30, x=0.9), before)["map"]["shown"] == 30
    assert publish(where, document(x=0.9, slots=(0, 1, 2)), before)["map"]["points"][0][0] == 0.9


def test_before_anything_is_drawn_there_is_nothing_to_hold_back(place):
    where, _ = place
    empty = document() | {"common_ground": [], "map": {**document()["map"], "points": []}}
    assert publish(where, document(x=0.9), publish(where, empty))["map"]["points"][0][0] == 0.9


def test_new_statements_are_shown_and_what_is_gone_is_not(place):
    where, cast = place
    before = publish(where, document())
    cast(1)
    new = document()
    new["statements"] = {"2": new["statements"]["1"]}
    assert publish(where, new, before)["statements"].keys() == {"2"}


@pytest.mark.parametrize(
    ("before", "after", "may"),
    [
        ({"0/agree": 20}, {"0/agree": 20}, True),
        ({"0/agree": 20}, {"0/agree": 24}, False),
        ({"0/agree": 20}, {"0/agree": 25}, True),
        ({"0/agree": 20, "0/disagree": 9}, {"0/agree": 19, "0/disagree": 10}, False),
        ({"0/agree": 20, "0/disagree": 20}, {"0/agree": 15, "0/disagree": 25}, True),
        ({"0/agree": 20, "1/agree": 20}, {"0/agree": 19, "1/agree": 21}, False),
        ({"0/agree": None}, {"0/agree": 5}, True),
        ({"0/agree": 5}, {"0/agree": None}, True),
        ({"*/agree": 20, "0/agree": 20}, {"*/agree": 21, "0/agree": 26}, False),
        ({}, {"0/agree": 9}, True),
    ],
)
def test_a_difference_is_shown_only_of_a_crowd(before, after, may):
    assert is_crowd_of_changes(before, after) is may


def test_what_was_closed_by_its_date_shows_all_as_it_is(place):
    from django.utils import timezone

    where, cast = place
    before = publish(where, document())
    cast(1)
    where.closes_at = timezone.now()
    final = document(agree=21)
    assert {name: found for name, found in publish(where, final, before).items() if name in final} == final


def test_what_was_closed_by_its_date_is_analysed_once_more(place):
    from datetime import timedelta

    from django.utils import timezone

    from klal.services.publishing import show_all_closed
    from klal.store.models import Conversation, Snapshot

    where, now = place[0], timezone.now()
    Snapshot.objects.create(conversation=where, number=1, changes=0, milliseconds=1, findings={}, places=b"", made=now - timedelta(hours=1))
    held = Conversation.objects.filter(pk=where.pk)
    held.update(snapshot_number=1, changes=7, analysed_changes=7, closes_at=now + timedelta(minutes=5))
    show_all_closed()
    assert held.get().changes == 7
    held.update(closes_at=now - timedelta(minutes=5))
    show_all_closed()
    show_all_closed()  # another process, before the worker comes
    assert held.get().changes == 8
    Snapshot.objects.create(conversation=where, number=2, changes=8, milliseconds=1, findings={}, places=b"")
    held.update(snapshot_number=2, analysed_changes=8)
    show_all_closed()
    assert held.get().changes == 8


def test_a_statement_that_is_no_longer_shown_does_not_stand_on_in_report_and_common_ground(place):
    from klal.services.publishing import is_kept

    where, cast = place
    both = document()
    both["statements"]["2"] = both["statements"]["1"]
    both["common_ground"].append({"statement": 2, "agreement": 0.9})
    before = publish(where, both)
    cast(1)
    after = publish(where, document(), before)
    assert not is_kept(after)  # so that the report is drawn anew, without its words
    assert [one["statement"] for one in after["common_ground"]] == [1]
