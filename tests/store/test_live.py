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


def test_the_newest_snapshot_is_what_counts(database: Configuration) -> None:
    from klal.store.live import LiveSource
    from klal.store.models import Conversation, Snapshot

    here = Conversation.objects.create(slug="here", topic="one")
    assert LiveSource().counts(here.pk) == LiveCounts(0, 0, 0)
    for number in (1, 2):
        counts = {"participants": 10 * number, "statements": 5, "votes": 30, "participants_placed": 4}
        Snapshot.objects.create(conversation=here, number=number, changes=0, milliseconds=1, findings={"counts": counts}, places=b"")
    assert LiveSource().counts(here.pk) == LiveCounts(20, 5, 30)


def test_an_absent_database_is_busy(sqlite_database: Configuration) -> None:
    from django.db import connection

    from klal.store.live import LiveSource

    source = LiveSource()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE store_conversation RENAME TO gone")
        cursor.execute("ALTER TABLE store_snapshot RENAME TO gone_too")
    for question in (lambda: source.pulses(["here"]), lambda: source.counts(1)):
        with pytest.raises(BusyError):
            question()
