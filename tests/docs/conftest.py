"""The folder of the documentation, and a demonstration to run its examples on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from klal.cli.main import cli
from tests.databases import close_store, point_store_at

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    done = CliRunner().invoke(cli, ["demo", "--out", str(folder), "--language", "en"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def reader_folder(demonstration: Path, sqlite_template: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder as the reader of a page has it after ``klal demo --out demo``, with a store of its own."""
    shutil.copytree(demonstration, tmp_path / "demo")
    home = tmp_path / "klal-data"
    home.mkdir(mode=0o700)
    shutil.copy(sqlite_template, home / sqlite_template.name)
    point_store_at(home, "")
    yield tmp_path
    close_store()
