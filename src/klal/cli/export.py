"""``klal export``: a conversation in another format."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.convert import convert
from klal.cli.errors import reader_language
from klal.cli.options import PATH, columns_option, parse_columns

_ENDINGS = {"polis": "-polis", "polis-1": "-polis-1", "parquet": ".parquet", "json": ".json"}


@click.command("export")
@click.argument("conversation", type=PATH)
@click.option("--format", "kind", type=click.Choice(sorted(_ENDINGS)), required=True, help="What to write.")
@click.option("--out", type=PATH, help="File, folder or .zip to write; in this folder under the name of the input if left out.")
@columns_option()
def command(conversation: Path, kind: str, out: Path | None, columns_text: str | None) -> None:
    """Write a conversation in another format.

    CONVERSATION is a file or folder that klal can read. Formats: polis (its present export), polis-1 (its open data), parquet, json.
    """
    stem = conversation.stem if conversation.is_file() else conversation.resolve().name
    convert(conversation, out or Path(stem + _ENDINGS[kind]), kind, parse_columns(columns_text), reader_language())
