"""``klal backup``, ``klal restore`` and ``klal move`` as a host runs them."""

from __future__ import annotations

import json
from pathlib import Path

from klal.store.configuration import Configuration
from tests.cli.test_cli import run
from tests.services.made_up import fill_every_table


def test_backing_up_and_restoring_say_what_they_did(database: Configuration, tmp_path: Path) -> None:
    from django.db import connections

    fill_every_table()
    connections.close_all()
    done = run("backup", tmp_path / "one.klal", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Backed up to {tmp_path}/one.klal: ")
    assert "it is whole" in done.stdout
    assert "secret key is not in it" in done.stdout
    (tmp_path / "nightly").mkdir()
    (tmp_path / "nightly" / "klal-2025-01-01-000000Z.klal").touch()
    done = run("backup", tmp_path / "nightly", "--keep", "1", "--with-secret", "--no-verify", cwd=tmp_path)
    assert (done.returncode, len(list((tmp_path / "nightly").iterdir()))) == (0, 1)
    assert done.stdout.splitlines()[1:] == ["An older backup was removed."]
    done = run("restore", tmp_path / "one.klal", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is something in this database already" in done.stderr
    done = run("restore", tmp_path / "one.klal", "--replace", "--yes", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Restored to ")
    assert ("is kept as" in done.stdout) == (database.engine == "sqlite")
    done = run("restore", tmp_path / "one.klal", "--replace", "--yes", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["has_its_secret"]


def test_moving_says_what_to_do_next_and_programs_are_told_the_same(database: Configuration, tmp_path: Path) -> None:
    from django.db import connections

    fill_every_table()
    connections.close_all()
    done = run("backup", tmp_path / "one.klal", "--json", cwd=tmp_path)
    tables = json.loads(done.stdout)["tables"]
    done = run("move", "sqlite:other", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Copied to {tmp_path}/other/klal.sqlite3: ")
    done = run("move", "sqlite:other", "--finish", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "Start the server with KLAL_HOME set to the new folder and without KLAL_DATABASE_URL."
    done = run("move", "sqlite:third", "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert "was moved to" in done.stderr
    assert tables


def test_a_move_is_told_to_programs(sqlite_database: Configuration, tmp_path: Path) -> None:
    done = run("move", "sqlite:other", "--finish", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["is_finished"]
    assert document["digests"]["store_vote"]
