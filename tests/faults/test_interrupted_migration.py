"""Restores and moves that are killed half-way leave what was there, and can be begun again; updates are in tests/store/upgrade."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from klal.store.configuration import Configuration
from tests.services.made_up import digests, fill_every_table

SLOWLY = """
import sys, time
from pathlib import Path
from klal.store.opening import open_store
open_store()
from klal.store.tables.postgresql import PostgresqlEngine
from klal.store.tables.sqlite import SqliteEngine
for engine in (PostgresqlEngine, SqliteEngine):
    def write(self, table, batch, plain=engine.write):
        plain(self, table, batch)
        if table.name == "store_participant":
            print("half-way", flush=True)
            time.sleep(60)
    engine.write = write
"""
RESTORE = SLOWLY + "from klal.services.restore import restore\nrestore(Path(sys.argv[1]), replace=True)"
MOVE = SLOWLY + "from klal.services.move import copy_over\ncopy_over(sys.argv[1])"


def kill_half_way(program: str, argument: str) -> None:
    from django.db import connections

    connections.close_all()
    with subprocess.Popen([sys.executable, "-c", program, argument], env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        process.kill()


def test_a_restore_killed_half_way_leaves_what_was_there_and_can_be_repeated(database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up
    from klal.services.restore import restore
    from klal.store.models import Conversation

    fill_every_table()
    path = back_up(tmp_path / "one.klal").path
    Conversation.objects.create(slug="later", topic="?")
    before = digests(database)
    kill_half_way(RESTORE, str(path))
    assert digests(database) == before
    wait_until_alone(database)
    restore(path, replace=True)
    assert not Conversation.objects.filter(slug="later").exists()


def test_a_copy_killed_half_way_can_be_repeated(database: Configuration, tmp_path: Path) -> None:
    from klal.services.move import finish

    fill_every_table()
    address = f"sqlite://{tmp_path}/other"
    kill_half_way(MOVE, address)
    assert not (tmp_path / "other" / "klal.sqlite3").exists()
    wait_until_alone(database)
    assert finish(address).is_finished


def wait_until_alone(database: Configuration) -> None:
    """PostgreSQL notices a moment later that a process is gone."""
    from klal.store.tables.engine import open_engine
    from tests.waiting import wait_until

    engine = open_engine(database)
    wait_until(lambda: not engine.is_shared())
    engine.close()
