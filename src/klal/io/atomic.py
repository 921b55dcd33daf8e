"""Writing whole or not at all: a result appears under its name only when every byte of it is safe on disk.

Both helpers hand out a temporary path beside the target (same file system, so that a rename is enough), and rename it when the body
has ended well. After an error, a full disk or a killed process the target is what it was before; a killed process may leave a
temporary ``.klal-…`` entry behind, never half a result.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from klal.errors import OutputError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Write one file whole or not at all.

    Parameters
    ----------
    path : Path
        Where the file shall be; folders above it are made, an earlier file is replaced.

    Yields
    ------
    Path
        Where to write; the path does not exist yet and ends in the same name.

    Raises
    ------
    OutputError
        If the place cannot be written to, or the disk is full. Nothing was changed.
    """
    with _as_output_error(path):
        if path.is_dir():
            raise OutputError(path=str(path), found="a folder of that name")
        target = path.resolve()
        draft = _sibling(target)
        try:
            yield draft
            _sync(draft)
            draft.replace(target)
            _sync(target.parent)
        finally:
            draft.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path, *, known: Collection[str] = ()) -> Iterator[Path]:
    """Write one folder of files whole or not at all.

    Parameters
    ----------
    path : Path
        Where the folder shall be; folders above it are made.
    known : collection of str
        Names that an earlier result of the same kind consists of. A folder that holds nothing else is replaced; one that holds
        anything else is somebody's and is refused.

    Yields
    ------
    Path
        An empty folder to write into.

    Raises
    ------
    OutputError
        If the place holds something else, cannot be written to, or the disk is full. Nothing was changed.
    """
    with _as_output_error(path):
        _refuse_foreign(path, known)
        target = path.resolve()
        draft = _sibling(target)
        draft.mkdir()
        try:
            yield draft
            for folder, _, files in os.walk(draft):
                for file in files:
                    _sync(Path(folder, file))
                _sync(Path(folder))
            _put_in_place(draft, target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def check_folder(path: Path, *, known: Collection[str] = ()) -> None:
    """Refuse at once a folder that `atomic_folder` would refuse after the work.

    Parameters
    ----------
    path : Path
        Where the folder shall be.
    known : collection of str
        Names that an earlier result of the same kind consists of.

    Raises
    ------
    OutputError
        If the place holds something else.
    """
    with _as_output_error(path):
        _refuse_foreign(path, known)


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into a sentence about the place the user named."""
    try:
        yield
    except OSError as error:
        raise OutputError(path=str(path), found=(error.strerror or type(error).__name__).lower()) from error


def _sibling(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".klal-{secrets.token_hex(8)}-{target.name}")


def _refuse_foreign(path: Path, known: Collection[str]) -> None:
    if not path.exists():
        return
    if not path.is_dir():
        raise OutputError(path=str(path), found="a file of that name")
    foreign = sorted(entry.name for entry in path.iterdir() if entry.name not in known)
    if foreign:
        raise OutputError(path=str(path), found=f"a folder that holds {foreign[0]}")


def _put_in_place(draft: Path, target: Path) -> None:
    """Rename the new folder into place; an earlier one steps aside for that moment and comes back if the rename fails."""
    earlier = _sibling(target)
    if target.exists():
        target.rename(earlier)
    try:
        draft.rename(target)
    except OSError:
        with suppress(FileNotFoundError):
            earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)
    _sync(target.parent)


def _sync(path: Path) -> None:
    """Make sure that what was written is on disk before its name is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
