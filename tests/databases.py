"""Fixtures: every store test gets a database of its own, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from klal.store.configuration import Configuration
from klal.store.opening import configuration, open_store
from tests.postgresql import Databases, PostgresServer, find_programs
from tests.serving import SECRET


def point_store_at(home: Path, url: str) -> Configuration:
    """Make this process's store another database."""
    os.environ["KLAL_HOME"] = str(home)
    os.environ["KLAL_DATABASE_URL"] = url
    os.environ["KLAL_SECRET_KEY"] = SECRET
    configuration.cache_clear()
    found = open_store()
    from django.db import connections

    connections.close_all()
    connections.settings = connections.configure_settings({"default": _quick(found.django_database())})
    if hasattr(connections._connections, "default"):
        del connections["default"]
    return found


def _quick(settings: dict[str, Any]) -> dict[str, Any]:
    """Let this process not wait for the disk: its tests cut no power. Servers beside it are as they are for hosts."""
    options = settings["OPTIONS"]
    if "init_command" not in options:
        return settings
    return {**settings, "OPTIONS": {**options, "init_command": options["init_command"].replace("synchronous=FULL", "synchronous=OFF")}}


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an embedded database with all tables and nothing in them."""
    found = point_store_at(tmp_path_factory.mktemp("template"), "")
    open_store(migrate=True)
    from django.db import connection

    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return found.sqlite_path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """Return a running PostgreSQL of our own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL here: install the package postgresql")
    folder = Path(tempfile.mkdtemp(prefix="klal-postgresql-"))
    server = PostgresServer(programs, folder)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Return databases with all tables and nothing in them."""
    postgresql.execute("CREATE DATABASE template_klal")
    point_store_at(tmp_path_factory.mktemp("home"), postgresql.url("template_klal"))
    open_store(migrate=True)
    from django.db import connections

    connections.close_all()
    return Databases(postgresql, "template_klal")


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Configuration]:
    """Return an empty embedded database; the store of this process is it."""
    home = tmp_path / "klal-home"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / sqlite_template.name)
    yield point_store_at(home, "")
    close_store()


@pytest.fixture
def postgresql_database(postgresql: PostgresServer, postgresql_template: Databases, tmp_path: Path) -> Iterator[Configuration]:
    """Return an empty database on PostgreSQL; the store of this process is it."""
    name = postgresql_template.take()
    yield point_store_at(tmp_path / "klal-home", postgresql.url(name))
    close_store()
    postgresql_template.give_back(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Configuration:
    """Return an empty database: each test that asks for it runs on both engines."""
    found: Configuration = request.getfixturevalue(f"{request.param}_database")
    return found


def close_store() -> None:
    """Let go of the database, so that its folder can be removed."""
    from django.db import connections

    from klal.intake.asking import shared_reader
    from klal.intake.limits import shared_limits
    from klal.intake.writer import stop_shared_writer
    from klal.services.kept import forget_everything

    shared_reader().forget()
    stop_shared_writer()  # its thread has a connection to the database that is about to go
    shared_limits.cache_clear()
    forget_everything()
    connections.close_all()
