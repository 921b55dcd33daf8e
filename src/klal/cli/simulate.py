"""``klal simulate``: a synthetic conversation of any size."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH


@click.command("simulate")
@click.option("--participants", type=click.IntRange(1, 20_000_000), default=500, show_default=True, help="How many take part.")
@click.option("--statements", type=click.IntRange(1, 1_000_000), default=180, show_default=True, help="How many statements there are.")
@click.option("--votes", type=click.FloatRange(1), default=60, show_default=True, help="Mean votes a participant.")
@click.option("--groups", default="0.72,0.28", show_default=True, help="Shares of the true groups; 1 for none.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Equal seeds give equal votes.")
@click.option("--out", type=PATH, default=Path("simulated.parquet"), show_default=True, help="Parquet file to write.")
def command(participants: int, statements: int, votes: float, groups: str, seed: int, out: Path) -> None:
    """Make a synthetic conversation: a population with known groups votes as people did in public conversations.

    There are no texts, so that nobody can take it for the words of people.
    """
    from klal.io import ExportFormat, write_conversation
    from klal.services.simulation import parse_shares, simulate

    conversation = simulate(participants, statements, mean_votes=votes, shares=parse_shares(groups), seed=seed)
    write_conversation(conversation, out, format=ExportFormat.PARQUET)
    click.echo(reader_language().text("summary.simulated", votes=len(conversation.log), participants=participants, path=str(out)))
