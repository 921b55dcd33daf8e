"""Databases as release 0.1.0 left them, written by that release itself, brought up to date by this one.

The two files are what SQLite and ``pg_dump`` say of instances that release 0.1.0 made: one conversation brought in, one opened on the
spot, an account, votes, a snapshot, a report and a session.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from klal.errors import NewerBackupError
from klal.store.configuration import Configuration
from klal.store.opening import open_store
from klal.version import __version__
from tests.databases import close_store, point_store_at
from tests.postgresql import PostgresServer
from tests.waiting import PATIENCE

HERE = Path(__file__).parent
ROWS = {"auth_user": 1, "store_conversation": 2, "store_participant": 25, "store_statement": 11, "store_snapshot": 2, "store_reportpage": 1}
MIGRATE = "from klal.store.opening import open_store; open_store(migrate=True); print('up to date')"
SLOWLY = f"""
import time
from django.db.migrations import migration
plain = migration.Migration.apply
def apply(self, *rest, **more):
    state = plain(self, *rest, **more)
    print(self.name, flush=True)
    time.sleep(60 if self.app_label == "store" else 0)
    return state
migration.Migration.apply = apply
{MIGRATE}
"""


def tell(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((HERE / "release-0.1.0.sqlite.sql").read_text(encoding="utf-8"))
        connection.execute("PRAGMA journal_mode = WAL")


@pytest.fixture
def old_sqlite(tmp_path: Path) -> Iterator[Configuration]:
    (tmp_path / "home").mkdir()
    tell(tmp_path / "home" / "klal.sqlite3")
    yield point_store_at(tmp_path / "home", "")
    close_store()


@pytest.fixture
def old_postgresql(postgresql: PostgresServer, tmp_path: Path) -> Iterator[Configuration]:
    postgresql.execute("CREATE DATABASE before")
    with psycopg.connect(postgresql.url("before")) as connection:
        connection.execute((HERE / "release-0.1.0.postgresql.sql").read_text(encoding="utf-8"))  # type: ignore[arg-type]
    yield point_store_at(tmp_path / "home", postgresql.url("before"))
    close_store()
    postgresql.execute("DROP DATABASE before WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest) -> Configuration:
    found: Configuration = request.getfixturevalue(f"old_{request.param}")
    return found


def count(name: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        return int(cursor.fetchone()[0])


def check() -> None:
    """Look whether everything is there, and whether this release can use it."""
    from django.test import Client

    from klal.services.exchange import bring_out
    from klal.store.models import Conversation, Membership, Statement, Vote, VoteEvent

    assert {name: count(name) for name in ROWS} == ROWS
    assert Vote.objects.count() == 65
    assert VoteEvent.objects.count() == Vote.objects.count() + 1
    assert {(one.account.username, one.conversation.slug, one.role) for one in Membership.objects.all()} == {
        ("dana", "before", "owner"),
        ("dana", "opened", "owner"),
    }
    rejected = Statement.objects.get(state="rejected", label="2")
    assert (rejected.moderator.username, rejected.reason, rejected.reason_code, rejected.version) == ("dana", "Twice the same.", "", 0)
    assert len(bring_out("before").log) == Vote.objects.filter(participant__conversation__slug="before").count()
    assert Conversation.objects.get(slug="opened").topic == "מה יחבר בינינו?"
    pages = Client(headers={"host": "localhost"})
    for address in ("/", "/c/opened/", "/c/opened/map/", "/c/before/report/"):
        assert pages.get(address).status_code == 200, address


def test_a_database_of_the_release_before_is_brought_up_to_date(old: Configuration) -> None:
    open_store(migrate=True)
    check()
    copy = old.sqlite_path.with_name(f"klal.sqlite3.before-{__version__}")
    assert copy.exists() == (old.engine == "sqlite")
    if old.engine == "sqlite":
        with closing(sqlite3.connect(copy)) as before:
            assert before.execute("SELECT count(*) FROM store_vote").fetchone() == (65,)
            assert not before.execute("SELECT 1 FROM sqlite_master WHERE name = 'store_membership'").fetchone()
        assert copy.stat().st_mode & 0o077 == 0
        stamp = copy.stat().st_mtime_ns
        open_store(migrate=True)
        assert copy.stat().st_mtime_ns == stamp


def test_a_backup_made_before_the_update_is_restored_and_brought_up_to_date(old: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up
    from klal.services.restore import restore

    made = back_up(tmp_path / "one.klal")
    assert made.manifest.migrations["store"] == ["0001_tables"]
    restore(made.path, replace=True)
    check()


def environment(found: Configuration) -> dict[str, str]:
    return {**os.environ, "KLAL_HOME": str(found.home), "KLAL_DATABASE_URL": found.database_url}


def test_an_update_that_is_killed_half_way_is_ended_by_the_next_start(old: Configuration) -> None:
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", SLOWLY], env=environment(old), stdout=subprocess.PIPE, text=True) as updating:
            assert updating.stdout is not None
            line = "-"
            while line and not line.startswith("0002_convening"):
                line = updating.stdout.readline()
            updating.send_signal(signal.SIGKILL)
        assert line, "it did not come to the migration"
    deadline = time.monotonic() + PATIENCE
    while True:  # PostgreSQL notices a moment later that the other is gone, and lets the lock go
        together = [
            subprocess.Popen([sys.executable, "-c", MIGRATE], env=environment(old), stdout=subprocess.PIPE, text=True) for _ in "12"
        ]
        if [one.communicate()[0] for one in together] == ["up to date\n"] * 2:
            break
        assert time.monotonic() < deadline
    check()


def test_a_database_of_a_later_release_is_left_alone(database: Configuration) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', CURRENT_TIMESTAMP)")
    with pytest.raises(NewerBackupError) as caught:
        open_store(migrate=True)
    assert "9999_later" in str(caught.value)
