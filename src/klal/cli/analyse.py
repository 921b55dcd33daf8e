"""``klal analyse``: from a file of votes to a report."""

from __future__ import annotations

import json
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH, columns_option, json_option, parse_columns


@click.command("analyse")
@click.argument("path", type=PATH)
@click.option("--out", type=PATH, default=Path("klal-report"), show_default=True, help="Folder for the results.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of every draw; equal seeds give equal results.")
@click.option(
    "--grouping",
    type=click.Choice(["auto", "polis"]),
    default="auto",
    show_default=True,
    help="How groups are found: klal's way, or exactly as Polis does it.",
)
@click.option("--language", metavar="en|he", help="Language of report and summary; the terminal's if left out.")
@click.option("--ranks", type=PATH, help="CSV with a column participant and one column for each rank (age, role, …).")
@columns_option()
@json_option()
def command(  # noqa: PLR0913 - one parameter an option, named as on the command line
    path: Path,
    out: Path,
    seed: int,
    grouping: str,
    language: str | None,
    ranks: Path | None,
    columns_text: str | None,
    *,
    as_json: bool,
) -> None:
    """Find map, groups and common ground in a conversation and write the report.

    PATH is a Polis export (folder or zip), a CSV with one vote a line, or a Parquet file.

    \b
    Writes into the folder of --out:
      report.html           the report, one file that opens anywhere
      analysis.json         everything found, schema klal-analysis/1
      statements.csv        one line a statement, best common ground first
      participants.parquet  one line a participant: place, group, votes
      map.svg               the opinion map
    """  # noqa: D301 - \b is the character that keeps click from joining the lines
    speech = reader_language(language)
    columns = parse_columns(columns_text)
    from klal.cli.progress import watching
    from klal.cli.summary import print_summary, summary_document
    from klal.core.settings import AnalysisSettings, GroupingMethod, GroupingSettings
    from klal.io.atomic import check_folder
    from klal.services.analyse_file import RESULTS, analyse_conversation, ranks_of, read_votes, write_results

    settings = AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod(grouping)))
    check_folder(out, known=RESULTS)
    with watching(speech) as watch:
        conversation = read_votes(path, columns=columns, progress=watch)
        features = ranks_of(conversation, ranks)
        with watch.stages():
            analysed = analyse_conversation(conversation, settings=settings, seed=seed, features=features, on_stage=watch.on_stage)
        written = write_results(analysed, out, language=speech)
    if as_json:
        click.echo(json.dumps(summary_document(analysed, written), ensure_ascii=False))
    else:
        print_summary(analysed, written, speech)
