from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from klal.io import read_conversation
from klal.store.configuration import Configuration
from tests.services.stored import as_conversation, cast, store_table

TABLE = np.array([[1.0, np.nan, -1.0], [0.0, 1.0, np.nan], [np.nan, np.nan, np.nan]])


def test_the_matrix_is_that_of_the_file(database: Configuration) -> None:
    from klal.store.votes import read_votes

    stored = read_votes(store_table(TABLE).pk)
    assert stored is not None
    matrix = stored.log.to_matrix()
    assert matrix.digest() == as_conversation(TABLE).log.to_matrix().digest()
    np.testing.assert_array_equal(matrix.to_array(), TABLE)
    labels = [row.label for row in stored.statements]
    assert labels == ["0", "1", "2"]
    assert stored.statement_numbers.tolist() == [row.pk for row in stored.statements]


def test_participants_are_in_the_order_of_their_labels(database: Configuration) -> None:
    from klal.store.models import Participant
    from klal.store.votes import read_votes

    conversation = store_table(TABLE)
    Participant.objects.filter(label="0").update(label="100")
    stored = read_votes(conversation.pk)
    assert stored is not None
    assert stored.log.participants.tolist() == [1, 2, 100]
    assert [Participant.objects.get(pk=number).label for number in stored.participants.tolist()] == ["1", "2", "100"]
    np.testing.assert_array_equal(stored.log.to_matrix().to_array(), TABLE[[1, 2, 0]])


def test_a_changed_vote_counts_as_it_stands_and_a_withdrawn_one_not_at_all(database: Configuration) -> None:
    from klal.store.votes import read_votes

    conversation = store_table(TABLE)
    cast(conversation, "0", "0", 1)
    cast(conversation, "1", "1", None)
    stored = read_votes(conversation.pk)
    assert stored is not None
    expected = TABLE.copy()
    expected[0, 0], expected[1, 1] = -1.0, np.nan
    np.testing.assert_array_equal(stored.log.to_matrix().to_array(), expected)
    assert stored.conversation.changes == conversation.changes + 2


def test_rejected_withdrawn_and_meta_statements_take_no_part(database: Configuration) -> None:
    from klal.store.models import Statement
    from klal.store.votes import read_votes

    conversation = store_table(np.ones((2, 5)), rejected=[1], meta=[2])
    Statement.objects.filter(label="3").update(is_withdrawn=True)
    stored = read_votes(conversation.pk)
    assert stored is not None
    assert stored.analysed.tolist() == [True, False, False, False, True]
    assert stored.is_meta.tolist() == [False, False, True, False, False]


def test_conversations_are_kept_apart(database: Configuration) -> None:
    from klal.store.votes import read_votes

    one, other = store_table(TABLE), store_table(-TABLE, slug="there")
    assert (one.pk, other.pk) == (read_votes(one.pk).conversation.pk, read_votes(other.pk).conversation.pk)  # type: ignore[union-attr]
    np.testing.assert_array_equal(read_votes(other.pk).log.to_matrix().to_array(), -TABLE)  # type: ignore[union-attr]


def test_an_empty_conversation_has_no_votes_and_an_unknown_one_is_none(database: Configuration) -> None:
    from klal.store.models import Conversation
    from klal.store.votes import read_votes

    empty = read_votes(Conversation.objects.create(slug="new", topic="?").pk)
    assert empty is not None
    assert empty.log.to_matrix().shape == (0, 0)
    assert read_votes(10**6) is None


def test_the_public_conversations_come_out_as_their_files_are(public_conversation: Path, sqlite_database: Configuration) -> None:
    from klal.services.exchange import bring_in
    from klal.store.votes import read_votes

    conversation = read_conversation(public_conversation)
    stored = read_votes(bring_in(conversation, slug="there").pk)
    assert stored is not None
    assert stored.log.to_matrix().digest() == conversation.log.to_matrix().digest()
    np.testing.assert_array_equal(stored.analysed, conversation.analysed)


def test_text_labels_stay_text(database: Configuration) -> None:
    from dataclasses import replace

    from klal.core.index import IdIndex
    from klal.services.exchange import bring_in
    from klal.store.votes import read_votes

    conversation = as_conversation(TABLE)
    log = replace(conversation.log, participants=IdIndex.of(["b", "10", "é"]))
    stored = read_votes(bring_in(replace(conversation, log=log), slug="text").pk)
    assert stored is not None
    assert stored.log.to_matrix().digest() == log.to_matrix().digest()


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_however_many_rows_are_read_at_once_they_are_the_same(rows: int, database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.store import bulk
    from klal.store.votes import read_votes

    conversation = store_table(TABLE)
    monkeypatch.setattr(bulk, "_ROWS", rows)
    stored = read_votes(conversation.pk)
    assert stored is not None
    np.testing.assert_array_equal(stored.log.to_matrix().to_array(), TABLE)


def test_the_history_knows_when_votes_were_cast_who_wrote_and_how_people_came(database: Configuration) -> None:
    from klal.store.models import Participant, Statement, Vote
    from klal.store.votes import read_votes

    conversation = store_table(TABLE)
    second = Participant.objects.get(label="1")
    Statement.objects.filter(label="2").update(author=second)
    Participant.objects.filter(label="1").update(channel="poster")
    Vote.objects.filter(participant=second).update(time=1234)
    Vote.objects.exclude(participant=second).update(time=None)
    stored = read_votes(conversation.pk)
    assert stored is not None
    history = stored.history
    rows = stored.log.to_matrix().row_of_vote()
    assert history.times.tolist() == [1234 if row == 1 else -1 for row in rows.tolist()]
    assert history.authors.tolist() == [-1, -1, 1]
    assert history.channels.tolist() == [-1, 0, -1]
