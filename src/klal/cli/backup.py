"""``klal backup``: everything of an instance in one file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.gently import work_gently
from klal.cli.options import PATH, json_option


@click.command("backup")
@click.argument("file", type=PATH)
@click.option("--with-secret", is_flag=True, help="Put the secret key in as well: whoever has the file can then sign as this server.")
@click.option("--keep", type=click.IntRange(1), metavar="N", help="In a folder: keep the N newest backups and remove older ones.")
@click.option("--no-verify", is_flag=True, help="Do not read the file again and compare it.")
@json_option()
def command(file: Path, *, with_secret: bool, keep: int | None, no_verify: bool, as_json: bool) -> None:
    """Write everything that is in the database to FILE, as it is at one moment, while people go on voting.

    FILE must not exist; if it is a folder, a file with the date in its name is made there. It is restored by `klal restore`, on the
    embedded database as well as on PostgreSQL. It holds who voted what: keep it as you keep the database.
    """
    from klal.cli.progress import watching
    from klal.store.opening import open_store

    language = reader_language()
    work_gently()
    open_store()
    from klal.services.backup import back_up

    with watching(language) as watch:
        made = back_up(file, with_secret=with_secret, verify=not no_verify, keep=keep, progress=watch)
    if as_json:
        tables = {name: {"rows": table.rows, "digest": table.digest} for name, table in made.manifest.tables.items()}
        document = {"path": str(made.path), "bytes": made.bytes, "made": made.manifest.made, "rows": made.rows, "tables": tables}
        click.echo(json.dumps({**document, "with_secret": with_secret, "removed": [str(one) for one in made.removed]}))
        return
    click.echo(language.text("hosting.backup.made", path=str(made.path), rows=made.rows, megabytes=f"{made.bytes / 1e6:,.1f}"))
    if not no_verify:
        click.echo(language.text("hosting.backup.verified"))
    if not with_secret:
        click.echo(language.text("hosting.backup.without_secret"))
    if made.removed:
        click.echo(language.text("hosting.backup.removed", count=len(made.removed)))
