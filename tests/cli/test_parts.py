"""Parts of the command line that a process on a pipe does not reach: terminals, faults, interrupts."""

import io
import sys

import click
import pytest
from rich.console import Console
from rich.progress import Progress

from klal.cli import main as main_module
from klal.cli.errors import reader_language, report_error
from klal.cli.progress import Watch, watching
from klal.domain.language import get
from klal.errors import KlalError, MissingInputError


def exit_code(monkeypatch, raised):
    def fail(**_: object) -> int:
        raise raised

    monkeypatch.setattr(main_module.cli, "main", fail)
    with pytest.raises(SystemExit) as caught:
        main_module.main()
    return caught.value.code


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (MissingInputError(path="x"), 2),
        (KlalError(), 1),
        (RuntimeError("broken\nin two lines"), 1),
        (KeyboardInterrupt(), 130),
        (click.exceptions.Abort(), 130),
        (click.exceptions.Exit(3), 3),
        (click.UsageError("wrong"), 2),
    ],
)
def test_every_end_has_its_exit_code(monkeypatch, raised, code, capsys):
    assert exit_code(monkeypatch, raised) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_fault_is_one_sentence_and_its_trace_is_there_for_the_asking(capsys):
    assert report_error(RuntimeError("broken\nin two lines"), debug=False) == 1
    plain = capsys.readouterr().err
    assert "RuntimeError: broken" in plain
    assert plain.count("\n") == 1
    report_error(RuntimeError("broken"), debug=True)
    assert "RuntimeError: broken" in capsys.readouterr().err


def test_the_language_is_asked_for_or_the_terminals_or_english(monkeypatch):
    for name in ("KLAL_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert reader_language().code == "en"
    monkeypatch.setenv("LANG", "he_IL.UTF-8")
    assert reader_language().code == "he"
    assert reader_language("en").code == "en"
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert reader_language().code == "he"


def test_bars_show_on_a_terminal_only(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with watching(get("en")) as watch, watch.stages():
        watch.on_stage("map")
    assert "Analysing" in terminal.getvalue()
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with watching(get("en")) as watch:
        watch.start("read_votes", 10)
        watch.advance(5)
        watch.finish()
    assert pipe.getvalue() == ""


def test_a_bar_that_never_started_can_be_ended():
    bars = Progress(console=Console(file=io.StringIO()))
    watch = Watch(get("en"), bars)
    watch.advance(1)
    watch.finish()
    watch.start("read_votes", None)
    watch.advance(1)
    watch.finish()
    assert not bars.tasks
