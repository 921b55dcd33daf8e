from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from klal.errors import BadBackupError, MissingInputError, NewerBackupError, OutputError
from klal.store.configuration import Configuration
from tests.databases import point_store_at
from tests.services.made_up import fill_every_table


def test_a_backup_holds_every_table_but_who_is_signed_in(database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up, check_backup

    fill_every_table()
    made = back_up(tmp_path / "one.klal")
    tables = made.manifest.tables
    assert min(table.rows for table in tables.values()) >= 3
    assert made.manifest.left_out == ["django_session", "store_signin"]
    assert not set(made.manifest.left_out) & tables.keys()
    assert check_backup(made.path) == made.manifest
    assert made.rows == sum(table.rows for table in tables.values())
    assert made.bytes == made.path.stat().st_size
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert made.manifest.engine == database.engine


def test_both_engines_write_the_same_tables(sqlite_database: Configuration, postgresql_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up

    del postgresql_database
    made = []
    for url in (os.environ["KLAL_DATABASE_URL"], ""):
        point_store_at(sqlite_database.home, url)
        fill_every_table()
        made.append(back_up(tmp_path / f"{len(made)}.klal").manifest.tables)
    leave = {"django_content_type", "auth_permission", "auth_group_permissions", "auth_user_user_permissions"}  # numbered as they come
    assert made[0].keys() == made[1].keys()
    for name in made[0].keys() - leave:
        one, other = made[0][name], made[1][name]
        assert one.columns == other.columns
        assert (one.rows, one.last_number) == (other.rows, other.last_number), name
        assert one.digest == other.digest, name


def test_it_can_be_looked_into_by_anything_that_knows_arrow(sqlite_database: Configuration, tmp_path: Path) -> None:
    import pyarrow as pa

    from klal.services.backup import back_up

    fill_every_table()
    made = back_up(tmp_path / "one.klal")
    with zipfile.ZipFile(made.path) as archive, pa.ipc.open_stream(archive.open("tables/store_conversation.arrow")) as stream:
        assert stream.read_all().column("slug").to_pylist() == ["slug-0", "slug-1", "slug-2"]


def test_the_secret_key_goes_in_only_if_asked(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.io.backup_file import BackupReader
    from klal.services.backup import back_up

    without, with_it = back_up(tmp_path / "1.klal"), back_up(tmp_path / "2.klal", with_secret=True)
    assert sqlite_database.secret_key.encode() not in without.path.read_bytes()
    with BackupReader(without.path) as one, BackupReader(with_it.path) as other:
        assert (one.secret(), other.secret()) == ("", sqlite_database.secret_key)
    assert without.manifest.secret == with_it.manifest.secret


def test_in_a_folder_it_is_dated_and_old_ones_make_way(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up

    for name in ("klal-2025-01-01-000000Z.klal", "klal-2025-01-02-000000Z.klal", "mine.klal", "klal-x.klal"):
        (tmp_path / name).touch()
    made = back_up(tmp_path, keep=2)
    assert made.removed == (tmp_path / "klal-2025-01-01-000000Z.klal",)
    assert {one.name for one in tmp_path.glob("*.klal")} == {"klal-2025-01-02-000000Z.klal", "mine.klal", "klal-x.klal", made.path.name}


def test_nothing_is_overwritten(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up

    (tmp_path / "one.klal").write_text("mine")
    with pytest.raises(OutputError):
        back_up(tmp_path / "one.klal")
    assert (tmp_path / "one.klal").read_text() == "mine"


def test_too_little_room_is_said_before_anything_is_written(
    sqlite_database: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.services.backup import back_up

    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 99, 1))  # type: ignore[attr-defined]
    with pytest.raises(OutputError) as caught:
        back_up(tmp_path / "new" / "one.klal")
    assert "free" in str(caught.value)
    assert not (tmp_path / "new").exists()


def test_a_database_that_is_not_there_is_said(tmp_path: Path) -> None:
    from klal.services.backup import back_up

    point_store_at(tmp_path / "nowhere", "")
    with pytest.raises(MissingInputError):
        back_up(tmp_path / "one.klal")


def test_a_file_that_is_no_whole_backup_is_refused(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up, check_backup

    fill_every_table()
    whole = back_up(tmp_path / "one.klal").path.read_bytes()
    broken = {
        "short": whole[: len(whole) // 2],
        "empty": b"",
        "other": b"not a zip",
        "flipped": whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:],
    }
    for name, content in broken.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadBackupError):
            check_backup(tmp_path / name)
    with pytest.raises(MissingInputError):
        check_backup(tmp_path / "none")


def rewritten(path: Path, target: Path, **changes: object) -> Path:
    """Return a backup whose manifest says something else."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "manifest.json":
                content = json.dumps({**json.loads(content), **changes}).encode()
            archive.writestr(name, content)
    return target


def test_rows_that_are_not_those_stored_are_told(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up, check_backup

    fill_every_table()
    made = back_up(tmp_path / "one.klal")
    document = json.loads(zipfile.ZipFile(made.path).read("manifest.json"))
    document["tables"]["store_vote"]["digest"] = "0" * 64
    with pytest.raises(BadBackupError) as caught:
        check_backup(rewritten(made.path, tmp_path / "two.klal", tables=document["tables"]))
    assert "store_vote" in str(caught.value)


@pytest.mark.parametrize("change", [{"format": "other"}, {"tables": []}, {"unknown": 1}])
def test_a_manifest_that_says_something_else_is_refused(sqlite_database: Configuration, tmp_path: Path, change: dict[str, object]) -> None:
    from klal.services.backup import back_up, check_backup

    made = back_up(tmp_path / "one.klal")
    with pytest.raises(BadBackupError):
        check_backup(rewritten(made.path, tmp_path / "two.klal", **change))


def test_a_file_of_a_later_form_is_refused(sqlite_database: Configuration, tmp_path: Path) -> None:
    from klal.services.backup import back_up, check_backup

    made = back_up(tmp_path / "one.klal")
    with pytest.raises(NewerBackupError):
        check_backup(rewritten(made.path, tmp_path / "two.klal", version=2))


def test_a_database_of_a_later_klal_is_not_backed_up_by_halves(database: Configuration, tmp_path: Path) -> None:
    from django.db import connection

    from klal.services.backup import back_up

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('store', '9999_later', CURRENT_TIMESTAMP)")
    with pytest.raises(NewerBackupError):
        back_up(tmp_path / "one.klal")
    assert not (tmp_path / "one.klal").exists()


def test_rows_come_in_the_order_of_their_keys_however_they_are_put_in_order(
    sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.store.models import Conversation, Participant, Statement, Vote
    from klal.store.tables import sqlite
    from tests.services.made_up import digests

    where = Conversation.objects.create(slug="here", topic="one")
    people = [Participant.objects.create(conversation=where, label=str(number)) for number in range(20)]
    said = [Statement.objects.create(conversation=where, label=str(number)) for number in range(20)]
    Vote.objects.bulk_create(Vote(participant=who, statement=what, choice=1) for what in said for who in reversed(people))
    in_memory = digests(sqlite_database)
    monkeypatch.setattr(sqlite, "_SHARE", 0)
    assert digests(sqlite_database) == in_memory
