from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

from klal.store.configuration import Configuration
from tests.postgresql import PostgresServer

OPEN = (
    "from klal.store.opening import open_store; open_store(migrate=True); from klal.store.models import Vote; print(Vote.objects.count())"
)


def open_together(home: Path, url: str = "") -> list[str]:
    """Open a new store in four processes at once."""
    environment = {
        **os.environ,
        "KLAL_HOME": str(home),
        "KLAL_DATABASE_URL": url,
        "KLAL_SECRET_KEY": "a secret for tests only, long enough to be taken",
    }
    started = [subprocess.Popen([sys.executable, "-c", OPEN], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    return [process.communicate()[0].strip() for process in started]


def test_several_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    assert open_together(tmp_path / "home") == ["0"] * 4


def test_what_is_stored_is_for_its_owner_alone(tmp_path: Path) -> None:
    for home in (tmp_path / "new", tmp_path):
        open_together(home)
        assert {stat.S_IMODE(file.stat().st_mode) & 0o077 for file in home.glob("klal.sqlite3*")} == {0}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_several_processes_may_open_a_new_database_on_postgresql_at_once(postgresql: PostgresServer, tmp_path: Path) -> None:
    postgresql.execute("CREATE DATABASE together")
    try:
        assert open_together(tmp_path, postgresql.url("together")) == ["0"] * 4
    finally:
        postgresql.execute("DROP DATABASE together WITH (FORCE)")


def test_tables_that_are_up_to_date_are_left_alone(database: Configuration) -> None:
    from klal.store.migrating import migrate
    from klal.store.models import Conversation

    Conversation.objects.create(slug="here", topic="one")
    migrate(database)
    assert Conversation.objects.count() == 1
