"""``klal move``: an instance to another database."""

from __future__ import annotations

import json

import click

from klal.cli.errors import reader_language
from klal.cli.gently import work_gently
from klal.cli.options import json_option


@click.command("move")
@click.argument("target")
@click.option("--finish", "is_last", is_flag=True, help="Bring over the rest and switch; the server must be stopped.")
@json_option()
def command(target: str, *, is_last: bool, as_json: bool) -> None:
    """Move everything to another database: postgresql://user:password@host/name, or sqlite:///folder for an embedded one.

    Without --finish everything is copied while the server goes on. Then stop the server and call it again with --finish: it brings over
    what changed meanwhile, compares every table, and lets the new database be the one to use; the old one refuses from then on.
    """
    from klal.cli.progress import watching
    from klal.store.opening import open_store

    language = reader_language()
    work_gently()
    open_store()
    from klal.services.move import copy_over, finish

    with watching(language) as watch:
        found = finish(target, watch) if is_last else copy_over(target, watch)
    if as_json:
        document = {"place": found.place, "rows": found.rows, "changed": found.changed, "is_finished": found.is_finished}
        click.echo(json.dumps({**document, "digests": found.digests}))
        return
    if not found.is_finished:
        click.echo(language.text("hosting.move.copied", place=found.place, rows=found.rows))
        return
    click.echo(language.text("hosting.move.done", place=found.place, rows=found.rows))
    click.echo(language.text("hosting.move.next_sqlite" if target.startswith("sqlite") else "hosting.move.next_postgresql"))
