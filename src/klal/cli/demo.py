"""``klal demo``: a conversation to look at and take part in, without any data of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from klal.cli.errors import reader_language
from klal.cli.options import PATH


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0 for any.")
@click.option("--out", type=PATH, help="Serve nothing: write the conversation and its report into this folder.")
@click.option("--language", metavar="en|he", help="Language of what is printed; the terminal's if left out.")
def command(host: str, port: int, out: Path | None, language: str | None) -> None:
    """Serve a demonstration conversation in Hebrew and English, at /c/demo/.

    Its votes are made up by a generator, until people vote. What was voted is kept in KLAL_HOME (./klal-data if not set) and is there
    again the next time.
    """
    if out is None:
        _serve(host, port, language)
    else:
        _write(out, language)


def _serve(host: str, port: int, language: str | None) -> None:
    speech = reader_language(language)
    from klal.cli.serve import Beside, serve

    passwords = []

    def before() -> None:
        from klal.services.demo_convenor import demo_convenor
        from klal.store.opening import configuration

        _prepare_if_needed()
        passwords.append(demo_convenor(configuration().home))

    def announce(address: str) -> None:
        from klal.domain.language import Phrase
        from klal.services.demo_convenor import NAME

        click.echo(
            "\n".join(
                (
                    speech.text("serve.demo"),
                    speech.text("serve.take_part", address=Phrase(f"{address}c/demo/")),
                    speech.text("serve.report", address=Phrase(f"{address}c/demo/report/")),
                    speech.text("serve.convene", address=Phrase(f"{address}convene/"), name=NAME, password=Phrase(passwords[0])),
                    speech.text("serve.ready", address=Phrase(address)),
                )
            )
        )

    serve(host, port, role="all", beside=Beside(), on_ready=announce, before=before)


def _prepare_if_needed() -> None:
    """See to it that the conversation, its map and its report are there: made in a process of its own, so that the server stays small."""
    from klal.services.demonstration import SLUG
    from klal.store.models import ReportPage

    if ReportPage.objects.filter(conversation__slug=SLUG).exists():
        return
    subprocess.run([sys.executable, "-c", "from klal.cli.demo import prepare; prepare()"], check=True)


def prepare() -> None:
    """Make the demonstration conversation, its map and its report, in a process that ends afterwards."""
    from klal.store.opening import open_store

    open_store()
    from klal.services.demonstration import build_demonstration
    from klal.services.recompute import draw_report, recompute

    conversation = build_demonstration()
    recompute(conversation.pk)
    draw_report(conversation.pk)


def _write(out: Path, language: str | None) -> None:
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
