"""What import and export have in common: read, write, say where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from klal.domain.language import Language
from klal.errors import BadOptionError


def convert(path: Path, out: Path, kind: str, columns: Mapping[str, str] | None, language: Language) -> None:
    """Read a conversation, write it in another format and print where it is.

    Parameters
    ----------
    path, out : Path
        From where, to where.
    kind : str
        A value of ``ExportFormat``.
    columns : mapping of str to str, optional
        Column names of a votes CSV.
    language : Language
        Of the messages.
    """
    from klal.cli.progress import watching
    from klal.io import ExportFormat, read_conversation, write_conversation

    if out.resolve() == path.resolve():
        raise BadOptionError(option="--out", found=str(out), needed="another file than the input")
    with watching(language) as watch:
        conversation = read_conversation(path, columns=columns, progress=watch)
        write_conversation(conversation, out, format=ExportFormat(kind))
    counts = {"votes": len(conversation.log), "statements": len(conversation.statements)}
    click.echo(language.text("summary.converted", path=str(out), **counts))
