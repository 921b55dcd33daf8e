"""A full disk: refused with the reason, nothing corrupted, and everything goes on when there is room again, without a restart."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from klal.domain.identity import new_identity
from klal.domain.language import get
from klal.errors import FullError, OutputError
from tests.databases import close_store, point_store_at
from tests.faults.small_disk import SmallDisk, small_disk
from tests.intake.conversations import cookie_of, make_conversation
from tests.serving import RunningServer


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    yield from small_disk(tmp_path / "disk", 8)


@pytest.fixture
def home(disk: SmallDisk, sqlite_template: Path) -> Iterator[Path]:
    """Return the folder of an instance on that disk, with a conversation `here`."""
    (disk.folder / "home").mkdir()
    shutil.copyfile(sqlite_template, disk.folder / "home" / sqlite_template.name)
    point_store_at(disk.folder / "home", "")
    yield disk.folder / "home"
    close_store()


def said(code: str) -> str:
    return get(code).error(FullError(seconds=5))


def test_a_full_disk_is_said_in_the_readers_language_and_votes_go_on_when_there_is_room(disk: SmallDisk, home: Path) -> None:
    from klal.store.models import Vote

    _, statements = make_conversation(statements=30)
    stored: dict[int, int] = {}
    who = new_identity()
    cookie = cookie_of(who)
    with RunningServer(home, "--no-worker") as server:

        def vote(key: int, language: str = "en") -> tuple[int, object]:
            statement = statements[key % len(statements)]
            status, answer = server.vote("here", cookie, [{"key": key, "statement": statement, "choice": "agree"}], language)
            if status == 200:
                stored[key] = statement
            return status, answer

        assert vote(1)[0] == 200
        disk.fill()
        answers = [vote(key, "he") for key in range(2, 30)]
        refused = [answer for status, answer in answers if status != 200]
        assert {status for status, _ in answers} <= {200, 507}
        assert {answer["message"] for answer in refused} == {said("he")}  # type: ignore[index]
        status, headers, page = server.get("/c/here/", {"accept-language": "en"})
        assert status == 200  # whoever reads is served
        cookies = {"cookie": f"klal-participant={cookie}; {csrf_of(headers)[0]}", "origin": server.url, "accept-language": "en"}
        form = f"csrfmiddlewaretoken={csrf_of(headers)[1]}&statement={statements[0]}&choice=agree&key=1000"
        cookies["content-type"] = "application/x-www-form-urlencoded"
        status, headers, page = server.request("POST", "/c/here/", form.encode(), cookies)
        assert (status, headers.get("retry-after")) == (507, "5"), page
        assert "disk is full" in page.decode()
        with closing(sqlite3.connect(home / "klal.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        disk.make_room()
        assert vote(50)[0] == 200
    assert dict(Vote.objects.values_list("statement_id", "choice")) == dict.fromkeys(stored.values(), 3)


def csrf_of(headers: dict[str, str]) -> tuple[str, str]:
    found = re.search(r"klal-csrf=([^;]+)", headers.get("set-cookie", ""))
    return (found.group(), found.group(1)) if found else ("", "")


def test_a_backup_for_which_there_is_no_room_leaves_nothing_half_made(
    disk: SmallDisk, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.services import backup

    make_conversation(statements=30)
    disk.fill()
    monkeypatch.setattr(backup, "_LEAST_SHARE", 0)  # else it would not even begin
    before = sorted(disk.folder.iterdir())
    with pytest.raises(OutputError) as caught:
        backup.back_up(disk.folder / "one.klal")
    assert "no space left" in str(caught.value)
    assert sorted(disk.folder.iterdir()) == before
    assert backup.back_up(tmp_path / "one.klal").rows


def test_a_restore_for_which_there_is_no_room_leaves_what_was_there(disk: SmallDisk, home: Path, tmp_path: Path) -> None:
    from klal.services.backup import back_up
    from klal.services.restore import restore
    from klal.store.models import Conversation

    make_conversation(statements=30)
    path = back_up(tmp_path / "one.klal").path
    Conversation.objects.create(slug="later", topic="?")
    disk.fill()
    with pytest.raises(OutputError):
        restore(path, replace=True)
    assert not list(home.glob("*.before-*"))
    assert Conversation.objects.filter(slug="later").exists()
    disk.make_room()
    restore(path, replace=True)
    assert not Conversation.objects.filter(slug="later").exists()


def test_an_update_for_which_there_is_no_room_does_not_begin(disk: SmallDisk, home: Path) -> None:
    from django.core.management import call_command

    from klal.store.opening import open_store
    from klal.version import __version__

    call_command("migrate", "store", "0001", verbosity=0)
    disk.fill()
    with pytest.raises(OutputError):
        open_store(migrate=True)
    disk.make_room()
    open_store(migrate=True)
    assert (home / f"klal.sqlite3.before-{__version__}").is_file()
