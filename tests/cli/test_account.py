"""Accounts from the terminal, as a host makes them."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path

from tests.cli.test_cli import KLAL, run
from tests.waiting import PATIENCE

PASSWORD = "seven quiet benches"


def at_terminal(home: Path, words: tuple[str, ...], *typed: str) -> tuple[int, str]:
    """Run a command on a terminal of its own and type lines when it asks; return exit code and all that was on the screen."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "KLAL_HOME": str(home), "KLAL_DATABASE_URL": "", "KLAL_LANGUAGE": "en", "COLUMNS": "300"}
    process = subprocess.Popen([str(KLAL), *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    os.close(theirs)
    screen, lines = "", list(typed)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            part = os.read(ours, 4_096).decode()
        except OSError:  # the other end is closed: it has ended
            break
        screen += part
        if screen.endswith(": ") and lines:
            os.write(ours, f"{lines.pop(0)}\n".encode())
    os.close(ours)
    return process.wait(PATIENCE), screen


def klal(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run("account", *words, cwd=home, KLAL_HOME=str(home), KLAL_DATABASE_URL="", KLAL_LANGUAGE="en")


def test_an_account_is_made_on_the_terminal_and_its_password_is_never_shown(tmp_path: Path) -> None:
    typed = ("password123", "password123", PASSWORD, "something else", PASSWORD, PASSWORD)
    code, screen = at_terminal(tmp_path, ("account", "add", "דנה", "--email", "dana@example.org", "--host-rights"), *typed)
    assert code == 0
    assert "easy to guess" in screen
    assert "not the same" in screen
    assert "The account" in screen.splitlines()[-1]
    assert PASSWORD not in screen
    done = klal(tmp_path, "list", "--json")
    told = {"name": "דנה", "email": "dana@example.org", "host": True, "active": True, "conversations": 0, "last_sign_in": None}
    assert json.loads(done.stdout) == [told]
    code, screen = at_terminal(tmp_path, ("account", "password", "דנה"), "a", "a", "b", "b", "c", "c")
    assert code == 2
    assert at_terminal(tmp_path, ("account", "password", "דנה"), "five loud trams", "five loud trams")[0] == 0


def test_without_a_terminal_a_link_is_printed_and_no_password_asked(tmp_path: Path) -> None:
    assert "There is no account yet." in klal(tmp_path, "list").stdout
    done = klal(tmp_path, "add", "dana")
    assert (done.returncode, done.stdout) == (2, "")
    assert "needed a terminal, or --link" in done.stderr
    done = klal(tmp_path, "add", "dana", "--link")
    assert (done.returncode, done.stderr) == (0, "")
    first = re.search(r"http://127\.0\.0\.1:8000/convene/sign-in/link/\?token=[\w-]{43}", done.stdout)
    named = {"KLAL_HOME": str(tmp_path), "KLAL_DATABASE_URL": "", "KLAL_URL": "https://klal.example"}
    second = run("account", "link", "dana", cwd=tmp_path, **named)
    assert first
    assert "https://klal.example/convene/sign-in/link/" in second.stdout
    assert klal(tmp_path, "unlock", "dana").stdout == "dana signs in without a second step now.\n"
    assert klal(tmp_path, "deactivate", "dana").stdout == "dana is shut.\n"
    assert klal(tmp_path, "list").stdout == "dana  -  (shut)\n"
    for words, sentence in (
        (("add", "Dana", "--link"), "There is an account with Dana already."),
        (("add", "a@b", "--link"), "Found the name a@b"),
        (("add", "tal", "--link", "--email", "x"), "Found x, needed a mail address"),
        (("link", "nobody"), "There is no account nobody."),
        (("deactivate", "nobody"), "There is no account nobody."),
    ):
        done = klal(tmp_path, *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr


def test_a_conversation_gets_an_owner_or_is_not_opened(tmp_path: Path) -> None:
    klal(tmp_path, "add", "dana", "--link")
    environment = {"KLAL_HOME": str(tmp_path), "KLAL_DATABASE_URL": "", "KLAL_LANGUAGE": "en"}
    done = run("open", "What joins us?", "--owner", "tal", cwd=tmp_path, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert run("export", "what-joins-us", "--format", "json", cwd=tmp_path, **environment).returncode == 2
    assert run("open", "What joins us?", "--owner", "Dana", cwd=tmp_path, **environment).returncode == 0
    assert run("export", "what-joins-us", "--format", "json", "--out", "us.json", cwd=tmp_path, **environment).returncode == 0
    assert run("import", "us.json", "--slug", "again", "--owner", "tal", cwd=tmp_path, **environment).returncode == 2
    assert run("import", "us.json", "--slug", "again", "--owner", "dana", cwd=tmp_path, **environment).returncode == 0
    assert json.loads(klal(tmp_path, "list", "--json").stdout)[0]["conversations"] == 2
