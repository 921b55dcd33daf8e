"""``klal demo``: a conversation to look at, without any data of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH


@click.command("demo")
@click.option("--out", type=PATH, default=Path("demo"), show_default=True, help="Folder for the results.")
@click.option("--language", metavar="en|he", help="Language of the summary; the terminal's if left out.")
def command(out: Path, language: str | None) -> None:
    """Make a small demonstration conversation in Hebrew and English, analyse it and write the report in every language.

    All votes are made up by a generator. The conversation itself is written too, for `klal analyse` and `klal export`.
    """
    speech = reader_language(language)
    from klal.cli.progress import watching
    from klal.cli.summary import print_summary
    from klal.domain.language import available, get
    from klal.io import ExportFormat, write_conversation
    from klal.services.analyse_file import analyse_conversation, write_results
    from klal.services.demonstration import demonstration

    with watching(speech) as watch, watch.stages():
        conversation = demonstration()
        analysed = analyse_conversation(conversation, on_stage=watch.on_stage)
    write_conversation(conversation, out / "conversation.parquet", format=ExportFormat.PARQUET)
    written = {code: write_results(analysed, out / code, language=get(code)) for code in available()}
    print_summary(analysed, written[speech.code], speech)
    click.echo(speech.text("summary.demo"))
    for one in written.values():
        click.echo(f"  {one.files[0]}")
