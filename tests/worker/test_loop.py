from __future__ import annotations

import logging
import threading
import time

import numpy as np
import pytest

from klal.store.configuration import Configuration
from tests.core.tables import camps
from tests.services.stored import cast, store_table

TABLE = camps((30, 20), 12, seed=1)


class Clock:
    """A clock that goes on when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def worker(clock: Clock):
    from klal.worker.loop import Worker

    found = Worker(clock=clock)
    yield found
    found.close()


def state(conversation):
    conversation.refresh_from_db()
    return conversation.snapshot_number, conversation.changes - conversation.analysed_changes


def reports() -> set[tuple[str, int]]:
    from klal.store.models import ReportPage

    return set(ReportPage.objects.values_list("language", "snapshot_number"))


def test_a_vote_leads_to_a_new_snapshot_and_rest_to_a_report(database: Configuration, worker, clock: Clock) -> None:
    conversation = store_table(TABLE)
    assert worker.step()
    assert state(conversation) == (1, 0)
    assert reports() == set()
    clock.now += 1
    cast(conversation, "0", "0", 2)
    worker.step()
    assert state(conversation) == (2, 0)
    assert reports() == set()
    clock.now += 3
    assert worker.step()
    assert reports() == {("en", 2), ("he", 2)}
    assert not worker.step()
    assert conversation.claimed_by == ""


def test_reports_are_drawn_now_and_then_while_votes_flow(sqlite_database: Configuration, worker, clock: Clock) -> None:
    from datetime import timedelta

    from django.db.models import F

    from klal.store.models import ReportPage, Snapshot

    conversation = store_table(TABLE)

    def vote_and_look() -> set[int]:
        clock.now += 1
        cast(conversation, "0", "0", 1 + int(clock.now) % 3)
        worker.step()
        return {number for _, number in reports()}

    assert vote_and_look() == set()
    Snapshot.objects.update(made=F("made") - timedelta(seconds=61))
    assert vote_and_look() == {2}
    assert vote_and_look() == {2}
    ReportPage.objects.update(made=F("made") - timedelta(seconds=61))
    assert vote_and_look() == {4}


def test_a_conversation_rests_as_long_as_its_analysis_took(
    sqlite_database: Configuration, worker, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.worker import loop

    real = loop.find

    def slow(conversation_id: int):
        clock.now += 5
        return real(conversation_id)

    monkeypatch.setattr(loop, "find", slow)
    conversation = store_table(TABLE)
    worker.step()
    cast(conversation, "0", "0", 2)
    clock.now += 4.9
    assert worker.step()
    assert state(conversation) == (1, 1)
    clock.now += 0.2
    worker.step()
    assert state(conversation) == (2, 0)


def test_one_bad_conversation_does_not_stop_the_others(
    database: Configuration, worker, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from klal.worker import loop

    bad, good = store_table(TABLE, slug="bad"), store_table(TABLE, slug="good")
    real, tries = loop.find, []

    def fail(conversation_id: int):
        if conversation_id == bad.pk:
            tries.append(clock.now)
            raise ValueError("a fault of ours")
        return real(conversation_id)

    monkeypatch.setattr(loop, "find", fail)
    for _ in range(80):
        worker.step()
        clock.now += 1
    assert state(good)[0] == 1
    assert np.diff(tries).tolist() == [2, 4, 8, 16, 32]
    assert "a fault of ours" in caplog.text
    assert state(bad) == (0, bad.changes + 1)
    assert bad.claimed_by == ""
    monkeypatch.setattr(loop, "find", real)
    clock.now += 300
    worker.step()
    assert state(bad) == (1, 0)


def test_a_conversation_deleted_meanwhile_is_no_fault(
    sqlite_database: Configuration, worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from klal.worker import loop

    conversation = store_table(TABLE)
    real = loop.keep

    def too_late(found):
        conversation.delete()
        return real(found)

    monkeypatch.setattr(loop, "keep", too_late)
    worker.step()
    assert not worker.step()
    assert caplog.text == ""


def test_a_stopped_worker_begins_nothing_more(sqlite_database: Configuration, worker) -> None:
    conversation = store_table(TABLE)
    stop = threading.Event()
    stop.set()
    assert worker.step(stop)
    assert state(conversation)[0] == 0


def test_a_worker_leaves_when_it_was_quiet_for_long_enough(sqlite_database: Configuration) -> None:
    from klal.worker.loop import run

    conversation = store_table(TABLE)
    run(idle_exit=0.5, stop=threading.Event())
    assert state(conversation) == (1, 0)
    assert {number for _, number in reports()} == {1}


def test_a_worker_waits_for_a_database_that_is_gone(
    sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import OperationalError

    from klal.worker import loop

    conversation = store_table(TABLE)
    real, failures = loop.changed, [2]

    def gone():
        if failures[0]:
            failures[0] -= 1
            raise OperationalError("the server closed the connection")
        return real()

    monkeypatch.setattr(loop, "changed", gone)
    monkeypatch.setattr(loop, "_RECONNECT_SECONDS", 0.05)
    started = time.monotonic()
    loop.run(idle_exit=0.2, stop=threading.Event())
    assert time.monotonic() - started >= 0.15
    assert state(conversation)[0] == 1
    assert caplog.text.count("the server closed the connection") == 2


def test_an_outage_in_the_middle_of_the_work_is_logged_in_a_line(
    sqlite_database: Configuration, worker, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.db import OperationalError

    from klal.worker import loop

    conversation = store_table(TABLE)
    real = loop.keep

    def gone(_):
        raise OperationalError("database is locked")

    monkeypatch.setattr(loop, "keep", gone)
    worker.step()
    assert "Traceback" not in caplog.text
    assert len([one for one in caplog.records if one.levelno == logging.ERROR]) == 1
    monkeypatch.setattr(loop, "keep", real)
    clock.now += 3
    worker.step()
    assert state(conversation) == (1, 0)
