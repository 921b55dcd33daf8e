"""A backup as one file: a zip without compression of its own, with a member for every table and a manifest that says what is in it.

A table is an Arrow stream whose columns are compressed by Zstandard, so that it is written and read a batch at a time, and any program
that knows Arrow can look into it. The manifest is written last: a file without one is not whole.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, cast

import pyarrow as pa

from klal.errors import BadBackupError, MissingInputError, NewerBackupError
from klal.io.table_digest import TableDigest

VERSION = 1
_FORMAT = "klal-backup"
_MANIFEST, _SECRET = "manifest.json", "secret-key"
_SYNC_BYTES = 8 << 20
"""So much at most waits to go to the disk: a flood would hold up the votes, which wait for it too."""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table in a backup: its columns with their kinds, how many rows, their digest, and the last number given to a row."""

    columns: list[list[str]]
    rows: int
    digest: str
    last_number: int | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is of.

    Attributes
    ----------
    klal : str
        Version that made it.
    made : str
        When it was begun, which is the moment it shows; ISO 8601 in UTC.
    engine : str
        ``sqlite`` or ``postgresql``.
    migrations : dict
        Application → migrations that its tables have had.
    tables : dict
        Name → what is stored of it.
    secret : str
        Fingerprint of the instance's secret key.
    has_secret : bool
        Whether the key itself is in the file.
    left_out : list of str
        Tables whose rows are not in it.
    format, version : str, int
        Of the file.
    """

    klal: str
    made: str
    engine: str
    migrations: dict[str, list[str]]
    tables: dict[str, StoredTable] = field(default_factory=dict)
    secret: str = ""
    has_secret: bool = False
    left_out: list[str] = field(default_factory=list)
    format: str = _FORMAT
    version: int = VERSION


class BackupWriter:
    """Writes a backup; made by `writing`."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> TableDigest:
        """Write a table.

        Parameters
        ----------
        name : str
            Of the table.
        schema : pyarrow.Schema
            Of its columns.
        batches : iterable of pyarrow.RecordBatch
            Its rows, in the order of their keys.

        Returns
        -------
        TableDigest
            Of what was written.
        """
        digest = TableDigest(schema.names)
        options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), use_threads=False)
        with (
            self._archive.open(_member(name), "w", force_zip64=True) as member,
            pa.ipc.new_stream(member, schema, options=options) as stream,
        ):
            for batch in batches:
                digest.add(batch)
                stream.write_batch(batch)
        return digest

    def end(self, manifest: Manifest, secret: str) -> None:
        """Write what is in it.

        Parameters
        ----------
        manifest : Manifest
            Of all tables added.
        secret : str
            The secret key, empty to leave it out.
        """
        if secret:
            self._archive.writestr(_SECRET, secret)
        self._archive.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))


@contextmanager
def writing(path: Path) -> Iterator[BackupWriter]:
    """Write a backup, readable by its owner only.

    Parameters
    ----------
    path : Path
        Does not exist.

    Yields
    ------
    BackupWriter
        To add tables to.
    """
    with _SteadyFile(path) as file, zipfile.ZipFile(cast("IO[bytes]", file), "w", zipfile.ZIP_STORED) as archive:
        yield BackupWriter(archive)


class BackupReader:
    """A backup that is there.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    MissingInputError
        If there is none.
    BadBackupError
        If it is no backup of klal, or not whole.
    NewerBackupError
        If a later klal made it, in a way this one does not know.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise MissingInputError(path=str(path))
        try:
            self._archive = zipfile.ZipFile(path)
            document = json.loads(self._archive.read(_MANIFEST))
        except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
            raise BadBackupError(path=str(path), found=_reason(error)) from error
        self.manifest = self._checked(document)

    def __enter__(self) -> BackupReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def table(self, name: str) -> Iterator[pa.RecordBatch]:
        """Return the rows of a table.

        Parameters
        ----------
        name : str
            One of the manifest's.

        Yields
        ------
        pyarrow.RecordBatch
            In the order of their keys.

        Raises
        ------
        BadBackupError
            If they cannot be read.
        """
        try:
            with self._archive.open(_member(name)) as member, pa.ipc.open_stream(member) as stream:
                yield from stream
        except (zipfile.BadZipFile, KeyError, EOFError, OSError, pa.ArrowInvalid) as error:
            raise BadBackupError(path=str(self.path), found=f"{name}: {_reason(error)}") from error

    def secret(self) -> str:
        """Return the secret key; empty if it is not in it."""
        return self._archive.read(_SECRET).decode() if self.manifest.has_secret else ""

    def _checked(self, document: Any) -> Manifest:
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            raise BadBackupError(path=str(self.path), found="a zip of something else")
        if document.get("version", 0) > VERSION:
            raise NewerBackupError(path=str(self.path), found=str(document.get("klal")))
        try:
            tables = {str(name): StoredTable(**table) for name, table in document.pop("tables").items()}
            return Manifest(**document, tables=tables)
        except (TypeError, AttributeError, KeyError) as error:
            raise BadBackupError(path=str(self.path), found=_reason(error)) from error


def check_digest(path: Path | str, name: str, expected: StoredTable, found: TableDigest) -> None:
    """Compare what was read with what was written.

    Parameters
    ----------
    path : Path or str
        Where it was read.
    name : str
        Of the table.
    expected : StoredTable
        As it was written.
    found : TableDigest
        As it was read.

    Raises
    ------
    BadBackupError
        If they differ.
    """
    if (expected.rows, expected.digest) != (found.rows, found.hexdigest()):
        raise BadBackupError(path=str(path), found=f"{name}: {found.rows} rows that are not the {expected.rows} that were stored")


def digest_of(names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> TableDigest:
    """Return the digest of rows.

    Parameters
    ----------
    names : sequence of str
        Of the columns.
    batches : iterable of pyarrow.RecordBatch
        The rows.

    Returns
    -------
    TableDigest
        Of all of them.
    """
    digest = TableDigest(names)
    for batch in batches:
        digest.add(batch)
    return digest


def _member(name: str) -> str:
    return f"tables/{name}.arrow"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError | EOFError):
        return "a file that is not whole"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


class _SteadyFile:
    """A file that goes to the disk bit by bit as it is written, and does not push other files out of the system's memory."""

    def __init__(self, path: Path) -> None:
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
        self._waiting = 0

    def __enter__(self) -> _SteadyFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, data: Any) -> int:
        written = self._file.write(data)
        self._waiting += written
        if self._waiting >= _SYNC_BYTES:
            self._sync()
        return written

    def flush(self) -> None:
        self._file.flush()

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        return self._file.seek(place, whence)

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def _sync(self) -> None:
        self._file.flush()
        os.fdatasync(self._file.fileno())
        os.posix_fadvise(self._file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self._waiting = 0
