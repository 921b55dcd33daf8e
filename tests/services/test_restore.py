from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from klal.errors import BadBackupError, InUseError, NewerBackupError, NotEmptyError
from klal.store.configuration import Configuration
from tests.databases import point_store_at
from tests.postgresql import PostgresServer
from tests.services.made_up import digests, fill_every_table
from tests.services.test_backup import rewritten

NOT_KEPT = ("django_session", "store_signin")
Elsewhere = Callable[[str], Configuration]


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Elsewhere:
    """Point the store at another instance whose database has no tables yet."""

    def point(engine: str) -> Configuration:
        if engine == "sqlite":
            return point_store_at(tmp_path / "elsewhere", "")
        server: PostgresServer = request.getfixturevalue("postgresql")
        server.execute("CREATE DATABASE elsewhere")
        request.addfinalizer(lambda: server.execute("DROP DATABASE elsewhere WITH (FORCE)"))
        return point_store_at(tmp_path / "elsewhere", server.url("elsewhere"))

    return point


def backed_up(found: Configuration, tmp_path: Path) -> tuple[Path, dict[str, tuple[int, str]]]:
    from klal.services.backup import back_up

    fill_every_table()
    return back_up(tmp_path / "one.klal").path, digests(found, NOT_KEPT)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_what_was_backed_up_is_there_on_either_engine(database: Configuration, engine: str, elsewhere: Elsewhere, tmp_path: Path) -> None:
    from klal.services.restore import restore
    from klal.store.models import AuditEntry, Conversation

    path, before = backed_up(database, tmp_path)
    target = elsewhere(engine)
    found = restore(path)
    assert AuditEntry.objects.order_by("-pk")[0].act == "restored"
    AuditEntry.objects.order_by("-pk")[0].delete()
    assert digests(target, NOT_KEPT) == before
    assert found.kept is None
    assert found.has_its_secret
    assert Conversation.objects.create(slug="next", topic="?").pk == before["store_conversation"][0] + 1


def test_what_is_there_is_replaced_only_if_asked_and_kept_where_it_is_a_file(database: Configuration, tmp_path: Path) -> None:
    from klal.services.restore import restore
    from klal.store.models import Conversation

    path, _ = backed_up(database, tmp_path)
    Conversation.objects.create(slug="later", topic="?")
    with pytest.raises(NotEmptyError):
        restore(path)
    assert Conversation.objects.filter(slug="later").exists()
    found = restore(path, replace=True)
    assert not Conversation.objects.filter(slug="later").exists()
    if database.engine == "sqlite":
        assert found.kept is not None
        with closing(sqlite3.connect(found.kept)) as kept:
            assert kept.execute("SELECT count(*) FROM store_conversation WHERE slug = 'later'").fetchone() == (1,)


def test_a_database_that_somebody_has_open_is_left_alone(database: Configuration, tmp_path: Path) -> None:
    import psycopg

    from klal.services.restore import restore

    path, before = backed_up(database, tmp_path)
    if database.engine == "sqlite":
        other = sqlite3.connect(database.sqlite_path)
        other.execute("SELECT count(*) FROM store_vote").fetchone()
    else:
        other = psycopg.connect(database.database_url)  # type: ignore[assignment]
    with closing(other), pytest.raises(InUseError):
        restore(path, replace=True)
    assert digests(database, NOT_KEPT) == before


@pytest.mark.parametrize("change", [{"version": 2}, {"migrations": {"store": ["0001_tables", "9999_later"]}}])
def test_a_backup_of_a_later_klal_is_refused(
    sqlite_database: Configuration, tmp_path: Path, elsewhere: Elsewhere, change: dict[str, object]
) -> None:
    from klal.services.restore import restore

    path, _ = backed_up(sqlite_database, tmp_path)
    target = elsewhere("sqlite")
    with pytest.raises(NewerBackupError):
        restore(rewritten(path, tmp_path / "later.klal", **change))
    assert not target.sqlite_path.exists()


def test_a_restore_that_fails_leaves_everything_as_it_was(database: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import restore as module

    path, before = backed_up(database, tmp_path)

    def differs(*_: object) -> None:
        raise BadBackupError(path="one", found="something else")

    monkeypatch.setattr(module, "check_digest", differs)
    with pytest.raises(BadBackupError):
        module.restore(path, replace=True)
    assert digests(database, NOT_KEPT) == before
    monkeypatch.undo()
    module.restore(path, replace=True)


def test_an_instance_whose_key_is_in_a_file_takes_the_key_of_the_backup(
    sqlite_database: Configuration, tmp_path: Path, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.services.backup import back_up
    from klal.services.restore import restore
    from klal.store.opening import configuration

    fill_every_table()
    path, without = back_up(tmp_path / "one.klal", with_secret=True).path, back_up(tmp_path / "two.klal").path
    elsewhere("sqlite")
    monkeypatch.delenv("KLAL_SECRET_KEY")
    configuration.cache_clear()
    assert configuration().secret_key != sqlite_database.secret_key
    assert not restore(without).has_its_secret
    assert restore(path, replace=True).has_its_secret
    configuration.cache_clear()
    assert configuration().secret_key == sqlite_database.secret_key
    monkeypatch.setenv("KLAL_SECRET_KEY", "another key that was given by the environment")
    configuration.cache_clear()
    assert not restore(path, replace=True).has_its_secret
    assert os.stat(configuration().home / "secret-key").st_mode & 0o077 == 0
