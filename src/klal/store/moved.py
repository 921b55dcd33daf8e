"""A database that ``klal move`` has emptied or fills carries a mark, so that nobody votes into what is given up or not whole."""

from __future__ import annotations

from django.db import connection

from klal.errors import MovedError

FILLING, MOVED = "filling", "moved"
"""States of the mark, the one row of a table of its own: see ``klal.store.tables``."""
_TABLE = "klal_move"


def check_not_moved(place: str) -> None:
    """Refuse a database that must not be used.

    Parameters
    ----------
    place : str
        What people are told it is.

    Raises
    ------
    MovedError
        If it was moved elsewhere, or is still being filled.
    """
    with connection.cursor() as cursor:
        if _TABLE not in connection.introspection.table_names(cursor):
            return
        cursor.execute(f"SELECT other FROM {_TABLE}")  # noqa: S608 - a constant
        row = cursor.fetchone()
    if row:
        raise MovedError(place=place, other=str(row[0]))
