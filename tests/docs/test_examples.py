"""Every example of the documentation that says it runs, runs, and prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.conftest import DOCS, REPOSITORY
from tests.docs.examples import examples, matches, run_page

PAGES = [REPOSITORY / "README.md", *sorted(page for page in DOCS.rglob("*.md") if not {"_build", "_tables"} & set(page.parts))]
WITH_EXAMPLES = [page for page in PAGES if any(examples(page))]


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_examples_run_and_print_what_the_page_says(page: Path, reader_folder: Path) -> None:
    faults = run_page(page, reader_folder)

    assert not faults, "\n\n".join(faults)


def test_the_pages_a_newcomer_reads_have_examples_that_run() -> None:
    names = {page.name for page in WITH_EXAMPLES}

    assert {"README.md", "tutorial.md", "own-votes.md", "ranks.md", "notebook.md", "from-polis.md", "command-line.md"} <= names


def test_every_klal_command_in_a_page_exists() -> None:
    from klal.cli.main import cli

    used = {name for page in PAGES for name in re.findall(r"^\$ klal (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)}

    assert used
    assert used <= set(cli.list_commands(None))  # type: ignore[arg-type] - the context is not looked at


def test_every_make_target_in_a_page_exists() -> None:
    pages = [*PAGES, REPOSITORY / "CONTRIBUTING.md"]
    used = {name for page in pages for name in re.findall(r"(?:^\$ |`)make (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)}
    targets = set(re.findall(r"^(\w+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert {"demo", "test", "check", "bench", "docs", "lock"} <= used
    assert used <= targets


def test_a_wrong_output_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- run -->\n```console\n$ echo one\ntwo\n```\n\n```python\n>>> 1 + 1\n3\n```\n", encoding="utf-8")

    assert len(run_page(page, tmp_path)) == 2


def test_a_wrong_exit_code_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- run exit=2 -->\n```console\n$ echo one\none\n```\n", encoding="utf-8")

    assert len(run_page(page, tmp_path)) == 1


def test_dots_stand_for_anything() -> None:
    assert matches("one\n...\nthree\n", "one\ntwo\nthree\n")
    assert not matches("one\n...\nfour\n", "one\ntwo\nthree\n")
