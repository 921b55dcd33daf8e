"""``klal import``: a file into the store."""

from __future__ import annotations

import json
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, columns_option, json_option, owner_option, parse_columns


@click.command("import")
@click.argument("path", type=PATH)
@click.option("--slug", help="Its address, as in /c/SLUG/; made from the name of the file if left out.")
@click.option(
    "--language", "languages", metavar="en|he", multiple=True, help="Language it is held in, first the main one; may be repeated."
)
@click.option("--open/--closed", "is_open", default=True, show_default=True, help="Whether people can take part in it.")
@columns_option()
@owner_option()
@json_option()
def command(  # noqa: PLR0913 - one parameter an option, named as on the command line
    path: Path,
    slug: str | None,
    languages: tuple[str, ...],
    columns_text: str | None,
    owner: str | None,
    *,
    is_open: bool,
    as_json: bool,
) -> None:
    """Bring a conversation from a file into the store, all of it or nothing.

    PATH is a Polis export (folder or zip), a CSV with one vote or one participant a line, or a Parquet or JSON file of klal. The store
    is the database of KLAL_DATABASE_URL, or an embedded one in the folder KLAL_HOME, which is made if it is not there.
    """
    columns, language = parse_columns(columns_text), reader_language()
    from klal.cli.progress import watching
    from klal.domain.address import address_of
    from klal.domain.language import get
    from klal.domain.records import Phase
    from klal.io import read_conversation
    from klal.store.opening import open_store

    spoken = [get(code).code for code in languages]
    with watching(language) as watch:
        conversation = read_conversation(path, columns=columns, progress=watch)
        open_store(migrate=True)
        from klal.services.accounts.creating import find_account
        from klal.services.convening import make_owner
        from klal.services.exchange import bring_in

        account = find_account(owner) if owner else None
        phase = Phase.OPEN if is_open else Phase.CLOSED
        name = path.stem if path.is_file() else path.resolve().name
        row = bring_in(conversation, slug=slug or address_of(name) or None, phase=phase, languages=spoken, progress=watch)
        if account is not None:
            make_owner(account, row)
    counts = {
        "participants": len(conversation.log.participants),
        "statements": len(conversation.statements),
        "votes": conversation.log.to_matrix().n_votes,
    }
    address = f"/c/{row.slug}/"
    if as_json:
        document = {"slug": row.slug, "address": address, "topic": row.topic, **counts, "vote_events": len(conversation.log)}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(language.text("summary.imported", slug=row.slug, **counts))
    click.echo(language.text("summary.served_at", address=address))
