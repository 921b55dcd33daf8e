from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from klal.store.configuration import Configuration
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def run(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run chores of the test's own until it is over."""
    from klal.services import chores
    from klal.worker.chores import Chores

    running: list[Chores] = []

    def start(*mine: Callable[[], None], patient: tuple[Callable[[], None], ...] = ()) -> Chores:
        monkeypatch.setattr(chores, "CHORES", mine)
        monkeypatch.setattr(chores, "PATIENT", patient)
        running.append(Chores(seconds=0.01))
        running[-1].start()
        return running[-1]

    yield start
    for one in running:
        one.stop()


def test_chores_are_done_again_and_again_until_the_end(run: Any) -> None:
    done: list[str] = []
    running = run(lambda: done.append("one"), lambda: done.append("other"))
    wait_until(lambda: done[:4] == ["one", "other"] * 2)
    running.stop()
    count = len(done)
    time.sleep(0.05)
    assert len(done) == count


def test_a_broken_chore_stops_no_other_and_is_told(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def broken() -> None:
        raise ZeroDivisionError

    run(broken, lambda: done.append(1))
    wait_until(lambda: len(done) > 2)
    assert "broken failed." in caplog.text


def test_a_database_that_is_away_is_told_once(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    from django.db import OperationalError

    tries: list[int] = []

    def asking() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise OperationalError("no database\nand much more")

    with caplog.at_level(logging.WARNING):
        run(asking)
        wait_until(lambda: len(tries) > 4)
    assert caplog.text.count("asking: the database cannot be used (no database).") == 1


def test_one_that_waits_for_another_machine_holds_up_none(run: Any) -> None:
    done, may_end = [], threading.Event()
    run(lambda: done.append(1), patient=(lambda: may_end.wait(PATIENCE) and None,))
    wait_until(lambda: len(done) > 2)
    may_end.set()


def test_one_that_never_began_can_be_stopped(database: Configuration) -> None:
    from klal.worker.chores import Chores

    Chores().stop()


def test_the_server_and_the_worker_send_mail(sqlite_database: Configuration) -> None:
    """Two processes beside each other, one mail once."""
    from klal.services.mailing import post
    from klal.store.models import Mail
    from tests.serving import RunningServer
    from tests.smtp import MailServer
    from tests.worker.processes import WorkerProcess

    post("dana@example.org", "Hello", "you")
    with MailServer() as mails:
        settings = {"KLAL_MAIL_URL": f"smtp://127.0.0.1:{mails.port}", "KLAL_MAIL_FROM": "klal@klal.example"}
        with RunningServer(sqlite_database.home, "--no-worker", environment=settings) as server:
            wait_until(lambda: Mail.objects.get().sent is not None)
            assert server.errors == ""
        with RunningServer(sqlite_database.home, "--no-chores", "--no-worker", environment=settings) as server:
            post("noa@example.org", "Hello", "you")
            time.sleep(2.5)
            assert len(mails.mails) == 1
            with pytest.MonkeyPatch.context() as patch:
                for name, value in settings.items():
                    patch.setenv(name, value)
                worker = WorkerProcess(sqlite_database.home / "worker.log")
            wait_until(lambda: len(mails.mails) == 2)
            assert worker.stop() == 0
