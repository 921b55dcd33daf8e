"""Whole tables of PostgreSQL, by its COPY."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
import pyarrow as pa
from pyarrow import csv

from klal.errors import BadSettingError
from klal.store.tables.engine import ROWS, WIDE_ROWS, Key, shown, span
from klal.store.tables.schema import Column, Migrations, Table, grouped
from klal.store.tables.values import TYPES, as_kind, from_copy, schema_of, to_copy

_SETTINGS = "-c timezone=UTC -c work_mem=128MB -c maintenance_work_mem=256MB -c max_parallel_workers_per_gather=0"
"""Sorts as much as is reasonable in memory, on one core: people are voting."""
_BLOCK = 4 << 20
_GONE_SECONDS = 3.0
"""So long a connection that was closed may still be counted."""
_MARK = "klal_move"
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s) AND backend_type = 'client backend'"
_CONSTRAINTS = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype IN ('f', 'u') AND connamespace = current_schema()::regnamespace ORDER BY contype DESC, conname"
)


class PostgresqlEngine:
    """A connection to PostgreSQL.

    Parameters
    ----------
    connection : psycopg.Connection
        Not in a transaction, or in one that is to be used.
    place : str
        What people are told it is.
    """

    def __init__(self, connection: psycopg.Connection[Any], place: str) -> None:
        self.place, self._connection = place, connection
        self._own = [connection.info.backend_pid]

    @classmethod
    def connect(cls, url: str) -> PostgresqlEngine:
        """Connect to a database.

        Parameters
        ----------
        url : str
            ``postgresql://…``.

        Returns
        -------
        PostgresqlEngine
            To be closed.

        Raises
        ------
        BadSettingError
            If it cannot be reached.
        """
        try:
            return cls(psycopg.connect(url, autocommit=True, options=_SETTINGS, connect_timeout=5), shown(url))
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise BadSettingError(setting=shown(url), found=reason, needed="a database that can be reached") from error

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let everything that is read in the body be of one moment; nobody is kept from writing."""
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            self._connection.execute("SELECT 1")
            yield
        finally:
            with suppress(psycopg.Error):  # the database may be gone
                self._connection.execute("ROLLBACK")

    @contextmanager
    def changing(self, *, alone: bool = False) -> Iterator[None]:
        """Make all changes of the body at once or, after an error, none; `alone` keeps all others from writing meanwhile."""
        with self._connection.transaction():
            if alone:
                rows = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
                if rows:
                    self._run(f"LOCK TABLE {', '.join(_quoted(name) for (name,) in rows)} IN EXCLUSIVE MODE")
            yield

    @contextmanager
    def without_constraints(self) -> Iterator[None]:
        """Leave uniqueness and references unchecked in the body and check all at once after it: many times faster, row by row."""
        rows = self._connection.execute(_CONSTRAINTS).fetchall()
        for table, name, _ in reversed(rows):
            self._run(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name)}")
        yield
        for table, name, definition in rows:
            self._run(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}")

    def drop_everything(self) -> None:
        """Remove all tables."""
        rows = self._connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        if rows:
            self._run(f"DROP TABLE {', '.join(_quoted(name) for (name,) in rows)} CASCADE")

    def is_shared(self) -> bool:
        """Say whether another process has the database open."""
        deadline = time.monotonic() + _GONE_SECONDS
        while self._value(_OTHERS, [self._own]):
            if time.monotonic() > deadline:
                return True
            time.sleep(0.05)
        return False

    def migrations(self) -> Migrations:
        """Return the migrations it has had; empty if it has no tables."""
        if not self._has("django_migrations"):
            return {}
        return grouped(self._connection.execute("SELECT app, name FROM django_migrations"))

    def size(self) -> int:
        """Return about how many bytes it takes."""
        return int(self._value("SELECT pg_database_size(current_database())"))

    def count(self, table: Table) -> int:
        """Return the number of rows."""
        return int(self._value(f"SELECT count(*) FROM {_quoted(table.name)}"))  # noqa: S608 - our own tables

    def read(self, table: Table, after: Key = (), until: Key = ()) -> Iterator[pa.RecordBatch]:
        """Return rows in the order of their keys, those after one key and up to another."""
        where, values = span(table, after, until, "%s", _compared(table))
        names = ", ".join(_given(column) for column in table.columns)
        order = ", ".join(_compared(table))
        query = f"COPY (SELECT {names} FROM {_quoted(table.name)}{where} ORDER BY {order}) TO STDOUT"  # noqa: S608 - our own tables
        return self._wide(table, query, values) if table.is_wide else self._narrow(table, query + " (FORMAT csv)", values)

    def write(self, table: Table, batch: pa.RecordBatch) -> None:
        """Insert rows."""
        columns = [to_copy(one.kind, batch.column(place)) for place, one in enumerate(table.columns)]
        sink = io.BytesIO()
        csv.write_csv(pa.record_batch(columns, names=table.names), sink, csv.WriteOptions(include_header=False))
        names = ", ".join(_quoted(name) for name in table.names)
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {_quoted(table.name)} ({names}) FROM STDIN (FORMAT csv)") as copy:
            copy.write(sink.getbuffer())

    def delete(self, table: Table, after: Key = (), until: Key = ()) -> None:
        """Delete rows, as `read` would return them."""
        where, values = span(table, after, until, "%s", _compared(table))
        self._run(f"DELETE FROM {_quoted(table.name)}{where}", values)  # noqa: S608 - our own tables

    def last_numbers(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return the last number given to a row, by table."""
        asked = "SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)"
        found = {one.name: self._value(asked, [_quoted(one.name), one.numbered]) for one in tables if one.numbered}
        return {name: int(number) for name, number in found.items() if number is not None}

    def set_last_numbers(self, tables: Sequence[Table], numbers: dict[str, int]) -> None:
        """Let rows be numbered from there on."""
        for one in tables:
            if one.numbered:
                last = numbers.get(one.name, 0)
                self._value(
                    "SELECT setval(pg_get_serial_sequence(%s, %s), %s, %s)", [_quoted(one.name), one.numbered, max(last, 1), last > 0]
                )

    def mark(self) -> tuple[str, str] | None:
        """Return what is known of a move; None if there was none."""
        if not self._has(_MARK):
            return None
        row = self._connection.execute(f"SELECT state, other FROM {_MARK}").fetchone()  # noqa: S608 - a constant
        return (str(row[0]), str(row[1])) if row else None

    def set_mark(self, state: str, other: str) -> None:
        """Write down that a move is going on or done; no state forgets it."""
        self._run(f"DROP TABLE IF EXISTS {_MARK}")
        if state:
            self._run(f"CREATE TABLE {_MARK} (state text, other text)")
            self._run(f"INSERT INTO {_MARK} VALUES (%s, %s)", [state, other])  # noqa: S608 - a constant

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _narrow(self, table: Table, query: str, values: Sequence[Any]) -> Iterator[pa.RecordBatch]:
        """Read rows of bounded length: whole blocks of lines are parsed at once."""
        types = {one.name: TYPES["int"] if one.kind in {"bool", "time"} else TYPES[one.kind] for one in table.columns}
        reading = csv.ReadOptions(column_names=table.names, use_threads=False, block_size=2 * _BLOCK)
        meaning = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False)
        schema = schema_of(table)
        for block in self._blocks(query, values):
            found = csv.read_csv(io.BytesIO(block), reading, csv.ParseOptions(newlines_in_values=True), meaning).combine_chunks()
            for batch in found.to_batches(max_chunksize=ROWS):
                columns = [as_kind(one.kind, batch.column(place)) for place, one in enumerate(table.columns)]
                yield pa.record_batch(columns, schema=schema)

    def _blocks(self, query: str, values: Sequence[Any]) -> Iterator[bytearray]:
        block = bytearray()
        with self._connection.cursor() as cursor, cursor.copy(query, values) as copy:
            for row in copy:
                block += row
                if len(block) >= _BLOCK:
                    yield block
                    block = bytearray()
        if block:
            yield block

    def _wide(self, table: Table, query: str, values: Sequence[Any]) -> Iterator[pa.RecordBatch]:
        schema = schema_of(table)
        with self._connection.cursor() as cursor, cursor.copy(query, values) as copy:
            rows: list[tuple[Any, ...]] = []
            for row in copy.rows():
                rows.append(row)
                if len(rows) == WIDE_ROWS:
                    yield _batch(table, schema, rows)
                    rows = []
        if rows:
            yield _batch(table, schema, rows)

    def _value(self, query: str, values: Sequence[Any] = ()) -> Any:
        row = self._run(query, values).fetchone()
        return row[0] if row else None

    def _run(self, query: str, values: Sequence[Any] = ()) -> psycopg.Cursor[Any]:
        return self._connection.execute(query, values or None)

    def _has(self, name: str) -> bool:
        return self._value("SELECT to_regclass(%s)", [_quoted(name)]) is not None


def _batch(table: Table, schema: pa.Schema, rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = [from_copy(one.kind, values) for one, values in zip(table.columns, zip(*rows, strict=True), strict=True)]
    return pa.record_batch(columns, schema=schema)


def _given(column: Column) -> str:
    """Return a column as it is copied out: numbers for truth and times, digits for bytes."""
    name = _quoted(column.name)
    return {
        "bool": f"{name}::int",
        "time": f"(extract(epoch FROM {name}) * 1000000)::bigint",
        "json": f"{name}::text",
        "bytes": f"encode({name}, 'hex')",
    }.get(column.kind, name)


def _compared(table: Table) -> list[str]:
    """Return the key's columns as they are put in order: text by its bytes, as SQLite does."""
    kinds = {column.name: column.kind for column in table.columns}
    return [f'{_quoted(name)} COLLATE "C"' if kinds[name] == "text" else _quoted(name) for name in table.key]


def _quoted(name: str) -> str:
    return f'"{name}"'
