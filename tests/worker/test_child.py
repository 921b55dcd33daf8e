"""The worker as a child of the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from klal.store.configuration import Configuration
from tests.core.tables import camps
from tests.services.stored import cast, store_table
from tests.waiting import wait_until
from tests.worker.processes import runs

TABLE = camps((30, 20), 12, seed=1)
PARENT = """
import time
from klal.store.opening import open_store
open_store()
from klal.worker.child import Supervisor
supervisor = Supervisor()
supervisor.start()
while supervisor.child is None:
    time.sleep(0.02)
print(supervisor.child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def supervisor():
    from klal.worker.child import Supervisor

    found = Supervisor(idle_seconds=0.5)
    yield found
    found.stop()


@pytest.fixture
def patient():
    """Return one whose child waits for more work longer than any test lasts."""
    from klal.worker.child import Supervisor

    found = Supervisor(idle_seconds=600)
    yield found
    found.stop()


def analysed(conversation) -> bool:
    conversation.refresh_from_db()
    return bool(conversation.analysed_changes == conversation.changes)


def test_a_child_comes_with_the_work_and_leaves_after_it(database: Configuration, supervisor) -> None:
    supervisor.start()
    conversation = store_table(TABLE)
    for turn in range(2):
        cast(conversation, "0", "0", 1 + turn)
        wait_until(lambda: supervisor.child is not None)
        wait_until(lambda: analysed(conversation))
        wait_until(lambda: supervisor.child is None)


def test_a_child_is_at_hand_when_somebody_comes(sqlite_database: Configuration, supervisor) -> None:
    supervisor.start()
    supervisor.expect()
    wait_until(lambda: supervisor.child is not None)
    # once, not for ever: without work it leaves again
    wait_until(lambda: supervisor.child is None)


def test_a_child_that_dies_is_replaced(sqlite_database: Configuration, patient, caplog: pytest.LogCaptureFixture) -> None:
    patient.start()
    conversation = store_table(TABLE)
    wait_until(lambda: patient.child is not None)
    patient.child.kill()
    wait_until(lambda: "ended with code -9" in caplog.text)
    wait_until(lambda: analysed(conversation))


def test_a_child_dies_with_its_parent_however_that_dies(sqlite_database: Configuration) -> None:
    store_table(TABLE)
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        child = int(parent.stdout.readline())  # type: ignore[union-attr]
        assert runs(child)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()  # type: ignore[union-attr]
    wait_until(lambda: not runs(child))


def test_a_child_does_not_mind_the_interrupt_meant_for_the_server(sqlite_database: Configuration, patient) -> None:
    patient.start()
    conversation = store_table(TABLE)
    wait_until(lambda: analysed(conversation))
    patient.child.send_signal(signal.SIGINT)
    cast(conversation, "0", "0", 2)
    wait_until(lambda: analysed(conversation))


def test_stopping_ends_the_child(sqlite_database: Configuration, patient) -> None:
    store_table(TABLE)
    patient.start()
    wait_until(lambda: patient.child is not None)
    child = patient.child
    patient.stop()
    assert child.returncode is not None
    assert patient.child is None


def test_a_child_that_will_not_end_is_killed(sqlite_database: Configuration, supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.worker import child

    monkeypatch.setattr(child, "_GRACE_SECONDS", -0.9)
    monkeypatch.setattr(supervisor, "_command", (sys.executable, "-c", "import time; time.sleep(600)"))
    store_table(TABLE)
    supervisor.start()
    wait_until(lambda: supervisor.child is not None)
    stubborn = supervisor.child
    supervisor.stop()
    assert stubborn.returncode == -signal.SIGKILL


def test_stopping_what_never_started_is_nothing(supervisor) -> None:
    supervisor.stop()


def test_a_database_that_is_gone_is_asked_again(sqlite_database: Configuration, supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from klal.worker import child

    real, failures = child.work_is_waiting, [2]

    def gone() -> bool:
        if failures[0]:
            failures[0] -= 1
            raise OperationalError("gone")
        return real()

    monkeypatch.setattr(child, "work_is_waiting", gone)
    supervisor.start()
    conversation = store_table(TABLE)
    wait_until(lambda: analysed(conversation))


def test_a_child_that_cannot_be_started_is_tried_again_later(
    sqlite_database: Configuration, supervisor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store_table(TABLE)
    monkeypatch.setattr(supervisor, "_command", ("/no/such/program",))
    assert supervisor._look() == 60
    assert "could not be started" in caplog.text


def test_nobody_to_supervise_means_no_child(tmp_path: Path, sqlite_database: Configuration, supervisor) -> None:
    assert supervisor._look() > 0
    assert supervisor.child is None
