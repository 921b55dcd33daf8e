"""Why the database cannot take something now: it is away, or there is no room left."""

from __future__ import annotations

import sqlite3

from django.db import Error

from klal.errors import BusyError, FullError

_NO_ROOM = "53100"
"""PostgreSQL's number for a full disk."""
_LONGER = 5
"""A disk is not emptied in a second: people are asked to come back after so many times the usual pause."""


def as_busy(error: Error, seconds: int) -> BusyError:
    """Return what people are told when the database cannot take something.

    Parameters
    ----------
    error : django.db.Error
        As Django raised it.
    seconds : int
        When to come back.

    Returns
    -------
    BusyError
        A FullError if the disk is full.
    """
    return FullError(seconds=_LONGER * seconds) if is_full(error.__cause__) else BusyError(seconds=seconds)


def is_full(cause: BaseException | None) -> bool:
    """Say whether an error of the database's own is about a full disk.

    Parameters
    ----------
    cause : BaseException or None
        Of ``sqlite3`` or ``psycopg``.

    Returns
    -------
    bool
        False if it is something else.
    """
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _NO_ROOM
