"""The pages build without a warning, cite only what is in the references, and keep to their own rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.conftest import DOCS, REPOSITORY
from tests.waiting import PATIENCE

MOST_DECISION_LINES = 40
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
WRITTEN = [
    *(REPOSITORY / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted(page for page in DOCS.rglob("*") if page.suffix in {".md", ".py", ".bib", ".css"} and "_build" not in page.parts),
]


def tracked() -> Iterator[Path]:
    """Yield the text files that git knows; none where this is no checkout."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    for name in done.stdout.split("\0"):
        path = REPOSITORY / name
        if name and path.is_file() and path.suffix not in {".png", ".parquet", ".zip"}:
            yield path


def test_sphinx_builds_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "trees", DOCS, tmp_path / "html"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHONWARNINGS")}

    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=PATIENCE)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "html" / "methods" / "bridging.html").is_file()


def test_every_key_in_a_docstring_or_page_is_in_the_references() -> None:
    known = set(re.findall(r"^@\w+\{(\w+),", (DOCS / "references.bib").read_text(encoding="utf-8"), re.MULTILINE))
    sources = {path: path.read_text(encoding="utf-8") for path in (REPOSITORY / "src").rglob("*.py")}
    used = {key for text in sources.values() for key in re.findall(r"\[([A-Za-z]\w*)\]_", text)}
    pages = "".join(page.read_text(encoding="utf-8") for page in DOCS.rglob("*.md"))
    cited = {key.strip() for keys in re.findall(r"\{cite:\w+\}`([^`]+)`", pages) for key in keys.split(",")}

    assert {"small2021", "hubert1985"} <= used
    assert used | cited <= known


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_short_and_has_its_four_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert text.count("\n") <= MOST_DECISION_LINES
    assert re.findall(r"^\*\*(.+?)\.\*\*", text, re.MULTILINE) == ["Context", "Decision", "Price", "When to look again"]


def test_decisions_are_numbered_without_a_hole() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert all(page.read_text(encoding="utf-8").startswith(f"# {int(page.name[:4])}. ") for page in DECISIONS)


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: page.relative_to(REPOSITORY).as_posix())
def test_a_link_to_a_file_leads_to_a_file(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL) if page.suffix == ".md" else ""
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target}

    missing = [target for target in targets if target and not (page.parent / target).exists()]

    assert not missing


def test_no_tracked_file_names_a_machine_or_a_registry() -> None:
    # Written in pieces, so that this file does not find itself.
    forbidden = re.compile(
        "|".join(
            (
                "/" + "work/",
                "/" + "root/",
                "pypi" + r"\.org",
                "files" + r"\.pythonhosted",
                "--" + "index-url",
                "--" + "find-links",
                "/sim" + "ple/",
            )
        )
    )
    allowed = {"Makefile": "--no-emit-index-url"}
    found = []
    for path in tracked():
        name = path.relative_to(REPOSITORY).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if forbidden.search(line) and allowed.get(name, "\0") not in line:
                found.append(f"{name}:{number}: {line.strip()[:100]}")

    assert not found, "\n".join(found)


def test_the_picture_in_the_readme_is_real_and_small() -> None:
    picture = DOCS / "_static" / "demo-map.svg"

    assert 2_000 < picture.stat().st_size <= 60_000
    assert "docs/_static/demo-map.svg" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_the_page_of_benchmarks_has_every_table_there_is() -> None:
    page = "".join((DOCS / name).read_text(encoding="utf-8") for name in ("benchmarks.md", "science.md"))
    methods = "".join(path.read_text(encoding="utf-8") for path in sorted((DOCS / "methods").glob("*.md")))
    tables = {path.name for path in (DOCS / "_tables").glob("benchmark-*.md")}

    assert {
        f"benchmark-{name}.md" for name in ("peers", "recipe", "scale", "reading", "startup", "science-hidden-votes", "polis-groups")
    } <= tables
    assert all(f"_tables/{name}" in page or f"_tables/{name}" in methods for name in tables)


def test_the_changelog_keeps_its_form() -> None:
    text = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^##+ (.+)$", text, re.MULTILINE)

    assert headings[0] == "[Unreleased]"
    assert {"Added", "Changed results"} <= set(headings)


def test_every_kind_of_result_in_the_glossary_has_one_meaning() -> None:
    terms = re.findall(r"^(\w[\w -]*)\n  \S", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert len(terms) == len(set(terms))
    assert {"participant", "statement", "pass", "opinion group", "common ground", "bridging score", "divisiveness", "rank"} <= set(terms)


def test_the_documentation_has_its_dependencies_locked() -> None:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    locked = (REPOSITORY / "requirements" / "develop.lock").read_text(encoding="utf-8").lower()

    assert all(re.search(rf"^{re.escape(re.split('[><=]', one)[0])}==", locked, re.MULTILINE) for one in groups["docs"])
