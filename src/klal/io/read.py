"""The one door for reading: recognise what a path holds and hand it to its reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from klal.errors import MissingInputError, UnknownFormatError
from klal.io.columns import check_options
from klal.io.conversation import Conversation
from klal.io.polis_export import read_export, read_table
from klal.io.progress import NO_PROGRESS, Progress
from klal.io.sources import Member, file_member, find_export

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PARQUET = b"PAR1"


def read_conversation(path: Path | str, *, columns: Mapping[str, str] | None = None, progress: Progress | None = None) -> Conversation:
    """Read a conversation, whatever klal knows how to read.

    A Polis export of any generation (folder or zip), a CSV with one vote or one participant a line, a Parquet file or klal's JSON.
    What it is, is told from the content, not from the name.

    Parameters
    ----------
    path : Path or str
        A file or a folder.
    columns : mapping of str to str, optional
        ``participant``, ``statement``, ``vote``, ``time`` → what the file calls them, for names klal does not know.
    progress : Progress, optional
        Told of the bytes read.

    Returns
    -------
    Conversation
        Every vote event in the order of the input; ``info.notes`` says what had to be assumed.

    Raises
    ------
    InputError
        If it cannot be read: what was found, what was needed, and where.

    Examples
    --------
    >>> from klal.io import read_conversation
    >>> read_conversation("no-such-folder")
    Traceback (most recent call last):
        ...
    klal.errors.MissingInputError: no-such-folder: there is no such file or folder. ...
    """
    path = Path(path)
    check_options(columns)
    progress = progress or NO_PROGRESS
    try:
        if not path.exists():
            raise MissingInputError(path=str(path))
        progress.start("read_votes", _size(path))
        try:
            return _read(path, columns, progress)
        finally:
            progress.finish()
    except PermissionError:
        raise UnknownFormatError(path=str(path), found="a file or folder that may not be read") from None


def _read(path: Path, columns: Mapping[str, str] | None, progress: Progress) -> Conversation:
    if path.is_dir():
        return read_export(find_export(path), progress, columns)
    if not path.is_file():
        raise UnknownFormatError(path=path.name, found="something that is not a file")
    member = file_member(path)
    start = _start(member)
    if start.startswith(_ZIP):
        return read_export(find_export(path), progress, columns)
    if start.startswith(_PARQUET):
        from klal.io.parquet_file import read_parquet

        return read_parquet(path, progress, columns)
    if start.lstrip().startswith(b"{"):
        from klal.io.json_file import read_json

        return read_json(member, progress)
    return read_table(member, progress, columns)


def _start(member: Member) -> bytes:
    with member.opener() as stream:
        return stream.read(256)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
