"""Move an instance to another database: most of it while people go on voting, the rest while the server is stopped for a moment.

The copy is of one moment. Passes after it compare both databases range by range in the order of keys and replace the ranges that
differ, whatever made them differ; a pass that finds nothing has proven that both are the same. The last pass runs while nobody else has
the old database open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from django.db import connections

from klal.errors import BadOptionError, InUseError, MissingInputError, MovedError, NotEmptyError
from klal.io.progress import NO_PROGRESS, Progress
from klal.io.table_digest import TableDigest
from klal.services.backup import counted, known_tables
from klal.store.configuration import Configuration
from klal.store.moved import FILLING, MOVED
from klal.store.opening import configuration
from klal.store.tables.engine import Engine, Key, open_engine
from klal.store.tables.filling import check_free, fill, is_used
from klal.store.tables.schema import Table
from klal.store.tables.values import schema_of

_PASSES = 3
_FEW = 10_000
"""Rows that a pass may have changed for the next one to be short enough for a stop."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a move is.

    Attributes
    ----------
    place : str
        Of the new database.
    rows : int
        How many rows it has.
    changed : int
        How many of them the last pass had to bring.
    is_finished : bool
        Whether the new database is to be used from now on.
    digests : dict of str to str
        Table → digest of its rows, the same in both databases when the move is finished.
    """

    place: str
    rows: int
    changed: int
    is_finished: bool
    digests: dict[str, str]


def target_of(address: str, found: Configuration) -> Configuration:
    """Return the instance whose database an address is.

    Parameters
    ----------
    address : str
        ``postgresql://user:password@host/name``, or ``sqlite:///folder`` for the embedded database of a folder.
    found : Configuration
        Of this instance.

    Returns
    -------
    Configuration
        The same with another database.

    Raises
    ------
    BadOptionError
        If it is neither, or the database that is used already.
    """
    parts = urlsplit(address)
    if parts.scheme in {"postgresql", "postgres"} and parts.hostname and parts.path.strip("/"):
        target = replace(found, database_url=address)
    elif parts.scheme == "sqlite" and not parts.netloc and parts.path:
        path = Path(unquote(parts.path)).absolute()
        target = replace(found, database_url="", home=path.parent if path.name == found.sqlite_path.name else path)
    else:
        needed = "postgresql://user:password@host/name or sqlite:///folder"
        raise BadOptionError(option="TARGET", found=f"{parts.scheme}://…" if parts.scheme else address, needed=needed)
    if (target.database_url, target.sqlite_path) == (found.database_url, found.sqlite_path):
        raise BadOptionError(option="TARGET", found="the database that this instance has", needed="another one")
    return target


def copy_over(address: str, progress: Progress = NO_PROGRESS) -> Moved:
    """Copy everything to another database while the server goes on; repeated, bring over what changed since.

    Parameters
    ----------
    address : str
        Of the other database, see `target_of`.
    progress : Progress, optional
        Told of rows.

    Returns
    -------
    Moved
        Not finished.

    Raises
    ------
    NotEmptyError
        If there is something else in the other database.
    """
    with _source() as source:
        target = target_of(address, configuration())
        _begin(source, target, progress)
        for _ in range(_PASSES):
            with _target(target) as other, source.one_moment(), other.changing():
                moved = _catch_up(source, other, progress)
            if moved.changed <= _FEW:
                break
        return moved


def finish(address: str, progress: Progress = NO_PROGRESS) -> Moved:
    """Bring over the rest and let the new database be the one to use; the server must be stopped.

    Parameters
    ----------
    address : str
        As for `copy_over`, which is not needed before.
    progress : Progress, optional
        Told of rows.

    Returns
    -------
    Moved
        Finished: every table is the same in both.

    Raises
    ------
    InUseError
        If the server or a worker still runs.
    NotEmptyError
        If there is something else in the other database.
    """
    with _source() as source:
        target = target_of(address, configuration())
        connections.close_all()
        if source.is_shared():
            raise InUseError(place=source.place)
        _begin(source, target, progress)
        with _target(target) as other:
            with source.changing(alone=True):
                with other.changing():
                    moved = _catch_up(source, other, progress)
                # from here on the old database refuses; should this process end now, it is called again and ends what it began
                source.set_mark(MOVED, other.place)
            other.set_mark("", "")
    _take_secret_along(target)
    return replace(moved, is_finished=True)


@contextmanager
def _source() -> Iterator[Engine]:
    found = configuration()
    if found.engine == "sqlite" and not found.sqlite_path.is_file():
        raise MissingInputError(path=str(found.sqlite_path))
    engine = open_engine(found)
    try:
        yield engine
    finally:
        engine.close()


@contextmanager
def _target(target: Configuration) -> Iterator[Engine]:
    engine = open_engine(target)
    try:
        yield engine
    finally:
        engine.close()


def _begin(source: Engine, target: Configuration, progress: Progress) -> None:
    """Copy everything once, unless that has been done."""
    mark = source.mark()
    if target.engine == "postgresql" or target.sqlite_path.exists():
        engine = check_free(target)
        found, is_old = engine.mark(), is_used(engine)
        engine.close()
        if mark is not None and mark != (MOVED, engine.place):
            raise MovedError(place=source.place, other=mark[1])
        if found == (FILLING, source.place):
            return
        if is_old:
            raise NotEmptyError(place=engine.place)
    elif mark is not None:
        raise MovedError(place=source.place, other=mark[1])
    with source.one_moment():
        migrations = source.migrations()
        tables = known_tables(source.place, migrations)
        fill(target, migrations, lambda engine: _feed(source, engine, tables, progress), upgrade=False)


def _feed(source: Engine, engine: Engine, tables: Sequence[Table], progress: Progress) -> None:
    progress.start("write_tables", sum(source.count(table) for table in tables))
    try:
        for table in tables:
            engine.delete(table)
            for batch in counted(source.read(table), progress):
                engine.write(table, batch)
        engine.set_last_numbers(tables, source.last_numbers(tables))
        engine.set_mark(FILLING, source.place)
    finally:
        progress.finish()


def _catch_up(source: Engine, target: Engine, progress: Progress) -> Moved:
    """Compare all tables and bring over what differs."""
    if source.migrations() != target.migrations():
        raise NotEmptyError(place=target.place)  # one of the two has been updated meanwhile: begin again with an empty one
    tables = known_tables(source.place, source.migrations())
    progress.start("read_tables", sum(source.count(table) for table in tables))
    rows = changed = 0
    digests = {}
    try:
        for table in tables:
            digest = TableDigest(table.names)
            changed += _catch_up_table(source, target, table, digest, progress)
            rows += digest.rows
            digests[table.name] = digest.hexdigest()
    finally:
        progress.finish()
    target.set_last_numbers(tables, source.last_numbers(tables))
    return Moved(target.place, rows, changed, is_finished=False, digests=digests)


def _catch_up_table(source: Engine, target: Engine, table: Table, digest: TableDigest, progress: Progress) -> int:
    changed, after = 0, Key()
    for batch in counted(source.read(table), progress):
        digest.add(batch)
        until = tuple(batch.column(name)[-1].as_py() for name in table.key)
        if not _is_same(table, target.read(table, after, until), batch):
            target.delete(table, after, until)
            target.write(table, batch)
            changed += int(batch.num_rows)
            if not _is_same(table, target.read(table, after, until), batch):
                raise RuntimeError(f"{table.name}: {target.place} does not give back what it was given")
        after = until
    beyond = sum(int(batch.num_rows) for batch in target.read(table, after))
    if beyond:
        target.delete(table, after)
    return changed + beyond


def _is_same(table: Table, found: Iterator[pa.RecordBatch], expected: pa.RecordBatch) -> bool:
    schema = schema_of(table)
    return bool(pa.Table.from_batches(list(found), schema).equals(pa.Table.from_batches([expected], schema)))


def _take_secret_along(target: Configuration) -> None:
    """Put the secret key this instance keeps beside its database into the folder of the new one, if that has none."""
    own = configuration().home / "secret-key"
    if target.engine == "sqlite" and own.is_file():
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(target.home / "secret-key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file,
        ):
            file.write(own.read_text(encoding="utf-8"))
