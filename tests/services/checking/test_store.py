from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from klal.services.checking.finding import Grade
from klal.store.configuration import Configuration
from tests.intake.conversations import make_conversation
from tests.postgresql import PostgresServer
from tests.services.checking.test_settings import codes
from tests.serving import RunningServer


@pytest.fixture
def postgresql_database(postgresql: PostgresServer, postgresql_database: Configuration) -> Iterator[Configuration]:
    """Return one on a PostgreSQL as hosts have it."""
    with postgresql.as_hosts_have_it():
        yield postgresql_database


def look(found: Configuration) -> list[Any]:
    from klal.services.checking import store

    return list(store.database(found))


def test_a_database_in_order(database: Configuration) -> None:
    assert codes(look(database), Grade.ERROR) == []
    assert "database_fine" in codes(look(database), Grade.OK)
    if database.engine == "sqlite":
        database.sqlite_path.chmod(0o644)
        assert codes(look(database)) == ["database_fine", "file_readable"]


def test_a_database_that_is_not_there_yet(sqlite_database: Configuration, tmp_path: Path) -> None:
    assert codes(look(replace(sqlite_database, home=tmp_path / "other"))) == ["database_none"]


def test_a_database_that_is_away(postgresql_database: Configuration, postgresql: Any) -> None:
    from django.db import connection

    connection.close()
    postgresql.stop()
    try:
        assert codes(look(postgresql_database)) == ["database_away"]
    finally:
        postgresql.start()


def test_tables_of_another_release(database: Configuration) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_of_tomorrow', CURRENT_TIMESTAMP)")
    assert "database_newer" in codes(look(database), Grade.ERROR)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '9999_of_tomorrow' OR (app = 'auth' AND name > '0011')")
    assert "database_older" in codes(look(database), Grade.WARNING)


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"SHOW server_version_num": "130005"}, "postgresql_old"),
        ({"SHOW synchronous_commit": "off"}, "postgresql_unsafe"),
        ({"SHOW fsync": "off"}, "postgresql_unsafe"),
        ({"SHOW max_connections": "20"}, "connections_few"),
        ({"SHOW max_connections": "50"}, "connections_little"),
        ({"SELECT extract(epoch FROM clock_timestamp())": str(time.time() + 10_000)}, "clock_skew"),
    ],
)
def test_a_postgresql_that_is_set_up_badly(
    postgresql_database: Configuration, monkeypatch: pytest.MonkeyPatch, answers: dict[str, str], wanted: str
) -> None:
    from klal.services.checking import store

    asked = {**answers, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'": "3"}
    real = store._ask
    monkeypatch.setattr(store, "_ask", lambda query: asked.get(query) or real(query))
    assert wanted in codes(look(postgresql_database))


def test_what_a_session_gives_up_for_itself_is_seen(postgresql_database: Configuration) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    (finding,) = [one for one in look(postgresql_database) if one.grade is Grade.ERROR]
    assert (finding.code, finding.facts["setting"]) == ("postgresql_unsafe", "synchronous_commit")


def test_an_embedded_database_where_it_should_not_be(sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services.checking import store

    monkeypatch.setattr(store, "disk_kind", lambda path: "nfs4")
    assert "sqlite_on_network" in codes(look(sqlite_database))


def test_two_servers_on_one_file_are_seen(sqlite_database: Configuration) -> None:
    with RunningServer(sqlite_database.home, "--no-worker") as one:
        one.get("/")
        assert codes(look(sqlite_database)) == ["database_fine"]
        with RunningServer(sqlite_database.home, "--no-worker") as other:
            other.get("/")
            assert codes(look(sqlite_database)) == ["database_fine", "sqlite_several"]


def test_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services.checking import store

    home = tmp_path / "home"
    found = Configuration(home)
    assert codes(store.home(found)) == ["home_closed"]
    home.mkdir(mode=0o700)
    monkeypatch.setattr(store, "_free", lambda path: 10 * 1024**3)
    assert codes(store.home(found)) == ["home_fine"]
    home.chmod(0o755)
    monkeypatch.setattr(store, "_free", lambda path: 1024**3)
    assert codes(store.home(found)) == ["home_open", "disk_little"]
    monkeypatch.setattr(store, "_free", lambda path: 1024**2)
    assert codes(store.home(found), Grade.ERROR) == ["disk_little"]


def test_disks_are_told_apart() -> None:
    from klal.services.checking.store import disk_kind

    assert disk_kind(Path("/proc/self")) == "proc"
    assert disk_kind(Path("/")) not in {"", "proc"}


def test_what_runs(database: Configuration) -> None:
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.utils import timezone

    from klal.services.checking.running import running
    from klal.services.mailing import post
    from klal.store.models import Conversation, Mail, Snapshot, VoteEvent

    public = replace(database, hosts=("talk.example.org",))
    assert codes(running(public)) == ["analysis_fine", "account_none"]
    User.objects.create_user("demo")
    assert codes(running(public)) == ["analysis_fine", "account_host_none", "account_demo"]
    assert codes(running(database)) == ["analysis_fine", "account_host_none"]
    User.objects.create_superuser("rivka")
    assert codes(running(database)) == ["analysis_fine", "accounts_fine"]

    conversation, (statement, *_) = make_conversation()
    del conversation
    here = Conversation.objects.get(slug="here")
    who = here.participants.create(label="0", key="k" * 22)
    now = timezone.now()
    vote = VoteEvent.objects.create(participant=who, statement_id=statement, choice=3, time=int(now.timestamp() * 1000))
    Conversation.objects.update(changes=1, analysed_changes=0)
    assert "analysis_fine" in codes(running(database))  # it came just now
    vote.delete()
    assert "analysis_late" in codes(running(database))
    Snapshot.objects.create(conversation=here, number=1, changes=0, milliseconds=1, findings={}, places=b"")
    assert "analysis_fine" in codes(running(database))  # a worker is at it

    for hours in (1, -1):
        mail = post("dana@example.org", "Hello", "you")
        Mail.objects.filter(pk=mail.pk).update(made=now - timedelta(hours=2), expires=now + timedelta(hours=hours), error="no such host")
    late, lost = [one for one in running(database) if one.code.startswith("mails")]
    assert (late.code, late.facts, lost.code, lost.facts) == (
        "mails_late",
        {"count": 1, "error": "no such host"},
        "mails_lost",
        {"count": 1},
    )
