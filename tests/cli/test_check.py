from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from klal.store.configuration import Configuration
from tests.postgresql import free_port
from tests.waiting import PATIENCE

KLAL = str(Path(sys.executable).with_name("klal"))


def check(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KLAL_")}
    command = [KLAL, "check", "--port", str(free_port()), *words]
    return subprocess.run(command, capture_output=True, text=True, env={**environment, **settings}, check=False, timeout=PATIENCE)


@pytest.mark.parametrize("language", ["en", "he"])
def test_an_installation_in_order(database: Configuration, request: pytest.FixtureRequest, language: str) -> None:
    from django.contrib.auth.models import User

    User.objects.create_superuser("rivka")
    database.home.mkdir(mode=0o700, exist_ok=True)
    durable = request.getfixturevalue("postgresql").as_hosts_have_it() if database.database_url else nullcontext()
    with durable:
        done = check(
            KLAL_HOME=str(database.home),
            KLAL_DATABASE_URL=database.database_url,
            KLAL_SECRET_KEY=database.secret_key,
            KLAL_LANGUAGE=language,
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert not any(line.startswith(("✗", "!")) for line in done.stdout.splitlines()), done.stdout


def test_a_new_installation_is_looked_at_without_making_a_database(tmp_path: Path) -> None:
    done = check(KLAL_HOME=str(tmp_path / "home"), KLAL_LANGUAGE="en")
    assert done.returncode == 0, done.stdout
    assert "There is no database yet" in done.stdout
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret-key"]


def test_everything_that_is_wrong_is_told_at_once_for_programs_too(tmp_path: Path) -> None:
    settings = {"KLAL_HOME": str(tmp_path), "KLAL_LOG": "xml", "KLAL_HTTPS": "perhaps", "KLAL_DATABSE_URL": "postgresql://me:hush@db/klal"}
    done = check("--json", KLAL_LANGUAGE="en", **settings)
    found = json.loads(done.stdout)
    assert done.returncode == 2
    assert (found["errors"], found["warnings"]) == (2, 2)
    assert [one["check"] for one in found["findings"]] == ["setting", "setting", "unknown_near", "rest"]
    assert "KLAL_DATABASE_URL may be meant" in done.stdout
    assert "hush" not in done.stdout
