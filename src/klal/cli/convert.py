"""``klal convert``: a file in another format."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, columns_option, format_option, parse_columns, with_ending
from klal.errors import BadOptionError


@click.command("convert")
@click.argument("path", type=PATH)
@format_option()
@click.option("--out", type=PATH, help="File, folder or .zip to write; in this folder under the name of the input if left out.")
@columns_option()
def command(path: Path, kind: str, out: Path | None, columns_text: str | None) -> None:
    """Read a conversation from a file and write it in another format.

    PATH is a file or folder that klal can read. Formats: polis (its present export), polis-1 (its open data), parquet, json.
    """
    columns = parse_columns(columns_text)
    target = out or with_ending(path.stem if path.is_file() else path.resolve().name, kind)
    if target.resolve() == path.resolve():
        raise BadOptionError(option="--out", found=str(target), needed="another file than the input")
    from klal.cli.progress import watching
    from klal.io import ExportFormat, read_conversation, write_conversation

    language = reader_language()
    with watching(language) as watch:
        conversation = read_conversation(path, columns=columns, progress=watch)
        write_conversation(conversation, target, format=ExportFormat(kind))
    counts = {"votes": len(conversation.log), "statements": len(conversation.statements)}
    click.echo(language.text("summary.converted", path=str(target), **counts))
