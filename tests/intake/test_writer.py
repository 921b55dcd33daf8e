from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from klal.domain.ballot import Ballot, CastVote, Choice, Receipt
from klal.domain.identity import Identity
from klal.errors import BadIdentityError, BusyError
from klal.intake.writer import Answer, VoteWriter, shared_writer, stop_shared_writer
from klal.store.configuration import Configuration
from tests.waiting import PATIENCE, wait_until


def ballot(key: int, who: str = "me") -> Ballot:
    return Ballot("here", Identity(who), (CastVote(key, 1, Choice.AGREE),))


class FakeStore:
    """Keeps keys; can be held up, be away, and choke on a key."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.entered = threading.Event()
        self.away = False
        self.tries = 0
        self.chokes_on: int | None = None
        self.closed = False

    def store(self, ballots: Sequence[Ballot]) -> list[Answer]:
        self.tries += 1
        self.entered.set()
        self.go_on.wait()
        keys = [one.votes[0].key for one in ballots]
        if self.away:
            raise BusyError(seconds=1)
        if self.chokes_on in keys:
            raise ValueError(keys)
        self.batches.append(keys)
        return [BadIdentityError() if one.identity.key == "revoked" else Receipt((one.votes[0].key,), (), (), 1, 0) for one in ballots]

    def close(self) -> None:
        self.closed = True


@contextmanager
def writing(store: FakeStore, **limits: float) -> Iterator[VoteWriter]:
    writer = VoteWriter(lambda: store, **{"seconds": PATIENCE, **limits})  # type: ignore[arg-type]
    try:
        yield writer
    finally:
        store.go_on.set()
        writer.stop()
        assert store.closed


def cast_again(writer: VoteWriter, ballot: Ballot) -> Receipt:
    """Cast until there is time for it, as a browser does."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return writer.cast(ballot)
        except BusyError:
            assert time.monotonic() < deadline


def test_a_ballot_is_answered_when_it_is_stored() -> None:
    store = FakeStore()
    with writing(store) as writer:
        assert writer.cast(ballot(7)).saved == (7,)
    assert store.batches == [[7]]


def test_ballots_gather_while_others_are_stored_and_go_together() -> None:
    store = FakeStore()
    store.go_on.clear()
    with writing(store) as writer, ThreadPoolExecutor(20) as pool:
        first = pool.submit(writer.cast, ballot(1))
        store.entered.wait()
        others = [pool.submit(writer.cast, ballot(key)) for key in range(2, 12)]
        wait_until(lambda: len(writer._queue) == 10)
        store.go_on.set()
        assert [one.result().saved for one in (first, *others)] == [(key,) for key in range(1, 12)]
    assert [len(batch) for batch in store.batches] == [1, 10]


def test_a_refusal_is_raised_for_its_own_ballot_only() -> None:
    async def both(writer: VoteWriter) -> list[Receipt | BaseException]:
        return await asyncio.gather(writer.submit(ballot(1, "revoked")), writer.submit(ballot(2)), return_exceptions=True)

    with writing(FakeStore()) as writer:
        refused, receipt = asyncio.run(both(writer))
        with pytest.raises(BadIdentityError):
            writer.cast(ballot(3, "revoked"))
    assert isinstance(refused, BadIdentityError)
    assert isinstance(receipt, Receipt)


def test_one_bad_ballot_sinks_alone(caplog: pytest.LogCaptureFixture) -> None:
    store = FakeStore()
    store.chokes_on = 5

    async def many(writer: VoteWriter) -> list[Receipt | BaseException]:
        return await asyncio.gather(*(writer.submit(ballot(key)) for key in range(1, 9)), return_exceptions=True)

    with writing(store) as writer:
        answers = asyncio.run(many(writer))
    assert [key for key, answer in enumerate(answers, 1) if isinstance(answer, BusyError)] == [5]
    assert sorted(key for batch in store.batches for key in batch) == [1, 2, 3, 4, 6, 7, 8]
    assert "votes could not be stored" in caplog.text


def test_too_many_waiting_are_told_at_once() -> None:
    store = FakeStore()
    store.go_on.clear()
    with writing(store, waiting=2) as writer, ThreadPoolExecutor(4) as pool:
        pool.submit(writer.cast, ballot(1))
        store.entered.wait()
        for key in (2, 3):
            pool.submit(writer.cast, ballot(key))
        wait_until(lambda: len(writer._queue) == 2)
        with pytest.raises(BusyError):
            writer.cast(ballot(4))
        store.go_on.set()


def test_whoever_waits_too_long_is_told_and_the_rest_goes_on() -> None:
    store = FakeStore()
    store.go_on.clear()

    async def late(writer: VoteWriter) -> list[Receipt | BaseException]:
        first = writer.submit(ballot(1))
        await asyncio.to_thread(store.entered.wait)
        return await asyncio.gather(first, writer.submit(ballot(2)), return_exceptions=True)

    with writing(store, seconds=0.2) as writer:
        assert [type(answer) for answer in asyncio.run(late(writer))] == [BusyError, BusyError]
        with pytest.raises(BusyError):
            writer.cast(ballot(3))
        store.go_on.set()
        assert cast_again(writer, ballot(4)).saved == (4,)
    assert [2] not in store.batches  # it was told that nothing is stored


def test_a_database_that_comes_back_in_time_is_waited_for() -> None:
    store = FakeStore()
    store.away = True

    async def patient(writer: VoteWriter) -> Receipt:
        waiting = writer.submit(ballot(1))
        await asyncio.to_thread(wait_until, lambda: store.tries > 1)
        store.away = False
        return await waiting

    with writing(store) as writer:
        assert asyncio.run(patient(writer)).saved == (1,)


def test_a_database_that_stays_away_is_reported_and_then_found_again() -> None:
    store = FakeStore()
    store.away = True
    with writing(store, seconds=0.3) as writer:
        for key in (1, 2):
            with pytest.raises(BusyError):
                writer.cast(ballot(key))
        store.away = False
        assert cast_again(writer, ballot(3)).saved == (3,)


def test_stopping_stores_what_waits_and_takes_no_more() -> None:
    store = FakeStore()
    store.go_on.clear()
    writer = VoteWriter(lambda: store, seconds=PATIENCE)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(writer.cast, ballot(1))]
        store.entered.wait()
        waiting += [pool.submit(writer.cast, ballot(key)) for key in range(2, 7)]
        wait_until(lambda: len(writer._queue) == 5)
        stopping = pool.submit(writer.stop)
        wait_until(lambda: writer._stopping)
        with pytest.raises(BusyError):
            writer.cast(ballot(99))
        store.go_on.set()
        stopping.result()
        assert [one.result().saved for one in waiting] == [(key,) for key in range(1, 7)]
    assert store.closed


def test_stopping_while_the_database_is_away_tells_those_who_wait() -> None:
    store = FakeStore()
    store.away = True
    writer = VoteWriter(lambda: store)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(writer.cast, ballot(1))
        wait_until(lambda: store.tries > 0)
        writer.stop()
        with pytest.raises(BusyError):
            waiting.result()


def test_an_event_loop_that_has_ended_disturbs_nobody() -> None:
    store = FakeStore()
    store.go_on.clear()

    async def leave(writer: VoteWriter) -> None:
        writer.submit(ballot(1))
        await asyncio.to_thread(store.entered.wait)

    with writing(store) as writer:
        asyncio.run(leave(writer))
        store.go_on.set()
        assert writer.cast(ballot(2)).saved == (2,)


def test_a_process_has_one_writer(database: Configuration) -> None:
    from klal.store.models import Conversation, Statement

    where = Conversation.objects.create(slug="here", topic="What joins us?")
    statement = Statement.objects.create(conversation=where, label="0", text="one")
    first = shared_writer()
    assert shared_writer() is first
    assert cast_again(first, Ballot("here", Identity("somebody"), (CastVote(1, statement.pk, Choice.PASS),))).saved == (1,)
    stop_shared_writer()
    assert shared_writer() is not first
    assert cast_again(shared_writer(), Ballot("here", Identity("somebody"), ())).voted == 1
