from __future__ import annotations

import pytest

from klal.domain.live import LiveCounts, Pulse
from klal.errors import BusyError
from klal.store.configuration import Configuration


def test_conversations_that_are_not_there_yet_have_no_pulse(database: Configuration) -> None:
    from klal.store.live import LiveSource
    from klal.store.models import Conversation

    here = Conversation.objects.create(slug="here", topic="one", changes=3, revision=2, snapshot_number=1)
    Conversation.objects.create(slug="draft", topic="two", phase="draft")
    assert LiveSource().pulses(["here", "draft", "nowhere"]) == {"here": Pulse(here.pk, 3, 2, 1)}


@pytest.mark.parametrize(("mode", "counts"), [("after", LiveCounts(2, 2, 3)), ("before", LiveCounts(2, 1, 2))])
def test_what_is_shown_is_counted(database: Configuration, mode: str, counts: LiveCounts) -> None:
    from klal.store.live import LiveSource
    from klal.store.models import Conversation, Participant, Statement, Vote

    here = Conversation.objects.create(slug="here", topic="one", moderation_mode=mode)
    elsewhere = Conversation.objects.create(slug="elsewhere", topic="two")
    states = ("accepted", "pending", "rejected")
    shown, pending, rejected = (Statement.objects.create(conversation=here, label=state, state=state) for state in states)
    foreign = Statement.objects.create(conversation=elsewhere, label="0", state="accepted")
    people = [Participant.objects.create(conversation=here, label=str(n)) for n in range(4)]
    stranger = Participant.objects.create(conversation=elsewhere, label="0")
    cast = [(people[0], shown), (people[0], pending), (people[1], shown), (people[2], rejected), (stranger, foreign)]
    for who, what in cast:
        Vote.objects.create(participant=who, statement=what, choice=3)
    assert LiveSource().counts(here.pk) == counts


def test_an_absent_database_is_busy(sqlite_database: Configuration) -> None:
    from django.db import connection

    from klal.store.live import LiveSource

    source = LiveSource()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE store_conversation RENAME TO gone")
        cursor.execute("ALTER TABLE store_vote RENAME TO gone_too")
    for question in (lambda: source.pulses(["here"]), lambda: source.counts(1)):
        with pytest.raises(BusyError):
            question()
