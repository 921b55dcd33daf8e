"""Errors become one sentence in the reader's language, and an exit code."""

from __future__ import annotations

import os
import traceback

import click

from klal.domain.language import Language, available, get
from klal.errors import InputError, KlalError, RefusedError


def reader_language(asked: str | None = None) -> Language:
    """Return the language to speak: the one asked for, or ``KLAL_LANGUAGE``, or the terminal's, or English.

    Parameters
    ----------
    asked : str, optional
        A language code given on the command line.

    Returns
    -------
    Language
        One that klal speaks.
    """
    if asked:
        return get(asked)
    for name in ("KLAL_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        code = os.environ.get(name, "")[:2].lower()
        if code in available():
            return get(code)
    return get("en")


def report_error(error: Exception, *, debug: bool) -> int:
    """Print an error on standard error and return the exit code.

    Parameters
    ----------
    error : Exception
        What went wrong.
    debug : bool
        Print the whole traceback of a fault as well.

    Returns
    -------
    int
        2 for bad input, 1 for a fault of klal or the machine.
    """
    language = reader_language()
    if isinstance(error, KlalError):
        click.echo(f"klal: {language.error(error)}", err=True)
        return 2 if isinstance(error, InputError | RefusedError) else 1
    if debug:
        traceback.print_exception(error)
    found = f"{type(error).__name__}: {error}".strip().splitlines()[0]
    click.echo(f"klal: {language.text('summary.fault', found=found)}", err=True)
    return 1
