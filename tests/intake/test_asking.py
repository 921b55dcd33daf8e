from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from klal.domain.ballot import Ballot, CastVote, Choice
from klal.domain.identity import Identity, new_identity
from klal.errors import BadIdentityError, BusyError, UnknownConversationError
from klal.store.configuration import Configuration


@pytest.fixture
def statement(database: Configuration) -> int:
    from klal.store.models import Conversation, Statement

    here = Conversation.objects.create(slug="here", topic="What joins us?", languages=["en"])
    return Statement.objects.create(conversation=here, label="0", text="One", state="accepted").pk


def test_looking_stores_nothing(statement: int) -> None:
    from klal.intake.asking import BallotReader
    from klal.store.models import Participant

    receipt = BallotReader().ask(Ballot("here", new_identity(), ()))
    assert [one.id for one in receipt.upcoming] == [statement]
    assert (receipt.saved, receipt.voted, receipt.remaining) == ((), 0, 1)
    assert not Participant.objects.exists()


def test_what_the_writer_stored_is_seen_at_once(statement: int) -> None:
    from klal.intake.asking import BallotReader
    from klal.store.vote_store import VoteStore

    someone, reader = new_identity(), BallotReader()
    assert reader.ask(Ballot("here", someone, ())).voted == 0
    VoteStore().store([Ballot("here", someone, (CastVote(1, statement, Choice.AGREE),))])
    assert reader.ask(Ballot("here", someone, ())).voted == 1


def test_refusals_are_raised(statement: int) -> None:
    from klal.intake.asking import BallotReader

    reader = BallotReader()
    with pytest.raises(UnknownConversationError):
        reader.ask(Ballot("nowhere", new_identity(), ()))
    with pytest.raises(BadIdentityError):
        reader.ask(Ballot("here", Identity(new_identity().key, epoch=1), ()))
    with pytest.raises(ValueError, match="writer"):
        reader.ask(Ballot("here", new_identity(), (CastVote(1, statement, None),)))


def test_a_locked_database_can_be_read(sqlite_database: Configuration) -> None:
    from klal.intake.asking import BallotReader
    from klal.store.models import Conversation
    from klal.store.vote_store import VoteStore

    Conversation.objects.create(slug="here", topic="What joins us?")
    with closing(sqlite3.connect(sqlite_database.sqlite_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert BallotReader().ask(Ballot("here", new_identity(), ())).remaining == 0
        with pytest.raises(BusyError):
            VoteStore().store([Ballot("here", new_identity(), (CastVote(1, 1, Choice.AGREE),))])


def test_forgetting_reads_again(statement: int) -> None:
    from klal.intake.asking import shared_reader
    from klal.store.models import Statement

    shared_reader().ask(Ballot("here", new_identity(), ()))
    Statement.objects.all().delete()  # without a word to anybody, as when a test goes to another database
    shared_reader().forget()
    assert shared_reader().ask(Ballot("here", new_identity(), ())).remaining == 0
