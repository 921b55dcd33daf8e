"""What both engines can do with whole tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pyarrow as pa

from klal.store.configuration import Configuration
from klal.store.tables.schema import Migrations, Table

Key = tuple[Any, ...]
"""Values of a row's primary key."""
ROWS, WIDE_ROWS = 1 << 16, 1 << 8
"""Rows of one batch; fewer where a row may be of any length."""


class Engine(Protocol):
    """A connection to one database of klal, apart from Django's own.

    Attributes
    ----------
    place : str
        What people are told it is: never with a password.
    """

    place: str

    def one_moment(self) -> AbstractContextManager[None]:
        """Let everything that is read in the body be of one moment; nobody is kept from writing."""

    def changing(self, *, alone: bool = False) -> AbstractContextManager[None]:
        """Make all changes of the body at once or, after an error, none; `alone` keeps all others from writing meanwhile."""

    def is_shared(self) -> bool:
        """Say whether another process has the database open."""

    def migrations(self) -> Migrations:
        """Return the migrations it has had; empty if it has no tables."""

    def size(self) -> int:
        """Return about how many bytes it takes."""

    def count(self, table: Table) -> int:
        """Return the number of rows."""

    def read(self, table: Table, after: Key = (), until: Key = ()) -> Iterator[pa.RecordBatch]:
        """Return rows in the order of their keys, those after one key and up to another."""

    def write(self, table: Table, batch: pa.RecordBatch) -> None:
        """Insert rows."""

    def delete(self, table: Table, after: Key = (), until: Key = ()) -> None:
        """Delete rows, as `read` would return them."""

    def last_numbers(self, tables: Sequence[Table]) -> dict[str, int]:
        """Return the last number given to a row, by table."""

    def set_last_numbers(self, tables: Sequence[Table], numbers: dict[str, int]) -> None:
        """Let rows be numbered from there on."""

    def mark(self) -> tuple[str, str] | None:
        """Return what is known of a move, see ``klal.store.moved``; None if there was none."""

    def set_mark(self, state: str, other: str) -> None:
        """Write down that a move is going on or done; no state forgets it."""

    def close(self) -> None:
        """End the connection."""


def open_engine(configuration: Configuration) -> Engine:
    """Connect to an instance's database.

    Parameters
    ----------
    configuration : Configuration
        Of the instance.

    Returns
    -------
    Engine
        To be closed.
    """
    if configuration.engine == "postgresql":
        from klal.store.tables.postgresql import PostgresqlEngine

        return PostgresqlEngine.connect(configuration.database_url)
    return open_file(configuration.sqlite_path)


def open_file(path: Path) -> Engine:
    """Open the file of an embedded database.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Returns
    -------
    Engine
        To be closed.
    """
    from klal.store.tables.sqlite import SqliteEngine

    return SqliteEngine(path)


def shown(url: str) -> str:
    """Return the address of a database without who signs in there.

    Parameters
    ----------
    url : str
        Of PostgreSQL.

    Returns
    -------
    str
        For people.
    """
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{parts.hostname or ''}{port}{parts.path}"


def span(table: Table, after: Key, until: Key, mark: str, names: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the condition that rows lie between two keys, and its values.

    Parameters
    ----------
    table : Table
        Of the rows.
    after, until : tuple
        Keys; empty for no bound. The first is not included, the second is.
    mark : str
        How the engine writes a place for a value.
    names : sequence of str
        The key's columns, as the engine compares them.

    Returns
    -------
    tuple of (str, list)
        Begins with `` WHERE``, or is empty.
    """
    marks = ", ".join([mark] * len(table.key))
    bounds = [f"({', '.join(names)}) {sign} ({marks})" for sign, key in ((">", after), ("<=", until)) if key]
    return (f" WHERE {' AND '.join(bounds)}" if bounds else ""), [*after, *until]
