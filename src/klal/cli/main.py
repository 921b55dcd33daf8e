"""The ``klal`` command. Commands are loaded when they are called, so that ``klal --help`` answers at once."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from klal.version import __version__

_COMMANDS = {
    "account": ("klal.cli.account", "Make and keep accounts for those who convene."),
    "analyse": ("klal.cli.analyse", "Find map, groups and common ground in a conversation and write the report."),
    "backup": ("klal.cli.backup", "Write everything that is in the database to a file."),
    "check": ("klal.cli.check", "Look for everything that may be wrong with this installation."),
    "convert": ("klal.cli.convert", "Write a file in another format."),
    "demo": ("klal.cli.demo", "Serve a demonstration conversation to take part in."),
    "export": ("klal.cli.export", "Write a conversation out of the store."),
    "import": ("klal.cli.import_", "Bring a conversation from a file into the store."),
    "move": ("klal.cli.move", "Move everything to another database."),
    "open": ("klal.cli.open", "Open a conversation on a topic."),
    "restore": ("klal.cli.restore", "Fill the database with what is in a backup."),
    "serve": ("klal.cli.serve", "Serve conversations: pages, votes and live events."),
    "simulate": ("klal.cli.simulate", "Make a synthetic conversation of any size."),
    "worker": ("klal.cli.worker", "Analyse conversations as votes arrive, in a process of its own."),
}


class _Commands(click.Group):
    """A group that knows its commands by name and one line, and imports one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="klal")
def cli() -> None:
    """Gather a divided public into one conversation and see what it holds in common."""


def main() -> None:
    """Run the command line: exit code 0 for done, 2 for bad input, 1 for a fault, errors in one sentence on standard error."""
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Exit as request:
        code = request.exit_code
    except click.ClickException as error:
        click.echo(f"klal: {error.format_message()}", err=True)
        code = error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:  # noqa: BLE001 - the one place where every error becomes a sentence
        from klal.cli.errors import report_error

        code = report_error(error, debug=bool(os.environ.get("KLAL_DEBUG")))
    sys.exit(code)
