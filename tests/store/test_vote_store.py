from __future__ import annotations

import threading
from array import array
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from klal.domain.ballot import Ballot, CastVote, Choice, Receipt
from klal.domain.identity import Identity, new_identity
from klal.domain.routes import Routes
from klal.errors import (
    BadIdentityError,
    BusyError,
    ClosedError,
    NoSuchStatementError,
    NotInvitedError,
    TooManyError,
    UnknownConversationError,
    UsedKeyError,
)
from klal.store.configuration import Configuration

keys = count(1)


@pytest.fixture
def store(database: Configuration):  # type: ignore[no-untyped-def]
    from klal.store.vote_store import VoteStore

    return VoteStore()


def conversation(slug: str = "here", statements: int = 3, **fields: object) -> tuple[Any, list[int]]:
    from klal.store.models import Conversation, Statement

    where = Conversation.objects.create(slug=slug, topic="What joins us?", **fields)
    made = [Statement.objects.create(conversation=where, label=str(n), text=f"idea {n}", state="accepted") for n in range(statements)]
    return where, [statement.pk for statement in made]


def vote(statement: int, choice: Choice | None = Choice.AGREE, key: int | None = None, *, important: bool = False) -> CastVote:
    return CastVote(key or next(keys), statement, choice, important)


def ballot(who: Identity, *votes: CastVote, slug: str = "here", language: str = "en") -> Ballot:
    return Ballot(slug, who, votes, language)


def stored(who: Identity) -> list[tuple[int, int, bool]]:
    from klal.store.models import Vote

    rows = Vote.objects.filter(participant__key=who.key).order_by("statement_id")
    return [(row.statement_id, row.choice, row.is_important) for row in rows]


def log(who: Identity) -> list[tuple[int, int | None]]:
    from klal.store.models import VoteEvent

    return list(VoteEvent.objects.filter(participant__key=who.key).order_by("pk").values_list("statement_id", "choice"))


def changes(slug: str = "here") -> int:
    from klal.store.models import Conversation

    return Conversation.objects.get(slug=slug).changes


def revise(slug: str = "here", **fields: object) -> None:
    from django.db.models import F

    from klal.store.models import Conversation

    Conversation.objects.filter(slug=slug).update(revision=F("revision") + 1, changes=F("changes") + 1, **fields)


def test_a_first_vote_joins_is_stored_and_answered_with_what_is_left(store: Any) -> None:
    _, (first, second, third) = conversation()
    who, cast = new_identity(), vote(2)
    cast = vote(second, Choice.DISAGREE, important=True)
    (receipt,) = store.store([ballot(who, cast)])
    assert stored(who) == [(second, 1, True)]
    assert log(who) == [(second, 1)]
    assert (receipt.saved, receipt.refused, receipt.voted, receipt.remaining) == ((cast.key,), (), 1, 2)
    assert sorted(one.id for one in receipt.upcoming) == [first, third]
    assert changes() == 1


def test_one_batch_keeps_everybodys_votes_in_order(store: Any) -> None:
    _, (first, second, _) = conversation()
    people = [new_identity() for _ in range(20)]
    ballots = [ballot(who, vote(first), vote(second, Choice.PASS)) for who in people]
    receipts = store.store([*ballots, ballot(people[0], vote(first, Choice.DISAGREE))])
    assert all(isinstance(receipt, Receipt) for receipt in receipts)
    assert stored(people[0]) == [(first, 1, False), (second, 2, False)]
    assert log(people[0]) == [(first, 3), (second, 2), (first, 1)]
    assert [stored(who) for who in people[1:]] == [[(first, 3, False), (second, 2, False)]] * 19
    assert changes() == 41


def test_a_vote_is_changed_and_withdrawn_and_the_log_keeps_it(store: Any) -> None:
    _, (first, second, _) = conversation()
    who = new_identity()
    store.store([ballot(who, vote(first), vote(second))])
    store.store([ballot(who, vote(first, Choice.DISAGREE))])
    (receipt,) = store.store([ballot(who, vote(second, None))])
    assert stored(who) == [(first, 1, False)]
    assert log(who) == [(first, 3), (second, 3), (first, 1), (second, None)]
    assert (receipt.voted, receipt.remaining) == (1, 2)
    assert second in {one.id for one in receipt.upcoming}


def test_a_repeat_changes_nothing_and_counts_as_saved(store: Any) -> None:
    _, (first, *_) = conversation()
    who = new_identity()
    cast = vote(first)
    store.store([ballot(who, cast)])
    for batch in ([ballot(who, cast)], [ballot(who, cast), ballot(who, cast, cast)]):
        receipts = store.store(batch)
        assert all(set(receipt.saved) == {cast.key} for receipt in receipts)
    assert stored(who) == [(first, 3, False)]
    assert len(log(who)) == 1
    assert changes() == 1


def test_another_vote_under_a_used_key_is_refused_and_said_so(store: Any) -> None:
    _, (first, second, _) = conversation()
    who = new_identity()
    cast = vote(first)
    others = [CastVote(cast.key, second, cast.choice), CastVote(cast.key, first, None), CastVote(cast.key, first, cast.choice, True)]
    (one, two) = store.store([ballot(who, cast, others[0]), ballot(who, others[1])])
    assert one.saved == (cast.key,)
    later = store.store([ballot(who, other) for other in others])
    for receipt in (one, two, *later):
        assert [(key, type(error)) for key, error in receipt.refused] == [(cast.key, UsedKeyError)]
    assert stored(who) == [(first, 3, False)]
    assert changes() == 1


def test_who_joins_is_kept_with_their_language_and_the_channel_they_came_by(store: Any) -> None:
    from klal.store.models import Channel, Participant

    where, (first, second, _) = conversation()
    Channel.objects.create(conversation=where, code="poster", name="The poster")
    one, two, three = new_identity(), new_identity(), new_identity()
    store.store(
        [
            Ballot("here", one, (vote(first),), "he", "poster"),
            Ballot("here", one, (vote(second),), "en", "made-up"),
            Ballot("here", two, (vote(first),), "klingon", "made-up"),
            Ballot("here", three, (vote(first),), "en", "no\0code"),
        ]
    )
    store.store([Ballot("here", two, (vote(second),), "en", "poster")])
    found = {row.key: (row.language, row.channel) for row in Participant.objects.all()}
    assert found == {one.key: ("he", "poster"), two.key: ("", ""), three.key: ("en", "")}


def test_nobody_votes_in_a_conversation_for_those_invited_but_they(store: Any) -> None:
    from klal.store.models import Participant

    where, (first, *_) = conversation(voters="invited")
    guest, stranger = new_identity(), new_identity()
    Participant.objects.create(conversation=where, label="guest", key=guest.key)
    taken, refused, asked = store.store([ballot(guest, vote(first)), ballot(stranger, vote(first)), ballot(stranger)])
    assert taken.saved
    assert isinstance(refused, NotInvitedError)
    assert (asked.upcoming, asked.voted, asked.remaining) == ((), 0, 0)
    assert Participant.objects.count() == 1
    revise(voters="anyone")
    (now,) = store.store([ballot(stranger, vote(first))])
    assert now.saved


def test_where_too_many_join_those_who_are_in_go_on(database: Configuration) -> None:
    from klal.store.models import Participant
    from klal.store.vote_store import VoteStore

    counted = []

    def count_join(address: str) -> None:
        counted.append(address)
        if len(counted) > 2:
            raise TooManyError(seconds=9)

    _, (first, second, _) = conversation()
    store = VoteStore(count_join=count_join)
    people = [new_identity() for _ in range(3)]
    sent = [Ballot("here", who, (vote(first),), "en", address="192.0.2.7") for who in people]
    answers = store.store([*sent, ballot(people[0], vote(second))])
    assert [type(answer) for answer in answers] == [Receipt, Receipt, TooManyError, Receipt]
    assert counted == ["192.0.2.7"] * 3
    assert Participant.objects.count() == 2
    assert [type(answer) for answer in store.store([ballot(people[1], vote(second)), ballot(people[2])])] == [Receipt, Receipt]
    assert len(counted) == 3


def test_a_repeat_inside_a_batch_is_one_vote(store: Any) -> None:
    _, (first, *_) = conversation()
    who, cast = new_identity(), vote(1)
    cast = vote(first)
    receipts = store.store([ballot(who, cast, cast), ballot(who, cast)])
    assert [set(receipt.saved) for receipt in receipts] == [{cast.key}] * 2
    assert len(log(who)) == 1


def test_two_participants_may_choose_the_same_key(store: Any) -> None:
    _, (first, *_) = conversation()
    one, other = new_identity(), new_identity()
    store.store([ballot(one, vote(first, key=7)), ballot(other, vote(first, Choice.PASS, key=7))])
    assert (stored(one), stored(other)) == ([(first, 3, False)], [(first, 2, False)])


def test_a_repeat_counts_as_saved_when_the_conversation_has_closed_since(store: Any) -> None:
    _, (first, second, _) = conversation()
    who, cast = new_identity(), vote(1)
    cast = vote(first)
    store.store([ballot(who, cast)])
    revise(phase="closed")
    late = vote(second)
    (receipt,) = store.store([ballot(who, cast, late)])
    assert receipt.saved == (cast.key,)
    assert [(key, type(error)) for key, error in receipt.refused] == [(late.key, ClosedError)]
    assert (receipt.upcoming, receipt.voted, receipt.remaining) == ((), 1, 0)


def test_an_unknown_conversation_sinks_nobody_else(store: Any) -> None:
    _, (first, *_) = conversation()
    who = new_identity()
    wrong, right = store.store([ballot(who, vote(first), slug="nowhere"), ballot(who, vote(first))])
    assert isinstance(wrong, UnknownConversationError)
    assert wrong.facts == {"slug": "nowhere"}
    assert isinstance(right, Receipt)
    assert [type(answer) for answer in store.store([ballot(who, slug="nowhere")])] == [UnknownConversationError]
    assert store.store([]) == []


@pytest.mark.parametrize("fields", [{"state": "rejected"}, {"state": "rejected", "is_withdrawn": True}])
def test_a_statement_rejected_a_moment_ago_is_refused(store: Any, fields: dict[str, object]) -> None:
    from klal.store.models import Statement

    _, (first, second, _) = conversation()
    who = new_identity()
    store.store([ballot(who, vote(first))])
    Statement.objects.filter(pk=second).update(**fields)
    revise()
    (receipt,) = store.store([ballot(who, vote(second))])
    assert [type(error) for _, error in receipt.refused] == [NoSuchStatementError]
    assert (receipt.voted, receipt.remaining) == (1, 1)


def test_unknown_pending_and_foreign_statements_are_refused_and_the_others_stored(store: Any) -> None:
    from klal.store.models import Statement

    where, (first, *_) = conversation(moderation_mode="before")
    _, (foreign, *_) = conversation("elsewhere")
    pending = Statement.objects.create(conversation=where, label="new", text="not yet")
    who = new_identity()
    (receipt,) = store.store([ballot(who, vote(foreign), vote(pending.pk), vote(2**40), vote(first))])
    assert len(receipt.saved) == 1
    assert [type(error) for _, error in receipt.refused] == [NoSuchStatementError] * 3
    assert stored(who) == [(first, 3, False)]


def test_who_has_no_valid_vote_does_not_join(store: Any) -> None:
    from klal.store.models import Participant

    conversation()
    (receipt, empty) = store.store([ballot(new_identity(), vote(2**40)), ballot(new_identity())])
    assert len(receipt.refused) == 1
    assert (empty.voted, empty.remaining, len(empty.upcoming)) == (0, 3, 3)
    assert not Participant.objects.exists()


def test_a_revoked_cookie_and_one_of_another_conversation_are_refused(store: Any) -> None:
    from klal.store.models import Participant

    _, (first, *_) = conversation()
    _, (elsewhere, *_) = conversation("elsewhere")
    who = new_identity()
    store.store([ballot(who, vote(first))])
    Participant.objects.update(epoch=2)
    answers = store.store(
        [
            ballot(who, vote(first)),
            ballot(Identity(who.key, 2), vote(elsewhere), slug="elsewhere"),
            ballot(Identity(new_identity().key, 1), vote(first)),
            ballot(Identity(who.key, 2), vote(first)),
        ]
    )
    assert [type(answer) for answer in answers] == [BadIdentityError] * 3 + [Receipt]


@pytest.mark.parametrize(
    ("schedule", "is_open"),
    [
        ({"opens_at": timedelta(hours=1)}, False),
        ({"closes_at": -timedelta(seconds=1)}, False),
        ({"opens_at": -timedelta(hours=1), "closes_at": timedelta(hours=1)}, True),
    ],
)
def test_the_schedule_counts(store: Any, schedule: dict[str, timedelta], is_open: bool) -> None:
    _, (first, *_) = conversation(**{name: datetime.now(UTC) + distance for name, distance in schedule.items()})
    (receipt,) = store.store([ballot(new_identity(), vote(first))])
    assert bool(receipt.saved) is is_open


def test_the_text_is_in_the_readers_language_where_there_is_one(store: Any) -> None:
    from klal.store.models import Statement

    where, _ = conversation(statements=0)
    Statement.objects.create(
        conversation=where, label="0", text="hello", language="en", translations={"he": "שלום"}, state="accepted", is_seed=True
    )
    answers = store.store([ballot(new_identity(), language=language) for language in ("he", "en", "fr", "")])
    upcoming = [answer.upcoming[0] for answer in answers]
    assert [(one.text, one.language, one.is_seed) for one in upcoming] == [("שלום", "he", True)] + [("hello", "en", True)] * 3


def routed(where: Any, weights: dict[int, float]) -> None:
    """Let the newest snapshot draw statements by these weights, the same for everybody."""
    from klal.store.models import Snapshot

    none, m = array("f"), len(weights)
    zeros, numbers, law = array("f", [0.0] * m), array("q", weights), array("f", weights.values())
    table = Routes(0.0, none, array("f", [1.0]), numbers, zeros, zeros, zeros, zeros, (law,))
    Snapshot.objects.create(conversation=where, number=1, changes=0, milliseconds=1, findings={}, routes=table.pack(), places=b"")
    type(where).objects.filter(pk=where.pk).update(snapshot_number=1)


def test_the_next_statements_are_drawn_by_the_snapshots_weights(store: Any) -> None:
    where, (first, second, third) = conversation()
    who = new_identity()
    store.store([ballot(who)])
    routed(where, {first: 0.0, second: 1e12})
    drawn = Counter(store.store([ballot(who)])[0].upcoming[0].id for _ in range(50))
    assert drawn == {second: 50}
    assert {one.id for one in store.store([ballot(who)])[0].upcoming} == {first, second, third}


def chances(who: Identity) -> list[float | None]:
    from klal.store.models import VoteEvent

    codes = VoteEvent.objects.filter(participant__key=who.key).order_by("pk").values_list("chance", flat=True)
    return [None if code is None else 2 ** (-code / 1000) for code in codes]


def test_each_vote_is_kept_with_the_chance_that_it_was_asked_for(store: Any) -> None:
    where, (first, second, third) = conversation()
    routed(where, {first: 1.0, second: 2.0, third: 5.0})
    who = new_identity()
    store.store([ballot(who, vote(third, Choice.PASS))])
    store.store([ballot(who, vote(second), vote(first))])
    assert chances(who) == [pytest.approx(chance, rel=1e-3) for chance in (5 / 8, 2 / 3, 1)]


def test_what_was_answered_before_is_not_asked_for_again_and_has_no_chance(store: Any) -> None:
    where, (first, second, third) = conversation()
    routed(where, {first: 1.0, second: 2.0, third: 5.0})
    who = new_identity()
    store.store([ballot(who, vote(first))])
    store.store([ballot(who, vote(first, Choice.DISAGREE))])
    store.store([ballot(who, vote(first, None))])
    store.store([ballot(who, vote(first))])
    assert chances(who) == [pytest.approx(1 / 8, rel=1e-3), None, None, pytest.approx(1 / 8, rel=1e-3)]


def test_another_process_knows_what_somebody_has_said(store: Any) -> None:
    from klal.store.vote_store import VoteStore

    _, (first, second, third) = conversation()
    who = new_identity()
    store.store([ballot(who, vote(first), vote(second, Choice.DISAGREE), vote(third, Choice.PASS))])
    other = VoteStore()
    other.store([ballot(who, vote(first, Choice.PASS))])
    (known,) = other._loaded["here"].answered.values()
    assert known == (0b111, 0b000, 0b010)


def test_a_new_statement_is_offered_and_answers_stay_known(store: Any) -> None:
    from klal.store.models import Statement

    where, (first, *_) = conversation()
    who = new_identity()
    store.store([ballot(who, vote(first))])
    new = Statement.objects.create(conversation=where, label="new", text="new", state="accepted")
    revise()
    (receipt,) = store.store([ballot(who)])
    assert new.pk in {one.id for one in receipt.upcoming}
    assert first not in {one.id for one in receipt.upcoming}
    new.delete()
    revise()
    (receipt,) = store.store([ballot(who)])
    assert (receipt.voted, receipt.remaining) == (1, 2)


def test_two_processes_never_offer_what_was_answered_at_the_other(store: Any) -> None:
    from klal.store.vote_store import VoteStore

    _, statements = conversation(statements=12)
    other, who = VoteStore(), new_identity()
    for place, statement in enumerate(statements):
        (receipt,) = (store, other)[place % 2].store([ballot(who, vote(statement))])
        offered = {one.id for one in receipt.upcoming}
        assert not offered & set(statements[: place + 1])
        assert receipt.voted == place + 1


def test_a_failed_batch_leaves_nothing_and_the_next_one_counts(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.store import vote_store

    _, (first, second, _) = conversation()
    who = new_identity()
    store.store([ballot(who, vote(first))])
    with monkeypatch.context() as patch:
        patch.setattr(vote_store, "_CHANGED", "UPDATE nothing SET changes = %s WHERE id = %s")
        with pytest.raises(BusyError):
            store.store([ballot(who, vote(second))])
    assert len(log(who)) == 1
    (receipt,) = store.store([ballot(who)])
    assert (receipt.voted, receipt.remaining) == (1, 2)


def test_a_vote_that_cannot_be_stored_is_no_outage(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import DataError, IntegrityError

    _, (first, *_) = conversation()
    monkeypatch.setattr("klal.store.vote_memory.LoadedConversation.is_open_for_votes", lambda *_: True)
    with pytest.raises((DataError, IntegrityError)):
        store.store([ballot(new_identity(), vote(2**40))])
    assert store.store([ballot(new_identity(), vote(first))])[0].voted == 1


def test_a_locked_database_is_busy_and_recovers(sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    from klal.store import vote_store

    monkeypatch.setattr(vote_store, "_LOCKED_MILLISECONDS", 50)
    _, (first, *_) = conversation()
    store, who, cast = vote_store.VoteStore(), new_identity(), vote(first)
    with sqlite3.connect(sqlite_database.sqlite_path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError):
            store.store([ballot(who, cast)])
        other.execute("ROLLBACK")
    other.close()
    assert store.store([ballot(who, cast)])[0].saved == (cast.key,)


def test_writers_in_several_threads_lose_and_double_nothing(store: Any) -> None:
    from django.db import connection

    from klal.store.models import Participant, Vote, VoteEvent
    from klal.store.vote_store import VoteStore

    _, statements = conversation(statements=4)
    people = [new_identity() for _ in range(10)]

    def work(first_key: int) -> None:
        own = VoteStore()
        for who in people:
            own.store([ballot(who, *(vote(statement, key=first_key + place) for place, statement in enumerate(statements)))])
        connection.close()

    threads = [threading.Thread(target=work, args=(start,)) for start in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Participant.objects.count(), Vote.objects.count(), VoteEvent.objects.count()) == (10, 40, 120)
    assert changes() == 120


def test_participants_of_long_ago_are_forgotten_and_read_again(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.store import vote_memory

    monkeypatch.setattr(vote_memory, "_REMEMBERED", 1)
    _, (first, *_) = conversation()
    one, other = new_identity(), new_identity()
    store.store([ballot(one, vote(first)), ballot(other, vote(first))])
    answers = store.store([ballot(one), ballot(other)])
    assert [answer.voted for answer in answers] == [1, 1]
