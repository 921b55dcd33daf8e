"""Whole tables of the embedded database."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from klal.store.tables.engine import ROWS, WIDE_ROWS, Key, span
from klal.store.tables.schema import Migrations, Table, grouped
from klal.store.tables.values import from_sqlite, schema_of, to_sqlite

_MAPPED_BYTES = 1 << 40
"""Rows that are not in the order of their key are found in the system's own memory of the file instead of being copied for each."""
_FETCHED = 256
"""Rows that are Python's own at a time: few enough to stay in the processor's memory, which makes it twice as fast."""
_BYTES, _SHARE = 12, 0.25
"""Of a value with its place in the order; of the machine's memory."""
_LOCK_SECONDS = 10.0
_MARK = "klal_move"


class SqliteEngine:
    """A connection of its own to the file: Django's looks at every value on its way.

    Parameters
    ----------
    path : Path
        The file; made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self.place, self._path = str(path), path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=_LOCK_SECONDS)
        self._connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """Let everything that is read in the body be of one moment; nobody is kept from writing."""
        self._connection.execute("BEGIN DEFERRED")
        try:
            self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is that of the first question
            yield
        finally:
            self._connection.execute("ROLLBACK")

    @contextmanager
    def changing(self, *, alone: bool = False) -> Iterator[None]:
        """Make all changes of the body at once or, after an error, none; nobody else writes meanwhile in any case."""
        del alone
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has ended it already
                self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def build(self) -> None:
        """Be as fast as can be with a file that nobody needs should this process end: nothing is waited for."""
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144", "locking_mode = EXCLUSIVE"):
            self._connection.execute(f"PRAGMA {pragma}")

    def fold(self) -> None:
        """Put everything into the one file, so that it can be moved; fails if another process has it open."""
        self._connection.execute("PRAGMA journal_mode = DELETE")

    def is_shared(self) -> bool:
        """Say whether another process has the database open: only a process alone with it may change how it is written."""
        (mode,) = self._connection.execute("PRAGMA journal_mode").fetchone()
        self._connection.execute("PRAGMA busy_timeout = 500")
        try:
            self._connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            self._connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()
        except sqlite3.OperationalError:
            return True
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {int(1000 * _LOCK_SECONDS)}")
        return False

    def migrations(self) -> Migrations:
        """Return the migrations it has had; empty if it has no tables."""
        if not self._has("django_migrations"):
            return {}
        return grouped(self._connection.execute("SELECT app, name FROM django_migrations"))

    def size(self) -> int:
        """Return about how many bytes it takes."""
        (pages,), (size,) = (self._connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size"))
        return int(pages * size)

    def count(self, table: Table) -> int:
        """Return the number of rows."""
        (found,) = self._connection.execute(f"SELECT count(*) FROM {_quoted(table.name)}").fetchone()  # noqa: S608 - our own tables
        return int(found)

    def read(self, table: Table, after: Key = (), until: Key = ()) -> Iterator[pa.RecordBatch]:
        """Return rows in the order of their keys, those after one key and up to another."""
        if not (table.numbered or after or until or table.is_wide) and self._fits(table):
            yield from _in_order(table, list(self._rows(table, "", ())))
            return
        names = [_quoted(name) for name in table.key]
        where, values = span(table, after, until, "?", names)
        yield from self._rows(table, f"{where} ORDER BY {', '.join(names)}", values)

    def _fits(self, table: Table) -> bool:
        """Say whether all rows go into memory: put in order there they come several times faster than looked up one by one."""
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return self.count(table) * _BYTES * len(table.columns) < memory * _SHARE

    def _rows(self, table: Table, rest: str, values: Sequence[Any]) -> Iterator[pa.RecordBatch]:
        names = ", ".join(_quoted(name) for name in table.names)
        cursor = self._connection.execute(f"SELECT {names} FROM {_quoted(table.name)}{rest}", values)  # noqa: S608 - our own tables
        schema, most = schema_of(table), WIDE_ROWS if table.is_wide else ROWS
        parts: list[pa.RecordBatch] = []
        while rows := cursor.fetchmany(_FETCHED):
            columns = [from_sqlite(one.kind, values) for one, values in zip(table.columns, zip(*rows, strict=True), strict=True)]
            parts.append(pa.record_batch(columns, schema=schema))
            if len(parts) * _FETCHED >= most:
                yield pa.concat_batches(parts)
                parts = []
        if parts:
            yield pa.concat_batches(parts)

    def write(self, table: Table, batch: pa.RecordBatch) -> None:
        """Insert rows."""
        places = ", ".join("?" * len(table.columns))
        names = ", ".join(_quoted(name) for name in table.names)
        insert = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({places})"  # noqa: S608 - our own tables
        for start in range(0, batch.num_rows, _FETCHED):
            part = batch.slice(start, _FETCHED)
            columns = [to_sqlite(one.kind, part.column(place)) for place, one in enumerate(table.columns)]
            self._connection.executemany(insert, zip(*columns, strict=True))

    def delete(self, table: Table, after: Key = (), until: Key = ()) -> None:
        """Delete rows, as `read` would return them."""
        where, values = span(table, after, until, "?", [_quoted(name) for name in table.key])
        self._connection.execute(f"DELETE FROM {_quoted(table.name)}{where}", values)  # noqa: S608 - our own tables

    def last_numbers(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return the last number given to a row, by table."""
        names = {table.name for table in tables if table.numbered}
        rows = self._connection.execute("SELECT name, seq FROM sqlite_sequence") if self._has("sqlite_sequence") else ()
        return {str(name): int(number) for name, number in rows if name in names}

    def set_last_numbers(self, tables: Sequence[Table], numbers: dict[str, int]) -> None:
        """Let rows be numbered from there on."""
        for table in tables:
            if table.numbered:
                self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table.name])
                values = [table.name, numbers.get(table.name, 0)]
                self._connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", values)

    def mark(self) -> tuple[str, str] | None:
        """Return what is known of a move; None if there was none."""
        if not self._has(_MARK):
            return None
        state, other = self._connection.execute(f"SELECT state, other FROM {_MARK}").fetchone()  # noqa: S608 - a constant
        return str(state), str(other)

    def set_mark(self, state: str, other: str) -> None:
        """Write down that a move is going on or done; no state forgets it."""
        self._connection.execute(f"DROP TABLE IF EXISTS {_MARK}")
        if state:
            self._connection.execute(f"CREATE TABLE {_MARK} (state TEXT, other TEXT)")
            self._connection.execute(f"INSERT INTO {_MARK} VALUES (?, ?)", [state, other])  # noqa: S608 - a constant

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _has(self, name: str) -> bool:
        return self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [name]).fetchone() is not None


def _in_order(table: Table, batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if batches:
        rows = pa.Table.from_batches(batches)
        order = pc.sort_indices(rows, sort_keys=[(name, "ascending") for name in table.key])
        for start in range(0, len(order), ROWS):
            yield from rows.take(order.slice(start, ROWS)).combine_chunks().to_batches()


def _quoted(name: str) -> str:
    return f'"{name}"'
