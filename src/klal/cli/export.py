"""``klal export``: a conversation out of the store."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, format_option, with_ending
from klal.domain.address import is_address
from klal.errors import BadOptionError, UnknownConversationError


@click.command("export")
@click.argument("conversation")
@format_option()
@click.option("--out", type=PATH, help="File, folder or .zip to write; in this folder under the conversation's address if left out.")
def command(conversation: str, kind: str, out: Path | None) -> None:
    """Write a conversation out of the store, with everything that was said and voted.

    CONVERSATION is its address, as in /c/ADDRESS/. Formats: polis (its present export), polis-1 (its open data), parquet, json.
    What is written tells votes by participant and is not for publication.
    """
    if not is_address(conversation):
        if Path(conversation).exists():
            raise BadOptionError(option="CONVERSATION", found=conversation, needed="an address in the store (klal convert converts files)")
        raise UnknownConversationError(slug=conversation)
    target = out or with_ending(conversation, kind)
    from klal.io import ExportFormat, write_conversation
    from klal.store.opening import open_store

    open_store(migrate=True)
    from klal.services.exchange import bring_out

    found = bring_out(conversation)
    write_conversation(found, target, format=ExportFormat(kind))
    counts = {"votes": len(found.log), "statements": len(found.statements)}
    click.echo(reader_language().text("summary.converted", path=str(target), **counts))
