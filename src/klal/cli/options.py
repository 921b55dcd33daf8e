"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from klal.errors import BadOptionError

PATH = click.Path(path_type=Path)
_ENDINGS = {"polis": "-polis", "polis-1": "-polis-1", "parquet": ".parquet", "json": ".json"}
_COLUMNS = ("participant", "statement", "vote", "time")

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def columns_option() -> Decorator:
    """Return the option ``--columns``."""
    return click.option(
        "--columns",
        "columns_text",
        metavar="NAME=COLUMN,…",
        help="What the columns of a votes CSV are called, as in participant=who,statement=item,vote=answer.",
    )


def json_option() -> Decorator:
    """Return the option ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text, for programs.")


def owner_option() -> Decorator:
    """Return the option ``--owner``."""
    return click.option("--owner", metavar="NAME", help="Account that convenes it; the host's own does in any case.")


def format_option() -> Decorator:
    """Return the option ``--format`` of what is written."""
    return click.option("--format", "kind", type=click.Choice(sorted(_ENDINGS)), required=True, help="What to write.")


def with_ending(name: str, kind: str) -> Path:
    """Return where a conversation of that name is written in a format, if nobody says where."""
    return Path(name + _ENDINGS[kind])


def parse_columns(text: str | None) -> dict[str, str] | None:
    """Take ``--columns`` apart.

    Parameters
    ----------
    text : str or None
        ``participant=who,statement=item``.

    Returns
    -------
    dict of str to str, or None
        Our names to the file's.

    Raises
    ------
    BadOptionError
        If it is not of that form.
    """
    if text is None:
        return None
    pairs = [part.partition("=") for part in text.split(",")]
    if not all(name.strip() in _COLUMNS and column.strip() for name, _, column in pairs):
        raise BadOptionError(option="--columns", found=text, needed="participant=…,statement=…,vote=…[,time=…]")
    return {name.strip(): column.strip() for name, _, column in pairs}
