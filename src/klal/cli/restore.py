"""``klal restore``: an instance out of a backup."""

from __future__ import annotations

import json
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, json_option


@click.command("restore")
@click.argument("file", type=PATH)
@click.option("--replace", "is_replacing", is_flag=True, help="Replace what is in the database now.")
@click.option("--yes", is_flag=True, help="Do not ask before something is replaced.")
@json_option()
def command(file: Path, *, is_replacing: bool, yes: bool, as_json: bool) -> None:
    """Fill the database of this instance with what is in the backup FILE, all of it or nothing.

    The server must be stopped. The database is that of KLAL_DATABASE_URL, or the embedded one in KLAL_HOME; it may be of the other kind
    than the one that was backed up. A backup of an earlier klal is brought up to date. Every table is compared with its digest.
    """
    from klal.cli.progress import watching
    from klal.store.opening import open_store

    language = reader_language()
    open_store()
    if is_replacing and not yes:
        click.confirm(language.text("hosting.restore.sure"), abort=True)
    from klal.services.restore import restore

    with watching(language) as watch:
        found = restore(file, replace=is_replacing, progress=watch)
    rows = sum(table.rows for table in found.manifest.tables.values())
    if as_json:
        document = {"place": found.place, "made": found.manifest.made, "rows": rows, "has_its_secret": found.has_its_secret}
        click.echo(json.dumps({**document, "kept": str(found.kept) if found.kept else None}))
        return
    click.echo(language.text("hosting.restore.done", place=found.place, rows=rows, made=found.manifest.made))
    if found.kept:
        click.echo(language.text("hosting.restore.kept", path=str(found.kept)))
    if not found.has_its_secret:
        click.echo(language.text("hosting.restore.other_secret"))
