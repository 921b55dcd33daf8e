"""``klal import``: any format into klal's own."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.convert import convert
from klal.cli.errors import reader_language
from klal.cli.options import PATH, columns_option, parse_columns


@click.command("import")
@click.argument("path", type=PATH)
@click.option("--out", type=PATH, help="Parquet file to write; in this folder under the name of the input if left out.")
@columns_option()
def command(path: Path, out: Path | None, columns_text: str | None) -> None:
    """Read a conversation of any format and write it as klal's Parquet.

    PATH is a Polis export (folder or zip), a CSV with one vote a line, or a Parquet or JSON file of klal.
    """
    target = out or Path(f"{path.stem if path.is_file() else path.resolve().name}.parquet")
    convert(path, target, "parquet", parse_columns(columns_text), reader_language())
