"""Power cuts: whatever is killed, and whenever, a vote that was acknowledged is there afterwards, and none is there twice."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from random import Random

from klal.store.configuration import Configuration
from tests.faults.crowd import Crowd
from tests.intake.conversations import make_conversation
from tests.postgresql import PostgresServer, free_port
from tests.serving import RunningServer
from tests.waiting import wait_until

CODES = {"disagree": 1, "pass": 2, "agree": 3, None: None}


def start(database: Configuration, port: int) -> RunningServer:
    return RunningServer(database.home, "--no-worker", database_url=database.database_url, port=port)


def check_store(crowd: Crowd) -> None:
    """Compare what servers said they stored with what there is."""
    from klal.store.models import Conversation, Vote, VoteEvent

    rows = list(VoteEvent.objects.order_by("pk").values_list("participant__key", "client_key", "statement_id", "choice"))
    log = {(who, key): (statement, choice) for who, key, statement, choice in rows}
    assert len(rows) == len(log), "a vote is there twice"
    assert log == {sent: (statement, CODES[choice]) for sent, (statement, choice) in crowd.acknowledged.items()}
    last = {(who, statement): choice for who, _, statement, choice in rows}
    standing = {
        (who, statement): choice for who, statement, choice in Vote.objects.values_list("participant__key", "statement_id", "choice")
    }
    assert standing == {place: choice for place, choice in last.items() if choice is not None}
    assert Conversation.objects.get(slug="here").changes == len(rows)


def kill_under_load(database: Configuration, times: int) -> None:
    _, statements = make_conversation(statements=30)
    chance, port = Random(times), free_port()
    with Crowd(port, statements) as crowd:
        for _ in range(times):
            server = start(database, port)
            time.sleep(chance.uniform(0.02, 0.5))
            server.kill()
        with start(database, port):
            wait_until(lambda: len(crowd.acknowledged) > times)
            crowd.finish()
    check_store(crowd)


def test_a_server_killed_twenty_times_under_load_loses_and_doubles_nothing(sqlite_database: Configuration) -> None:
    kill_under_load(sqlite_database, 20)


def test_the_same_holds_on_postgresql(postgresql_database: Configuration) -> None:
    kill_under_load(postgresql_database, 5)


def test_a_server_asked_to_end_under_load_answers_what_it_has_taken(sqlite_database: Configuration) -> None:
    _, statements = make_conversation(statements=30)
    port = free_port()
    with Crowd(port, statements) as crowd:
        for _ in range(3):
            server = start(sqlite_database, port)
            time.sleep(0.3)
            server.stop()
        with start(sqlite_database, port):
            crowd.finish()
    check_store(crowd)


def test_postgresql_gone_for_ten_seconds_is_said_and_then_votes_go_on(
    postgresql_database: Configuration, postgresql: PostgresServer
) -> None:
    _, statements = make_conversation(statements=30)
    port = free_port()
    with start(postgresql_database, port) as server, Crowd(port, statements, threads=4, pause=0.01) as crowd:
        wait_until(lambda: crowd.acknowledged)
        postgresql.stop()
        try:
            time.sleep(10)
            wait_until(lambda: crowd.refusals)
            during = len(crowd.acknowledged)
        finally:
            postgresql.start()
        wait_until(lambda: len(crowd.acknowledged) >= during + 50)
        crowd.finish()
        assert server.get("/healthz")[0] == 200
    assert set(crowd.refusals) == {503}
    assert all(hint is not None and int(hint) > 0 for hint in crowd.hints)
    from django.db import connections

    connections.close_all()  # this process's own were cut as well
    check_store(crowd)


def test_a_database_locked_for_ten_seconds_is_said_and_then_votes_go_on(sqlite_database: Configuration) -> None:
    _, statements = make_conversation(statements=30)
    port = free_port()
    with start(sqlite_database, port) as server, Crowd(port, statements, threads=4, pause=0.01) as crowd:
        wait_until(lambda: crowd.acknowledged)
        with closing(sqlite3.connect(sqlite_database.sqlite_path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(10)
            wait_until(lambda: crowd.refusals)
            other.execute("ROLLBACK")
        unlocked = len(crowd.acknowledged)
        wait_until(lambda: len(crowd.acknowledged) >= unlocked + 50)
        crowd.finish()
        assert server.errors == ""
    assert set(crowd.refusals) == {503}
    assert all(hint is not None and int(hint) > 0 for hint in crowd.hints)
    check_store(crowd)
