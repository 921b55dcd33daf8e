"""Many rows at once: whole columns into a table and out of a query, as fast as each database takes and gives them.

PostgreSQL copies in its binary form, where a row of numbers has a fixed width, so that a column of an array is a column of the table
without a step in between; SQLite takes prepared rows. Whoever calls holds the transaction.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from numpy.typing import NDArray

from klal.core.arrays import Ints

_ROWS = 1 << 16
_WIDTHS = {"bigint": ">i8", "integer": ">i4", "smallint": ">i2", "boolean": "u1"}
_COPY_HEAD, _COPY_TAIL = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def insert_numbers(model: type[Model], columns: Mapping[str, NDArray[Any]], on_rows: Callable[[int], None]) -> None:
    """Insert rows of numbers.

    Parameters
    ----------
    model : type of Model
        The table.
    columns : mapping of str to ndarray
        Column name → values, each of shape (r,); whole numbers or bool. Columns left out get the database's default.
    on_rows : callable
        Told how many more rows are in; what it raises ends the insertion.
    """
    total = len(next(iter(columns.values())))
    if connection.vendor == "postgresql":
        kinds = [_WIDTHS[model._meta.get_field(name.removesuffix("_id")).db_type(connection) or ""] for name in columns]
        with connection.cursor() as cursor, cursor.copy(f"{_copy(model, list(columns))} (FORMAT binary)") as copy:
            copy.write(_COPY_HEAD)
            for part in _parts(total):
                copy.write(_packed([column[part] for column in columns.values()], kinds))
                on_rows(min(part.stop, total) - part.start)
            copy.write(_COPY_TAIL)
        return
    with connection.cursor() as cursor:
        for part in _parts(total):
            rows = list(zip(*(column[part].tolist() for column in columns.values()), strict=True))
            cursor.executemany(_insert(model, list(columns)), rows)
            on_rows(len(rows))


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of any kind of values.

    Parameters
    ----------
    model : type of Model
        The table.
    names : sequence of str
        Columns that are given; the others get the database's default.
    rows : iterable of sequence
        Values as the database has them.
    """
    source = iter(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_copy(model, names)) as copy:
                for row in source:
                    copy.write_row(row)
            return
        while part := list(itertools.islice(source, _ROWS)):
            cursor.executemany(_insert(model, names), part)


def read_numbers(query: QuerySet[Any, Any], width: int) -> Ints:
    """Return the rows of a query whose values are whole numbers, none of them missing.

    Parameters
    ----------
    query : QuerySet
        Made with ``values_list``.
    width : int
        How many columns it has.

    Returns
    -------
    ndarray of int64
        Shape (width, r): a row for each column of the query.
    """
    sql, values = query.query.sql_with_params()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            names = [f"c{place}" for place in range(width)]
            wide = ", ".join(f"{name}::bigint" for name in names)
            whole = f"COPY (SELECT {wide} FROM ({sql}) AS q({', '.join(names)})) TO STDOUT (FORMAT binary)"  # noqa: S608 - Django's own SQL
            answer = bytearray()  # grows as rows come; a list of them would take many times the room
            with cursor.copy(whole, values) as copy:
                for row in copy:
                    answer += row
            return _unpacked(answer, width)
        cursor.execute(sql, values)
        parts = [np.array(part, dtype=np.int64).T for part in iter(lambda: cursor.fetchmany(_ROWS), [])]
    return np.concatenate(parts, axis=1) if parts else np.empty((width, 0), dtype=np.int64)


@contextmanager
def one_moment() -> Iterator[None]:
    """Let all queries of the body see the store as it is now, without keeping anybody from writing."""
    cursor = connection.cursor()
    if connection.in_atomic_block or getattr(connection.connection, "in_transaction", False):  # the latter: this one, around us
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        cursor.execute("BEGIN DEFERRED")  # Django's own would take the lock of a writer
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def settle_down(*models: type[Model]) -> None:
    """Do what the database does better at once than some time later, after many rows: write back its log, or count its rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in models:
                cursor.execute(f"ANALYZE {_table(model)}")
        else:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _parts(total: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, total, _ROWS))


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _names(names: Sequence[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)


def _copy(model: type[Model], names: Sequence[str]) -> str:
    return f"COPY {_table(model)} ({_names(names)}) FROM STDIN"


def _insert(model: type[Model], names: Sequence[str]) -> str:
    places = ", ".join(["%s"] * len(names))
    return f"INSERT INTO {_table(model)} ({_names(names)}) VALUES ({places})"  # noqa: S608 - names of our own tables


def _row_kind(kinds: Sequence[str]) -> np.dtype[Any]:
    """Return one row of PostgreSQL's binary form: the number of its fields, then each field's length and value."""
    fields = [(f"{part}{place}", kind) for place, one in enumerate(kinds) for part, kind in (("length", ">i4"), ("value", one))]
    return np.dtype([("fields", ">i2"), *fields])


def _packed(columns: Sequence[NDArray[Any]], kinds: Sequence[str]) -> bytes:
    rows = np.empty(len(columns[0]), dtype=_row_kind(kinds))
    rows["fields"] = len(kinds)
    for place, (column, kind) in enumerate(zip(columns, kinds, strict=True)):
        rows[f"length{place}"] = np.dtype(kind).itemsize
        rows[f"value{place}"] = column
    return rows.tobytes()


def _unpacked(answer: bytearray, width: int) -> Ints:
    size = len(answer) - len(_COPY_HEAD) - len(_COPY_TAIL)
    kind = _row_kind([">i8"] * width)
    rows = np.frombuffer(answer, dtype=kind, count=size // kind.itemsize, offset=len(_COPY_HEAD))
    return np.array([rows[f"value{place}"] for place in range(width)], dtype=np.int64)
