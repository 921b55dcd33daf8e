"""The folder of the documentation, and a demonstration to run its examples on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from klal.cli.main import cli

REPOSITORY = Path(__file__).resolve().parents[2]
DOCS = REPOSITORY / "docs"


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demonstration") / "demo"
    done = CliRunner().invoke(cli, ["demo", "--out", str(folder), "--language", "en"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def reader_folder(demonstration: Path, tmp_path: Path) -> Path:
    """A folder as the reader of a page has it after ``make demo``."""
    shutil.copytree(demonstration, tmp_path / "demo")
    return tmp_path
