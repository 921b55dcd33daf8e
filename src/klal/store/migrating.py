"""Bring the tables up to date, one process at a time: several start together."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from klal.errors import NewerBackupError, OutputError
from klal.store.configuration import Configuration
from klal.store.moved import check_not_moved
from klal.version import __version__

_LOCK_NUMBER = 0x6B6C616C  # "klal"; any number that nothing else in the database locks


def migrate(configuration: Configuration) -> None:
    """Create or update the tables if they need it; what an embedded database was before that is kept beside it.

    Parameters
    ----------
    configuration : Configuration
        Of this instance.

    Raises
    ------
    NewerBackupError
        If a later klal has been at the database.
    MovedError
        If it was moved elsewhere.
    OutputError
        If there is no room to keep what it was.
    """
    configuration.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if configuration.engine == "sqlite":
        # who voted how is for this account alone, whatever the folder allows; SQLite gives its companion files the same mode
        os.close(os.open(configuration.sqlite_path, os.O_RDWR | os.O_CREAT, 0o600))
    with _alone(configuration):
        check_not_moved(_place(configuration))
        executor = MigrationExecutor(connection)
        had = set(executor.loader.applied_migrations)
        unknown = sorted(name for application, name in had - set(executor.loader.disk_migrations) if application == "store")
        if unknown:
            raise NewerBackupError(path=_place(configuration), found=unknown[-1])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            if had and configuration.engine == "sqlite":
                _keep_copy(configuration.sqlite_path)
            call_command("migrate", interactive=False, verbosity=0)


def _place(configuration: Configuration) -> str:
    return str(configuration.sqlite_path) if configuration.engine == "sqlite" else "KLAL_DATABASE_URL"


def _keep_copy(path: Path) -> None:
    """Keep the embedded database as it is before this version changes its tables; an earlier copy is from before that, and stays."""
    copy = path.with_name(f"{path.name}.before-{__version__}")
    if copy.exists():
        return
    draft = path.with_name(f"{copy.name}.draft")
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(draft)) as target:
            source.backup(target)
        draft.replace(copy)
    except (OSError, sqlite3.Error) as error:
        draft.unlink(missing_ok=True)
        raise OutputError(path=str(copy), found=str(error)) from error


@contextmanager
def _alone(configuration: Configuration) -> Iterator[None]:
    """Keep other processes of this instance waiting; a lock ends with its process, however that ends."""
    if configuration.engine == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK_NUMBER])
            yield
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK_NUMBER])
        return
    import fcntl

    with (configuration.home / "migrating.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
