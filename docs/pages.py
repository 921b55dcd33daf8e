"""Make the pages of the reference that follow from the code: command line, settings, errors.

``python docs/pages.py`` writes them; a test compares the committed pages with what this script would write.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from numpydoc.docscrape import ClassDoc  # type: ignore[import-untyped]

from klal import errors
from klal.cli.main import cli
from klal.core.settings import AnalysisSettings

REFERENCE = Path(__file__).parent / "reference"
MADE = "% Made by docs/pages.py; do not edit.\n\n"
WIDTH = 100

EXAMPLES = {
    "account": "$ klal account add dana --email dana@example.org --link\nThe account dana is made.\n...",
    "analyse": (
        "$ klal analyse demo/conversation.parquet --seed 1 --out analysed\n...\nWritten, 5 files; open the first in a browser:\n"
        "  analysed/report.html\n..."
    ),
    "backup": "$ klal import demo/conversation.parquet --slug kept\n...\n$ klal backup kept.klal\nBacked up to kept.klal: ...\n...",
    "check": "$ klal check\n...\nNothing has to be mended, ...",
    "convert": "$ klal convert demo/conversation.parquet --format polis-1 --out open-data\nWrote 4,095 votes on 24 statements to open-data",
    "demo": "$ klal demo --out demo\n...",
    "export": (
        "$ klal import demo/conversation.parquet --slug example\n...\n$ klal export example --format polis --out example.zip\n"
        "Wrote 4,095 votes on 24 statements to example.zip"
    ),
    "import": (
        "$ klal import demo/conversation.parquet --slug town --closed\n"
        "Brought in as town: 260 participants · 24 statements · 4,095 votes\nklal serve shows it at /c/town/"
    ),
    "move": "$ klal import demo/conversation.parquet --slug moving\n...\n$ klal move sqlite:elsewhere\nCopied to ...",
    "open": (
        '$ klal open "What should our library be in ten years?" --slug library\nOpened as library, ...\nklal serve shows it at /c/library/'
    ),
    "restore": (
        "$ klal import demo/conversation.parquet --slug again\n...\n$ klal backup again.klal\n...\n"
        "$ klal restore again.klal --replace --yes\nRestored to ...\n..."
    ),
    "serve": "$ klal serve --port 8000",
    "simulate": (
        "$ klal simulate --participants 200 --statements 40 --votes 20 --groups 0.6,0.4 --out made-up.parquet\n"
        "Wrote ... made-up votes of 200 participants to made-up.parquet"
    ),
    "worker": "$ klal worker &",
}
"""One example a command; run by the tests, ``...`` stands for any output."""

ENDLESS = {"serve", "worker"}
"""Commands that run until they are told to stop: their examples are for reading."""

COMMAND_LINE = """\
# Command line

`klal` has one command for each thing to do. `-h` and `--help` work everywhere.

## What holds for every command

- **Exit code.** 0 done, 2 the input or an option cannot be used, 1 a fault of klal or the machine, 130 interrupted.
- **Errors** are one plain sentence on standard error that begins with `klal:`, in the reader's language. See [errors](errors.md).
  An option that the command does not have is answered with the usage and exit code 2.
- **Results are written whole or not at all.** An earlier result in the same folder is replaced; a folder that holds anything else is
  refused.
- **Progress** is drawn on standard error if that is a terminal.

## Environment

| variable | meaning |
|---|---|
| `KLAL_LANGUAGE` | language of messages, `en` or `he`; without it that of `LC_ALL`, `LC_MESSAGES` or `LANG`, else English |
| `KLAL_HOME` | folder of the embedded database, `klal-data` in the present folder if left out |
| `KLAL_DATABASE_URL` | `postgresql://user:password@host/name` instead of the embedded database |
| `KLAL_DEBUG` | set to anything: print the whole traceback of a fault |
| `COLUMNS` | width of the printed tables where the output is not a terminal |

Those of a server (names, https, mail, the secret key) are in [how to serve](../how-to/serve.md).
"""

SETTINGS = """\
# Settings of the analysis

One frozen object, `klal.AnalysisSettings`, holds all settings. It is stored in `analysis.json` under `provenance.settings`, so that every
result says how it was made. On the command line `--grouping` and `--seed` can be chosen; everything else is for Python:

```python
>>> import klal
>>> from klal.core.settings import GroupingSettings
>>> settings = klal.AnalysisSettings(grouping=GroupingSettings(max_groups=3))
>>> settings.as_dict()["grouping"]["max_groups"]
3
```

Constants that are not settings (thresholds of the verdict, sizes of samples) stand at the top of their module, with the reason, and in
the [methods](../methods/index.md).
"""

ERRORS = """\
# Errors

Every error that klal raises on purpose is a `klal.KlalError`. It has a stable `code` and carries its `facts`: what was found, what was
needed, where. The sentence is made from both at the edge, in the reader's language; `str(error)` is the English one.

```python
>>> import klal
>>> try:
...     klal.read_conversation("nowhere.csv")
... except klal.KlalError as error:
...     print(error.code, error.facts)
input.missing {'path': 'nowhere.csv'}
```

A program should look at the code and the facts, not at the sentence. On the command line every `InputError` is exit code 2.
"""


def command_line() -> str:
    """Return the page of the command line."""
    context = _context(None, cli)
    sections = [COMMAND_LINE, "## klal\n", _fence("text", context.get_help())]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        if command is not None:
            sections += [f"## klal {name}\n", _fence("text", _context(context, command).get_help())]
            mark = "" if name in ENDLESS else "<!-- run -->\n"
            sections += ["Example:\n", mark + _fence("console", EXAMPLES[name])]
    return _page(sections)


def settings() -> str:
    """Return the page of the settings."""
    sections = [SETTINGS]
    for part in dataclasses.fields(AnalysisSettings):
        value = getattr(AnalysisSettings(), part.name)
        sections += [f"## {part.name}\n", f"`klal.core.settings.{type(value).__name__}`\n", _settings_table(value)]
    return _page(sections)


def error_pages() -> str:
    """Return the page of the errors."""
    sections = [ERRORS]
    for kind in error_kinds():
        parent = kind.__mro__[1].__name__
        origin = "the root" if kind is errors.KlalError else f"a kind of `{parent}`"
        sections.append(f"## {kind.code}\n\n`klal.errors.{kind.__name__}`, {origin}.\n\n> {kind.message}\n")
        facts = _facts(kind)
        sections += [f"{facts}\n"] if facts else []
    return _page(sections)


def error_kinds() -> Iterator[type[errors.KlalError]]:
    """Yield every error class in the order of the module."""
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.KlalError):
            yield kind


PAGES: dict[str, Callable[[], str]] = {"command-line.md": command_line, "settings.md": settings, "errors.md": error_pages}


def main() -> None:
    """Write every page."""
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")


def _context(parent: click.Context | None, command: click.Command) -> click.Context:
    name = "klal" if parent is None else command.name
    return click.Context(command, parent=parent, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH, **command.context_settings)


def _settings_table(value: Any) -> str:
    described = {entry.name: " ".join(line.strip() for line in entry.desc) for entry in ClassDoc(type(value))["Attributes"]}
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for one in dataclasses.fields(value):
        default = getattr(value, one.name)
        rows.append(f"| `{one.name}` | `{getattr(default, 'value', default)}` | {described[one.name]} |")
    return "\n".join(rows) + "\n"


def _facts(kind: type[errors.KlalError]) -> str:
    text = inspect.cleandoc(kind.__doc__ or "")
    return " ".join(text.split()) if text.startswith("Facts:") else ""


def _fence(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def _page(sections: list[str]) -> str:
    return MADE + "\n".join(sections)


if __name__ == "__main__":
    main()
