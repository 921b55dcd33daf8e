"""``klal open``: a new conversation."""

from __future__ import annotations

import json
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, json_option, owner_option


@click.command("open")
@click.argument("topic")
@click.option("--slug", help="Its address, as in /c/SLUG/; made from the topic if left out.")
@click.option("--description", default="", help="What it is about.")
@click.option("--shared-purpose", default="", help="What those who take part want to bring about together.")
@click.option(
    "--language", "languages", metavar="en|he", multiple=True, help="Language it is held in, first the main one; the topic's if left out."
)
@click.option("--statements", "seeds", type=PATH, help="Statements to begin with: a text file with one a line, or a CSV.")
@click.option(
    "--moderation",
    type=click.Choice(["after", "before"]),
    default="after",
    show_default=True,
    help="Show what participants say at once, or once a moderator accepted it.",
)
@owner_option()
@json_option()
def command(  # noqa: PLR0913 - one parameter an option, named as on the command line
    topic: str,
    slug: str | None,
    description: str,
    shared_purpose: str,
    languages: tuple[str, ...],
    seeds: Path | None,
    moderation: str,
    owner: str | None,
    *,
    as_json: bool,
) -> None:
    """Open a conversation on TOPIC, a question to many people.

    The CSV of --statements has a column `text`, or one column for each language, named by its code.
    """
    from klal.domain.records import ModerationMode
    from klal.io.seeds import read_seeds
    from klal.store.opening import open_store

    statements = read_seeds(seeds) if seeds else ()
    open_store(migrate=True)
    from django.db import transaction

    from klal.services.accounts.creating import find_account
    from klal.services.convening import make_owner
    from klal.services.opening import open_conversation

    with transaction.atomic():
        row = open_conversation(
            topic,
            slug=slug,
            description=description,
            shared_purpose=shared_purpose,
            languages=languages,
            moderation_mode=ModerationMode(moderation),
            seeds=statements,
        )
        if owner:
            make_owner(find_account(owner), row)
    address, language = f"/c/{row.slug}/", reader_language()
    if as_json:
        document = {"slug": row.slug, "address": address, "topic": row.topic, "languages": row.languages, "statements": len(statements)}
        click.echo(json.dumps(document, ensure_ascii=False))
        return
    click.echo(language.text("summary.opened", slug=row.slug, count=len(statements)))
    click.echo(language.text("summary.served_at", address=address))
