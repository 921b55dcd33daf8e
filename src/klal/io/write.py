"""The one door for writing: a conversation in the format asked for, whole or not at all."""

from __future__ import annotations

import shutil
import zipfile
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from klal.io.atomic import atomic_file, atomic_folder
from klal.io.conversation import Conversation


class ExportFormat(StrEnum):
    """In which form a conversation leaves klal."""

    POLIS = "polis"
    POLIS_1 = "polis-1"
    PARQUET = "parquet"
    JSON = "json"


_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest a zip knows; the same for all, so that equal exports are equal bytes
_ZIP_MODE = 0o644 << 16


def write_conversation(conversation: Conversation, out: Path | str, *, format: ExportFormat) -> None:
    """Write a conversation so that ``read_conversation`` gives it back.

    ``parquet`` and ``json`` carry everything. What the Polis formats cannot carry is listed in ``klal.io.polis_writer``.

    Parameters
    ----------
    conversation : Conversation
        Any.
    out : Path or str
        A file for ``parquet`` and ``json``; for the Polis formats a folder, or a zip if the name ends in ``.zip``. An earlier export
        is replaced; a folder that holds anything else is refused.
    format : ExportFormat
        Which one.

    Raises
    ------
    OutputError
        If it cannot be written. Nothing was changed.
    """
    out = Path(out)
    if format is ExportFormat.PARQUET:
        from klal.io.parquet_file import write_parquet

        write_parquet(conversation, out)
    elif format is ExportFormat.JSON:
        from klal.io.json_file import write_json

        write_json(conversation, out)
    else:
        _write_polis(conversation, out, format)


def _write_polis(conversation: Conversation, out: Path, format: ExportFormat) -> None:
    from klal.io.polis_writer import FIRST, POLIS_FILES, SECOND, write_polis_files

    generation = FIRST if format is ExportFormat.POLIS_1 else SECOND
    if out.suffix.lower() != ".zip":
        with atomic_folder(out, known=POLIS_FILES) as folder:
            write_polis_files(conversation, folder, generation)
        return
    with atomic_file(out) as draft, TemporaryDirectory(prefix=".klal-", dir=draft.parent) as folder:
        write_polis_files(conversation, Path(folder), generation)
        _pack(Path(folder), draft)


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            entry = zipfile.ZipInfo(path.name, _ZIP_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _ZIP_MODE
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as packed:
                shutil.copyfileobj(source, packed, 1 << 20)
