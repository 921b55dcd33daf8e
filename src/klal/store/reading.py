"""Reading several tables as of one moment, without keeping anybody from writing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_BEGIN = {"sqlite": "BEGIN DEFERRED", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


@contextmanager
def one_moment() -> Iterator[None]:
    """Let everything read inside be of the same moment.

    Django's own ``atomic`` would take SQLite's only write lock (see ``transaction_mode`` in ``klal.store.configuration``) and so hold
    up every vote while a large conversation is read. Inside ``atomic`` it is of one moment already.

    Raises
    ------
    django.db.utils.DatabaseError
        If the database is locked or gone.
    """
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN[connection.vendor])
    try:
        yield
    except BaseException:
        connection.close()  # whatever state it is in, it ends here
        raise
    with connection.cursor() as cursor:
        cursor.execute("COMMIT")
