from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from klal.errors import BadOptionError, BadSettingError, InUseError, MissingInputError, MovedError, NotEmptyError
from klal.store.configuration import Configuration
from klal.store.opening import open_store
from tests.databases import point_store_at
from tests.postgresql import PostgresServer
from tests.services.made_up import digests, fill_every_table


@pytest.fixture
def new_url(postgresql: PostgresServer) -> Iterator[str]:
    """Return the address of a database without tables."""
    postgresql.execute("CREATE DATABASE moved")
    yield postgresql.url("moved")
    from django.db import connections

    connections.close_all()
    postgresql.execute("DROP DATABASE moved WITH (FORCE)")


def exported(slug: str, folder: Path) -> dict[str, str]:
    """Return the digest of a conversation in every format that is written."""
    from klal.io import ExportFormat, write_conversation
    from klal.services.exchange import bring_out

    conversation, found = bring_out(slug), {}
    for kind, name in (("polis", "a.zip"), ("polis-1", "b.zip"), ("parquet", "c.parquet"), ("json", "d.json")):
        write_conversation(conversation, folder / name, format=ExportFormat(kind))
        found[kind] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return found


def test_there_and_back_exports_are_the_same_to_the_byte(
    sqlite_database: Configuration, new_url: str, public_conversations: Path, tmp_path: Path
) -> None:
    from klal.io import read_conversation
    from klal.services.exchange import bring_in
    from klal.services.move import copy_over, finish

    fill_every_table()
    bring_in(read_conversation(public_conversations / "vtaiwan.uberx"), slug="uber")
    before, rows = exported("uber", tmp_path), digests(sqlite_database)
    copy_over(new_url)
    found = finish(new_url)
    assert found.is_finished
    assert found.changed == 0
    middle = point_store_at(sqlite_database.home, new_url)
    assert digests(middle) == rows
    assert exported("uber", tmp_path) == before
    finish(f"sqlite://{tmp_path}/back/klal.sqlite3")
    back = point_store_at(tmp_path / "back", "")
    open_store(migrate=True)
    assert digests(back) == rows
    assert {name: digest for name, (_, digest) in rows.items()} == found.digests
    assert exported("uber", tmp_path) == before


def test_what_came_changed_and_went_meanwhile_is_brought_over(sqlite_database: Configuration, new_url: str) -> None:
    from klal.services.move import copy_over, finish
    from klal.store.models import AuditEntry, Conversation, Participant, Vote

    fill_every_table()
    copy_over(new_url)
    Conversation.objects.create(slug="later", topic="Later?")
    Conversation.objects.filter(slug="slug-0").update(topic="Other words")
    Vote.objects.order_by("pk")[0].delete()
    AuditEntry.objects.order_by("-pk")[0].delete()
    Participant.objects.filter(pk=1).update(language="en")
    assert copy_over(new_url).changed
    Conversation.objects.create(slug="last", topic="Last?")
    finish(new_url)
    rows = digests(sqlite_database)
    found = point_store_at(sqlite_database.home, new_url)
    assert digests(found) == rows
    assert Conversation.objects.create(slug="next", topic="?").pk == Conversation.objects.get(slug="last").pk + 1


def test_what_was_moved_away_or_is_not_whole_refuses_to_be_used(database: Configuration, tmp_path: Path) -> None:
    from klal.services.move import copy_over, finish

    fill_every_table()
    address = f"sqlite://{tmp_path}/other"
    copy_over(address)
    point_store_at(tmp_path / "other", "")
    with pytest.raises(MovedError):
        open_store(migrate=True)
    point_store_at(database.home, database.database_url)
    open_store(migrate=True)
    finish(address)
    with pytest.raises(MovedError):
        open_store(migrate=True)
    with pytest.raises(MovedError):
        finish(f"sqlite://{tmp_path}/third")
    with pytest.raises(NotEmptyError):
        finish(address)
    point_store_at(tmp_path / "other", "")
    open_store(migrate=True)


def test_a_move_that_ended_between_the_two_databases_is_ended_by_calling_it_again(
    sqlite_database: Configuration, new_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.services.move import finish
    from klal.store.tables.postgresql import PostgresqlEngine

    fill_every_table()
    whole = PostgresqlEngine.set_mark

    def ends(self: PostgresqlEngine, state: str, other: str) -> None:
        if not state:
            raise KeyboardInterrupt
        whole(self, state, other)

    monkeypatch.setattr(PostgresqlEngine, "set_mark", ends)
    with pytest.raises(KeyboardInterrupt):
        finish(new_url)
    for url in ("", new_url):
        point_store_at(sqlite_database.home, url)
        with pytest.raises(MovedError):
            open_store(migrate=True)
    monkeypatch.undo()
    point_store_at(sqlite_database.home, "")
    assert finish(new_url).is_finished
    point_store_at(sqlite_database.home, new_url)
    open_store(migrate=True)


def test_a_database_that_has_something_else_in_it_is_left_alone(sqlite_database: Configuration, postgresql_database: Configuration) -> None:
    from klal.services.move import copy_over

    fill_every_table()
    before = digests(postgresql_database)
    point_store_at(sqlite_database.home, "")
    with pytest.raises(NotEmptyError):
        copy_over(postgresql_database.database_url)
    assert digests(postgresql_database) == before


def test_the_switch_waits_until_nobody_uses_the_old_database(postgresql_database: Configuration, tmp_path: Path) -> None:
    import psycopg

    from klal.services.move import copy_over, finish

    address = f"sqlite://{tmp_path}/other"
    with psycopg.connect(postgresql_database.database_url):
        copy_over(address)
        with pytest.raises(InUseError):
            finish(address)
    assert finish(address).is_finished


def test_the_secret_key_goes_along_into_a_folder_without_one(
    sqlite_database: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.services.move import finish

    (sqlite_database.home / "secret-key").write_text("the key of this instance")
    finish(f"sqlite://{tmp_path}/other")
    assert (tmp_path / "other" / "secret-key").read_text() == "the key of this instance"


@pytest.mark.parametrize("address", ["mysql://here/there", "nowhere", "sqlite://host/path", "postgresql://host"])
def test_an_address_of_something_else_is_refused(sqlite_database: Configuration, address: str) -> None:
    from klal.services.move import copy_over

    with pytest.raises(BadOptionError):
        copy_over(address)


def test_to_where_it_is_already_nothing_is_moved(database: Configuration) -> None:
    from klal.services.move import copy_over

    with pytest.raises(BadOptionError):
        copy_over(database.database_url or f"sqlite://{database.home}")


def test_a_database_that_cannot_be_reached_is_said_without_its_password(sqlite_database: Configuration) -> None:
    from klal.services.move import copy_over

    with pytest.raises(BadSettingError) as caught:
        copy_over("postgresql://klal:hidden@127.0.0.1:9/none")
    assert "hidden" not in str(caught.value)


def test_an_instance_without_a_database_has_nothing_to_move(tmp_path: Path) -> None:
    from klal.services.move import copy_over

    point_store_at(tmp_path / "nowhere", "")
    with pytest.raises(MissingInputError):
        copy_over(f"sqlite://{tmp_path}/other")
