"""``klal check``: whether everything is set up as it should be."""

from __future__ import annotations

import json
import os
import sys

import click

from klal.cli.errors import reader_language
from klal.cli.options import json_option


@click.command("check")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address that the server listens on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port that it listens on.")
@click.option("--mail-to", default="", metavar="ADDRESS", help="Also send a mail to this address.")
@json_option()
def command(host: str, port: int, mail_to: str, *, as_json: bool) -> None:
    """Look at everything that may be wrong with this installation, and say what to do about it.

    Reads the same settings as the server, asks the database, greets the mail server, and looks where people look. Changes nothing.
    The exit code is 0 if nothing has to be mended, 2 if something has.
    """
    from klal.services.checking.everything import Wish, look
    from klal.services.checking.finding import Grade

    language = reader_language()
    findings = []
    for one in look(os.environ, Wish(host, port, mail_to)):
        findings.append(one)
        if not as_json:
            click.echo(f"{_MARKS[one.grade.value]} {one.sentence(language)}")
    errors = sum(one.grade is Grade.ERROR for one in findings)
    warnings = sum(one.grade is Grade.WARNING for one in findings)
    if as_json:
        rows = [one.as_dict(language) for one in findings]
        click.echo(json.dumps({"errors": errors, "warnings": warnings, "findings": rows}, ensure_ascii=False))
    else:
        words = [language.text("hosting.check.errors", count=errors), language.text("hosting.check.warnings", count=warnings)]
        click.echo(language.text("hosting.check.summary", errors=words[0], warnings=words[1]))
    sys.exit(2 if errors else 0)


_MARKS = {"ok": "✓", "warning": "!", "error": "✗"}
