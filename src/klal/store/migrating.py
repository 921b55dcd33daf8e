"""Bring the tables up to date, one process at a time: several start together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from klal.store.configuration import Configuration

_LOCK_NUMBER = 0x6B6C616C  # "klal"; any number that nothing else in the database locks


def migrate(configuration: Configuration) -> None:
    """Create or update the tables if they need it.

    Parameters
    ----------
    configuration : Configuration
        Of this instance.
    """
    configuration.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if configuration.engine == "sqlite":
        # who voted how is for this account alone, whatever the folder allows; SQLite gives its companion files the same mode
        os.close(os.open(configuration.sqlite_path, os.O_RDWR | os.O_CREAT, 0o600))
    with _alone(configuration):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)


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
