from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import OperationalError

from klal.errors import BusyError, FullError
from klal.store.away import as_busy


def full_sqlite() -> sqlite3.Error:
    """Return what SQLite says when it may take no more room."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 2")
    connection.execute("CREATE TABLE one (text)")
    with pytest.raises(sqlite3.OperationalError) as caught:
        connection.execute("INSERT INTO one VALUES (?)", ["x" * 100_000])
    connection.close()
    return caught.value


def told(cause: Exception | None) -> BusyError:
    error = OperationalError("away")
    error.__cause__ = cause
    return as_busy(error, 2)


def test_a_full_disk_is_told_apart_from_a_database_that_is_away() -> None:
    for full in (full_sqlite(), psycopg.errors.DiskFull()):
        assert (type(told(full)), told(full).status, told(full).facts) == (FullError, 507, {"seconds": 10})
    for away in (None, sqlite3.OperationalError("locked"), psycopg.OperationalError("gone"), psycopg.errors.DeadlockDetected()):
        assert (type(told(away)), told(away).facts) == (BusyError, {"seconds": 2})
