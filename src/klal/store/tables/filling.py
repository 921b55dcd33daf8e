"""Make a database with the tables of certain migrations and fill it: all of it or nothing, whatever ends this process."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.core.management import call_command
from django.db import Error, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from klal.errors import InUseError, OutputError
from klal.store.configuration import Configuration
from klal.store.tables.engine import Engine, open_engine, shown
from klal.store.tables.schema import RENEWED, known_migrations, tables_at

Feed = Callable[[Engine], None]
"""Puts rows into a database whose tables are there."""
_ALIAS = "elsewhere"


@contextmanager
def elsewhere(entry: Mapping[str, Any]) -> Iterator[str]:
    """Let Django know of a second database while the body runs.

    Parameters
    ----------
    entry : mapping
        As in ``DATABASES``.

    Yields
    ------
    str
        Its alias.
    """
    connections.settings[_ALIAS] = connections.configure_settings({"default": dict(entry)})["default"]
    try:
        yield _ALIAS
    finally:
        connections[_ALIAS].close()
        del connections[_ALIAS]
        del connections.settings[_ALIAS]


def is_used(engine: Engine) -> bool:
    """Say whether a database has anything in it that somebody put there.

    Parameters
    ----------
    engine : Engine
        Of the database.

    Returns
    -------
    bool
        False for one that was only made.
    """
    migrations, known = engine.migrations(), known_migrations()
    if any(name not in known.get(application, ()) for application, names in migrations.items() for name in names):
        return True  # a later klal's
    return any(engine.count(table) for table in tables_at(migrations) if table.name not in RENEWED)


def fill(configuration: Configuration, migrations: Mapping[str, Sequence[str]], feed: Feed, *, upgrade: bool) -> None:
    """Make tables, fill them and put them in place of what was there.

    Parameters
    ----------
    configuration : Configuration
        Of the instance whose database it shall be.
    migrations : mapping of str to sequence of str
        That the tables shall have had.
    feed : callable
        Puts the rows in; what it raises leaves everything as it was.
    upgrade : bool
        Bring the tables up to date afterwards.

    Raises
    ------
    OutputError
        If the database or its disk does not take it. Everything is as it was.
    """
    into = _fill_postgresql if configuration.engine == "postgresql" else _fill_file
    try:
        into(configuration, migrations, feed, upgrade=upgrade)
    except (OSError, Error, sqlite3.Error, psycopg.Error) as error:
        place = shown(configuration.database_url) if configuration.database_url else str(configuration.sqlite_path)
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise OutputError(path=place, found=reason) from error


def _fill_postgresql(configuration: Configuration, migrations: Mapping[str, Sequence[str]], feed: Feed, *, upgrade: bool) -> None:
    from klal.store.tables.postgresql import PostgresqlEngine

    with elsewhere(configuration.django_database()) as alias, transaction.atomic(using=alias):
        engine = PostgresqlEngine(connections[alias].connection, shown(configuration.database_url))
        engine.drop_everything()
        _migrate_to(alias, migrations)
        with engine.without_constraints():
            feed(engine)
        if upgrade:
            call_command("migrate", database=alias, interactive=False, verbosity=0)


def _fill_file(configuration: Configuration, migrations: Mapping[str, Sequence[str]], feed: Feed, *, upgrade: bool) -> None:
    from klal.store.tables.sqlite import SqliteEngine

    target = configuration.sqlite_path
    configuration.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.filling")
    entry = {**configuration.django_database(), "NAME": draft}
    _remove(draft)
    try:
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with elsewhere(entry) as alias:
            _migrate_to(alias, migrations)
        engine = SqliteEngine(draft)
        try:
            engine.build()
            with engine.changing():
                feed(engine)
        finally:
            engine.close()
        if upgrade:
            with elsewhere(entry) as alias:
                call_command("migrate", database=alias, interactive=False, verbosity=0)
        _put_in_place(draft, target)
    finally:
        _remove(draft)


def _put_in_place(draft: Path, target: Path) -> None:
    """Take the one file for the other; nobody has either open."""
    from klal.store.tables.sqlite import SqliteEngine

    for path in (draft, target):
        if path.exists():
            engine = SqliteEngine(path)
            engine.fold()  # what lies beside a file belongs to it, and must never meet another of its name
            engine.close()
    for path in (draft, target.parent):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        if path == draft:
            draft.replace(target)
        os.close(handle)


def _remove(draft: Path) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)


def _migrate_to(alias: str, migrations: Mapping[str, Sequence[str]]) -> None:
    executor = MigrationExecutor(connections[alias])
    nodes = {(application, name) for application, names in migrations.items() for name in names}
    children = {node: {child.key for child in executor.loader.graph.node_map[node].children} for node in nodes}
    # the last of each application only: to ask for an earlier one would be to ask for the way back
    last = [node for node in sorted(nodes) if not any(child in nodes and child[0] == node[0] for child in children[node])]
    executor.migrate(last)


def check_free(configuration: Configuration) -> Engine:
    """Connect to a database that nobody else has open.

    Parameters
    ----------
    configuration : Configuration
        Of the instance.

    Returns
    -------
    Engine
        To be closed.

    Raises
    ------
    InUseError
        If somebody has.
    """
    connections.close_all()  # our own would count
    engine = open_engine(configuration)
    if engine.is_shared():
        engine.close()
        raise InUseError(place=engine.place)
    return engine
