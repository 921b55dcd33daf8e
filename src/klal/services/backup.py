"""Back an instance up: all of its tables as they are at one moment, while people go on voting."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from klal.errors import MissingInputError, NewerBackupError, OutputError
from klal.io.atomic import atomic_file
from klal.io.backup_file import BackupReader, BackupWriter, Manifest, StoredTable, check_digest, digest_of, writing
from klal.io.progress import NO_PROGRESS, Progress
from klal.store.configuration import Configuration
from klal.store.opening import configuration
from klal.store.tables.engine import Engine, open_engine
from klal.store.tables.schema import Migrations, Table, known_migrations, tables_at
from klal.store.tables.values import schema_of
from klal.version import __version__

LEFT_OUT = ("django_session", "store_signin")
"""Who is signed in: whoever has these rows would be signed in as well."""
ENDING = ".klal"
_DATED = re.compile(r"klal-\d{4}-\d\d-\d\d-\d{6}Z\.klal")
_LEAST_SHARE = 0.15
"""Of the database's size, for a backup of it; measured: 0.2 to 0.3."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made.

    Attributes
    ----------
    path : Path
        Of the file.
    manifest : Manifest
        What is in it.
    bytes : int
        Its size.
    removed : tuple of Path
        Older ones that made way for it.
    """

    path: Path
    manifest: Manifest
    bytes: int
    removed: tuple[Path, ...] = ()

    @property
    def rows(self) -> int:
        """Return how many rows are in it."""
        return sum(table.rows for table in self.manifest.tables.values())


def back_up(
    path: Path, *, with_secret: bool = False, verify: bool = True, keep: int | None = None, progress: Progress = NO_PROGRESS
) -> Backup:
    """Back this instance up.

    Parameters
    ----------
    path : Path
        File to write, which must not exist; or a folder, for a file with the date in its name.
    with_secret : bool
        Put the secret key in as well.
    verify : bool
        Read the file again and compare.
    keep : int, optional
        In a folder: so many dated backups stay, older ones are removed once this one is whole.
    progress : Progress, optional
        Told of rows.

    Returns
    -------
    Backup
        Whole, and on the disk.

    Raises
    ------
    OutputError
        If it cannot be written there. Nothing is left half-made.
    NewerBackupError
        If a later klal made the database.
    """
    now = datetime.now(UTC)
    is_folder = path.is_dir()
    target = path / f"klal-{now:%Y-%m-%d-%H%M%S}Z{ENDING}" if is_folder else path
    if target.exists():
        raise OutputError(path=str(target), found="there is a file of that name")
    found = configuration()
    engine = _existing(found)
    try:
        _check_room(target, engine)
        with atomic_file(target) as draft, engine.one_moment():
            manifest = _write(draft, engine, found, now, with_secret=with_secret, progress=progress)
            if verify:
                check_backup(draft, progress)
    finally:
        engine.close()
    removed = _make_way(path, keep) if is_folder and keep else ()
    return Backup(target, manifest, target.stat().st_size, removed)


def check_backup(path: Path, progress: Progress = NO_PROGRESS) -> Manifest:
    """Read a backup from the first row to the last and compare it with its digests.

    Parameters
    ----------
    path : Path
        The file.
    progress : Progress, optional
        Told of rows.

    Returns
    -------
    Manifest
        What is in it.

    Raises
    ------
    BadBackupError
        If it is not whole.
    """
    with BackupReader(path) as reader:
        tables = reader.manifest.tables
        progress.start("read_backup", sum(table.rows for table in tables.values()))
        try:
            for name, stored in tables.items():
                names = [column for column, _ in stored.columns]
                check_digest(path, name, stored, digest_of(names, counted(reader.table(name), progress)))
        finally:
            progress.finish()
        return reader.manifest


def counted(batches: Iterator[pa.RecordBatch], progress: Progress) -> Iterator[pa.RecordBatch]:
    """Pass batches on and tell of their rows.

    Parameters
    ----------
    batches : iterator of pyarrow.RecordBatch
        Any.
    progress : Progress
        Told of rows.

    Yields
    ------
    pyarrow.RecordBatch
        The same.
    """
    for batch in batches:
        yield batch
        progress.advance(batch.num_rows)


def known_tables(place: str, migrations: Migrations, version: str = "") -> list[Table]:
    """Return the tables that migrations make, all of which this klal must know.

    Parameters
    ----------
    place : str
        Where they were found.
    migrations : dict of str to list of str
        As found.
    version : str
        Of the klal that made them, if known.

    Returns
    -------
    list of Table
        By name.

    Raises
    ------
    NewerBackupError
        If it does not know one of them.
    """
    known = known_migrations()
    if any(name not in known.get(application, ()) for application, names in migrations.items() for name in names):
        raise NewerBackupError(path=place, found=version or "?")
    return tables_at(migrations)


def fingerprint(secret: str) -> str:
    """Return a few digits by which a secret key is known again, and from which nobody learns it.

    Parameters
    ----------
    secret : str
        The key.

    Returns
    -------
    str
        Ten hexadecimal digits.
    """
    return hashlib.scrypt(secret.encode(), salt=b"klal backup", n=1 << 12, r=8, p=1, dklen=5).hex()


def _existing(found: Configuration) -> Engine:
    if found.engine == "sqlite" and not found.sqlite_path.is_file():
        raise MissingInputError(path=str(found.sqlite_path))
    return open_engine(found)


def _check_room(target: Path, engine: Engine) -> None:
    folder = next(one for one in target.resolve().parents if one.exists())
    needed, free = _LEAST_SHARE * engine.size(), shutil.disk_usage(folder).free
    if free < needed:
        raise OutputError(path=str(target), found=f"{free / 1e6:,.0f} MB free, at least {needed / 1e6:,.0f} MB needed")


def _write(draft: Path, engine: Engine, found: Configuration, now: datetime, *, with_secret: bool, progress: Progress) -> Manifest:
    migrations = engine.migrations()
    every = known_tables(engine.place, migrations)
    tables = [table for table in every if table.name not in LEFT_OUT]
    manifest = Manifest(
        klal=__version__,
        made=now.isoformat(timespec="seconds"),
        engine=found.engine,
        migrations=migrations,
        secret=fingerprint(found.secret_key),
        has_secret=with_secret,
        left_out=[table.name for table in every if table.name in LEFT_OUT],
    )
    with writing(draft) as writer:
        manifest = replace(manifest, tables=_write_tables(writer, engine, tables, progress))
        writer.end(manifest, found.secret_key if with_secret else "")
    return manifest


def _write_tables(writer: BackupWriter, engine: Engine, tables: Sequence[Table], progress: Progress) -> dict[str, StoredTable]:
    numbers = engine.last_numbers(tables)
    progress.start("write_backup", sum(engine.count(table) for table in tables))
    stored = {}
    try:
        for table in tables:
            digest = writer.add(table.name, schema_of(table), counted(engine.read(table), progress))
            columns = [[column.name, column.kind] for column in table.columns]
            stored[table.name] = StoredTable(columns, digest.rows, digest.hexdigest(), numbers.get(table.name))
    finally:
        progress.finish()
    return stored


def _make_way(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove the oldest of the dated backups in a folder, and nothing else."""
    dated = sorted(one for one in folder.iterdir() if _DATED.fullmatch(one.name))
    old = tuple(dated[: max(0, len(dated) - keep)])
    for one in old:
        os.unlink(one)
    return old
