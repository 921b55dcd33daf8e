"""Restore an instance from a backup: all of it or nothing, on either engine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import connections, transaction

from klal.errors import NotEmptyError
from klal.io.backup_file import BackupReader, Manifest, check_digest, digest_of
from klal.io.progress import NO_PROGRESS, Progress
from klal.services.auditing import note_act
from klal.services.backup import check_backup, counted, fingerprint, known_tables
from klal.store.configuration import Configuration
from klal.store.opening import configuration
from klal.store.tables.engine import Engine
from klal.store.tables.filling import check_free, fill, is_used
from klal.store.tables.schema import Table


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored.

    Attributes
    ----------
    manifest : Manifest
        Of the backup.
    place : str
        Of the database.
    kept : Path or None
        Where the embedded database that was replaced is now.
    has_its_secret : bool
        Whether this instance has the secret key of the one that was backed up; if not, cookies and links made there do not work here.
    """

    manifest: Manifest
    place: str
    kept: Path | None
    has_its_secret: bool


def restore(path: Path, *, replace: bool = False, progress: Progress = NO_PROGRESS) -> Restored:
    """Restore this instance from a backup.

    Parameters
    ----------
    path : Path
        The file.
    replace : bool
        Even if there is something in the database. An embedded one is kept beside the new one, PostgreSQL's tables are dropped.
    progress : Progress, optional
        Told of rows.

    Returns
    -------
    Restored
        Every table has been compared with the digest in the backup.

    Raises
    ------
    MissingInputError, BadBackupError, NewerBackupError
        If the file is not a whole backup that this klal can read. Nothing has been changed.
    NotEmptyError
        If there is something in the database.
    InUseError
        If another process has it open.
    """
    found = configuration()
    with BackupReader(path) as reader:
        manifest = reader.manifest
        tables = known_tables(str(path), manifest.migrations, manifest.klal)
        check_backup(path, progress)
        place, is_old = _check_target(found, replace=replace)
        kept = _set_aside(found) if is_old and found.engine == "sqlite" else None
        try:
            fill(found, manifest.migrations, lambda engine: _feed(engine, reader, tables, progress), upgrade=True)
        except BaseException:
            if kept is not None:
                kept.unlink()  # what it would have been kept from did not happen
            raise
        has_its_secret = _take_secret(found, reader.secret(), manifest.secret)
    with transaction.atomic():
        note_act("restored", None, made=manifest.made)
    connections.close_all()
    return Restored(manifest, place, kept, has_its_secret)


def _check_target(found: Configuration, *, replace: bool) -> tuple[str, bool]:
    """Return where the database is, and whether there is something in it that is to be replaced."""
    if found.engine == "sqlite" and not found.sqlite_path.exists():
        return str(found.sqlite_path), False
    engine = check_free(found)
    try:
        is_old = is_used(engine)
        if is_old and not replace:
            raise NotEmptyError(place=engine.place)
        return engine.place, is_old
    finally:
        engine.close()


def _set_aside(found: Configuration) -> Path:
    """Keep the file that is about to be replaced under another name as well."""
    from klal.store.tables.sqlite import SqliteEngine

    engine = SqliteEngine(found.sqlite_path)
    engine.fold()
    engine.close()
    kept = found.sqlite_path.with_name(f"{found.sqlite_path.name}.before-{datetime.now(UTC):%Y-%m-%d-%H%M%S}Z")
    os.link(found.sqlite_path, kept)
    return kept


def _feed(engine: Engine, reader: BackupReader, tables: Sequence[Table], progress: Progress) -> None:
    stored = reader.manifest.tables
    progress.start("write_tables", 2 * sum(table.rows for table in stored.values()))
    try:
        for table in tables:
            engine.delete(table)
            if table.name in stored:
                for batch in counted(reader.table(table.name), progress):
                    engine.write(table, batch)
        engine.set_last_numbers(tables, {name: one.last_number for name, one in stored.items() if one.last_number is not None})
        for table in tables:
            if table.name in stored:
                digest = digest_of(table.names, counted(engine.read(table), progress))
                check_digest(reader.path, table.name, stored[table.name], digest)
    finally:
        progress.finish()


def _take_secret(found: Configuration, secret: str, expected: str) -> bool:
    """Take over the secret key of the backup where this instance keeps its own in a file; say whether the two are the same now."""
    if fingerprint(found.secret_key) == expected:
        return True
    is_given = any(os.environ.get(name) for name in ("KLAL_SECRET_KEY", "KLAL_SECRET_KEY_FILE"))
    if not secret or is_given:
        return False
    draft = found.home / "secret-key.restoring"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(found.home / "secret-key")
    return True
