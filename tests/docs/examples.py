"""Finding and running the examples of a Markdown page, in the order in which a reader would do them.

Three kinds count: a fence after ``<!-- file NAME -->`` is written to that file; a ``console`` fence after ``<!-- run -->`` (or
``<!-- run exit=2 -->``) is run line by line after ``$`` and its output compared; a ``python`` fence with ``>>>`` is a doctest. In what
is compared ``...`` stands for anything.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from klal.cli.main import main
from tests.waiting import PATIENCE

_FENCE = re.compile(r"(?:^<!-- (?P<mark>.*?) -->\n)?^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_EXIT = re.compile(r"exit=(\d+)")
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True, slots=True)
class Example:
    """One fence that counts."""

    line: int
    mark: str
    language: str
    body: str


def examples(page: Path) -> Iterator[Example]:
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        mark, language = found["mark"] or "", found["language"]
        if mark.startswith(("run", "file ")) or (language == "python" and ">>>" in found["body"]):
            yield Example(text.count("\n", 0, found.start()) + 1, mark, language, found["body"])


def run_page(page: Path, folder: Path) -> list[str]:
    """Run all examples of a page in a folder and return what went wrong."""
    names: dict[str, object] = {"__name__": "__main__"}
    faults: list[str] = []
    with contextlib.chdir(folder):
        for one in examples(page):
            place = f"{page.name}:{one.line}"
            if one.mark.startswith("file "):
                target = folder / one.mark.removeprefix("file ").strip()
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(one.body, encoding="utf-8")
            elif one.mark.startswith("run"):
                faults += [f"{place}: {fault}" for fault in _run_console(one)]
            else:
                faults += [f"{place}: {fault}" for fault in _run_python(one, names, place)]
    return faults


def _run_console(one: Example) -> Iterator[str]:
    wanted_code = int(found[1]) if (found := _EXIT.search(one.mark)) else 0
    for step in re.split(r"^\$ ", one.body, flags=re.MULTILINE)[1:]:
        command, _, wanted = step.partition("\n")
        code, got = _klal(shlex.split(command)) if command.startswith("klal ") else _shell(command)
        if code != wanted_code:
            yield f"{command}\nexit code {code}, not {wanted_code}:\n{got}"
        elif not matches(wanted, got):
            yield f"{command}\nwanted:\n{wanted}\ngot:\n{got}"


def _klal(words: list[str]) -> tuple[int, str]:
    """Run klal's own entry point in this process, which saves loading it anew each time."""
    printed, code = io.StringIO(), 0
    settings = {"COLUMNS": "100", "KLAL_LANGUAGE": "en"}
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(sys, "argv", words))
        stack.enter_context(mock.patch.dict(os.environ, settings))
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.redirect_stderr(printed))
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return code, printed.getvalue()


def _shell(command: str) -> tuple[int, str]:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def matches(wanted: str, got: str) -> bool:
    """Say whether a text is as wanted; ``...`` stands for anything, and whitespace counts once."""
    return doctest.OutputChecker().check_output(wanted, got, _FLAGS)


def _run_python(one: Example, names: dict[str, object], place: str) -> list[str]:
    test = doctest.DocTestParser().get_doctest(one.body, names, place, None, 0)
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=_FLAGS, verbose=False)
    runner.run(test, out=report.write, clear_globs=False)
    names.update(test.globs)
    return [report.getvalue()] if runner.failures else []
