"""Many rows at once, on both databases."""

from __future__ import annotations

from threading import Thread

import numpy as np
import pytest

from klal.store.configuration import Configuration


def in_another_connection(slug: str) -> None:
    """Open a conversation as another process would."""
    from django.db import connections

    from klal.store.models import Conversation

    def write() -> None:
        Conversation.objects.create(slug=slug)
        connections.close_all()

    thread = Thread(target=write)
    thread.start()
    thread.join()


def test_queries_of_one_moment_see_the_same_and_keep_nobody_from_writing(database: Configuration) -> None:
    from klal.store.bulk import one_moment
    from klal.store.models import Conversation

    in_another_connection("first")
    with one_moment():
        assert Conversation.objects.count() == 1
        in_another_connection("second")
        assert Conversation.objects.count() == 1
        with one_moment():
            assert Conversation.objects.count() == 1
    assert Conversation.objects.count() == 2


def test_the_connection_is_as_before_when_the_body_fails(database: Configuration) -> None:
    from django.db import connection

    from klal.store.bulk import one_moment
    from klal.store.models import Conversation

    with pytest.raises(Conversation.DoesNotExist), one_moment():
        Conversation.objects.get(slug="none")
    Conversation.objects.create(slug="after")
    in_another_connection("another")
    assert Conversation.objects.count() == 2
    assert not connection.in_atomic_block


def test_numbers_go_in_and_come_out_whatever_their_size(database: Configuration) -> None:
    from klal.store.bulk import insert_numbers, read_numbers
    from klal.store.models import Conversation, Participant, Statement, VoteEvent

    row = Conversation.objects.create(slug="here")
    person = Participant.objects.create(conversation=row, label="1")
    statement = Statement.objects.create(conversation=row, label="1")
    size = 70_000
    columns = {
        "participant_id": np.full(size, person.pk),
        "statement_id": np.full(size, statement.pk),
        "choice": np.arange(size, dtype=np.int64) % 3 + 1,
        "is_important": np.arange(size) % 2 == 0,
        "time": np.linspace(-(2**62), 2**62, size).astype(np.int64),
    }
    told: list[int] = []
    insert_numbers(VoteEvent, columns, told.append)
    assert told == [1 << 16, size - (1 << 16)]
    events = VoteEvent.objects.order_by("pk")
    found = read_numbers(events.values_list("participant_id", "statement_id", "choice", "time"), 4)
    assert np.array_equal(found, np.array([columns[name] for name in ("participant_id", "statement_id", "choice", "time")]))
    assert list(events[:2].values_list("is_important", "client_key")) == [(True, None), (False, None)]
    assert read_numbers(events.filter(choice=9).values_list("choice"), 1).shape == (1, 0)


def test_rows_with_text_go_in_as_they_are(database: Configuration) -> None:
    from klal.store.bulk import insert_rows
    from klal.store.models import Conversation, Participant

    row = Conversation.objects.create(slug="here")
    labels = ['a,"b"\\', "\t", "\\N", "\n", "שלום", "'"]
    names = ("conversation_id", "label", "epoch", "email", "language", "published_group")
    insert_rows(Participant, names, ((row.pk, label, 0, "", "", None) for label in labels))
    found = Participant.objects.order_by("pk")
    assert [one.label for one in found] == labels
    assert all(one.published_group is None and one.email == "" for one in found)
