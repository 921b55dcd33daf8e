"""Worker processes as they run for real: several at once, killed, stopped, without a database."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from klal.store.configuration import Configuration
from tests.core.tables import camps
from tests.postgresql import PostgresServer
from tests.services.stored import cast, store_table
from tests.waiting import wait_until
from tests.worker.processes import WorkerProcess

TABLE = camps((30, 20), 12, seed=1)
LARGE = np.tile(camps((60, 40), 60, seed=1, seen=0.5), (60, 1))
"""Large enough for a worker to be caught at it."""


def row(conversation):
    conversation.refresh_from_db()
    return conversation


def analysed(conversation) -> bool:
    found = row(conversation)
    return bool(found.analysed_changes == found.changes)


def test_votes_of_a_few_people_reach_the_map(database: Configuration, tmp_path: Path) -> None:
    from django.db import transaction

    from klal.store.models import Snapshot

    conversation = store_table(TABLE)
    with WorkerProcess(tmp_path / "log") as worker:
        wait_until(lambda: analysed(conversation))
        with transaction.atomic():  # seen together: of figures that change bit by bit the last few votes are held back
            for person in range(10):
                cast(conversation, str(person), "0", 2)
        wait_until(lambda: analysed(conversation))
        assert worker.stop() == 0
    statement, snapshots = str(conversation.statements.get(label="0").pk), Snapshot.objects.order_by("number")
    passes = [found.findings["statements"][statement]["pass"] for found in (snapshots[0], snapshots.reverse()[0])]
    assert passes[1] == passes[0] + sum(TABLE[person, 0] != 0 for person in range(10))
    assert row(conversation).claimed_by == ""
    assert "here: snapshot 2, 50 participants" in worker.log.read_text()


def test_a_killed_workers_conversation_is_taken_over(postgresql_database: Configuration, tmp_path: Path) -> None:
    conversation = store_table(LARGE)
    with WorkerProcess(tmp_path / "one") as one, WorkerProcess(tmp_path / "other") as other:
        wait_until(lambda: row(conversation).claimed_by, every=0.001)
        victim, heir = (one, other) if f"-{one.pid}-" in conversation.claimed_by else (other, one)
        victim.kill()
        assert (row(conversation).snapshot_number, bool(conversation.claimed_by)) == (0, True)
        wait_until(lambda: analysed(conversation))
        wait_until(lambda: not row(conversation).claimed_by)
        assert heir.stop() == 0
    assert "snapshot 1" in heir.log.read_text()
    assert "snapshot" not in victim.log.read_text()


def test_two_workers_share_the_work_and_never_do_it_twice(postgresql_database: Configuration, tmp_path: Path) -> None:
    conversations = [store_table(TABLE, slug=slug) for slug in ("a", "b", "c")]
    with WorkerProcess(tmp_path / "one") as one, WorkerProcess(tmp_path / "other") as other:
        for turn in range(6):
            for conversation in conversations:
                cast(conversation, str(turn), "0", 1 + turn % 3)
            wait_until(lambda: all(analysed(conversation) for conversation in conversations))
        assert [one.stop(), other.stop()] == [0, 0]
    log = one.log.read_text() + other.log.read_text()
    assert log.count(": snapshot ") == sum(row(conversation).snapshot_number for conversation in conversations)
    assert "failed" not in log


def test_a_worker_stopped_in_the_middle_finishes_and_releases(database: Configuration, tmp_path: Path) -> None:
    conversation = store_table(LARGE)
    with WorkerProcess(tmp_path / "log") as worker:
        wait_until(lambda: row(conversation).claimed_by, every=0.001)
        assert worker.stop() == 0
    assert analysed(conversation)
    assert conversation.claimed_by == ""


def test_a_frozen_worker_is_overtaken_and_spoils_nothing_when_it_wakes(
    postgresql_database: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = store_table(LARGE)
    with WorkerProcess(tmp_path / "frozen") as frozen:
        wait_until(lambda: row(conversation).claimed_by, every=0.001)
        frozen.process.send_signal(signal.SIGSTOP)
        with WorkerProcess(tmp_path / "other") as other:
            cast(conversation, "0", "0", 2)
            wait_until(lambda: analysed(conversation))
            assert other.stop() == 0
        changes, number = row(conversation).analysed_changes, conversation.snapshot_number
        frozen.process.send_signal(signal.SIGCONT)
        assert frozen.stop() == 0
    assert (row(conversation).analysed_changes, conversation.snapshot_number) == (changes, number)


def test_a_worker_outlives_its_database(postgresql: PostgresServer, postgresql_database: Configuration, tmp_path: Path) -> None:
    from django.db import connections

    conversation = store_table(TABLE)
    with WorkerProcess(tmp_path / "log") as worker:
        wait_until(lambda: analysed(conversation))
        postgresql.stop()
        try:
            wait_until(lambda: "cannot be used" in worker.log.read_text())
        finally:
            postgresql.start()
        connections.close_all()
        cast(conversation, "0", "0", 2)
        wait_until(lambda: analysed(conversation))
        assert worker.stop() == 0


def test_a_worker_waits_for_the_tables(tmp_path: Path, sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KLAL_HOME", str(tmp_path / "new"))
    with WorkerProcess(tmp_path / "log") as worker:
        wait_until(lambda: "cannot be used" in worker.log.read_text())
        assert worker.stop() == 0
