"""The commands that bring conversations into the store and out of it, on both databases, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from klal.io import ExportFormat, read_conversation, write_conversation
from klal.services.demonstration import demonstration
from klal.store.configuration import Configuration
from tests.cli.test_cli import run


def write_demonstration(folder: Path) -> Path:
    path = folder / "town.json"
    write_conversation(demonstration(), path, format=ExportFormat.JSON)
    return path


def test_a_file_goes_in_and_comes_out_identical(database: Configuration, tmp_path: Path) -> None:
    path = write_demonstration(tmp_path)
    done = run("import", path, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Brought in as town: 260 participants · 24 statements · 4,095 votes\nklal serve shows it at /c/town/\n"
    for kind, name in (("json", "town.json"), ("parquet", "town.parquet"), ("polis", "town-polis"), ("polis-1", "town-polis-1")):
        (tmp_path / "out").mkdir(exist_ok=True)
        done = run("export", "town", "--format", kind, cwd=tmp_path / "out")
        assert (done.returncode, done.stderr) == (0, "")
        assert name in done.stdout
        assert (tmp_path / "out" / name).exists()
    assert (tmp_path / "out" / "town.json").read_bytes() == path.read_bytes()
    assert read_conversation(tmp_path / "out" / "town.parquet") == demonstration()


def test_what_was_brought_in_is_told_to_programs(database: Configuration, tmp_path: Path) -> None:
    path = write_demonstration(tmp_path)
    done = run("import", path, "--slug", "here", "--closed", "--language", "he", "--language", "en", "--json", cwd=tmp_path)
    counts = {"participants": 260, "statements": 24, "votes": 4095, "vote_events": 4095}
    assert json.loads(done.stdout) == {"slug": "here", "address": "/c/here/", "topic": demonstration().info.topic, **counts}
    from klal.store.models import Conversation

    row = Conversation.objects.get()
    assert (row.phase, row.languages, row.is_synthetic) == ("closed", ["he", "en"], True)


def test_a_conversation_is_opened(database: Configuration, tmp_path: Path) -> None:
    (tmp_path / "seeds.txt").write_text("One idea\nAnother\n", encoding="utf-8")
    done = run("open", "What joins us?", "--statements", "seeds.txt", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Opened as what-joins-us with 2 statements\nklal serve shows it at /c/what-joins-us/\n"
    done = run(
        "open", "מה מחבר?", "--slug", "us", "--description", "d", "--shared-purpose", "p", "--moderation", "before", "--json", cwd=tmp_path
    )
    assert json.loads(done.stdout) == {"slug": "us", "address": "/c/us/", "topic": "מה מחבר?", "languages": ["he"], "statements": 0}
    from klal.store.models import Conversation

    row = Conversation.objects.get(slug="us")
    assert (row.description, row.shared_purpose, row.moderation_mode) == ("d", "p", "before")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("import", "nope"), "klal: nope: there is no such file or folder."),
        (("import", "bad.csv"), "klal: bad.csv, line 3: found the vote 7"),
        (("import", "town.json"), "klal: town: there is a conversation at this address already."),
        (("import", "town.json", "--slug", "No"), "klal: --slug: found No, needed at most 64 small Latin letters"),
        (("import", "town.json", "--language", "xx"), "klal: --language: found xx, needed en / he"),
        (("export", "nowhere", "--format", "json"), "klal: There is no conversation at nowhere."),
        (("export", "no where", "--format", "json"), "klal: There is no conversation at no where."),
        (("export", "town.json", "--format", "json"), "klal: CONVERSATION: found town.json, needed an address in the store"),
        (("open", "Where to?", "--slug", "town"), "klal: town: there is a conversation at this address already."),
        (("open", "Where to?", "--statements", "nope"), "klal: --statements: found nope, needed a text file"),
        (("open", "Where to?", "--statements", "seeds.txt"), "klal: seeds.txt, line 2: found the statement of line 1 again"),
        (("open", " "), "klal: TOPIC: found nothing, needed a question"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    arguments: tuple[str, ...], sentence: str, sqlite_database: Configuration, tmp_path: Path
) -> None:
    from klal.store.models import Conversation, VoteEvent

    Conversation.objects.create(slug="town")
    write_demonstration(tmp_path)
    (tmp_path / "bad.csv").write_text("participant,statement,vote\n1,1,1\n1,2,7\n", encoding="utf-8")
    (tmp_path / "seeds.txt").write_text("One idea\none idea\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    done = run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert (Conversation.objects.count(), VoteEvent.objects.count()) == (1, 0)
    assert sorted(tmp_path.iterdir()) == before


def test_the_embedded_database_is_made_when_it_is_needed_and_not_before(sqlite_database: Configuration, tmp_path: Path) -> None:
    home = tmp_path / "new"
    (tmp_path / "bad.csv").write_text("participant,statement,vote\n1,2,7\n", encoding="utf-8")
    assert run("import", "bad.csv", cwd=tmp_path, KLAL_HOME=str(home)).returncode == 2
    assert not home.exists()
    assert run("import", write_demonstration(tmp_path), cwd=tmp_path, KLAL_HOME=str(home)).returncode == 0
    assert (home / "klal.sqlite3").exists()
    done = run("export", "town", "--format", "json", "--out", "again.json", cwd=tmp_path, KLAL_HOME=str(home), KLAL_LANGUAGE="he")
    assert "again.json" in done.stdout
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "town.json").read_bytes()
