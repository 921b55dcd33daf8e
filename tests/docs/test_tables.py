"""The committed tables of results are what a fresh run gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.docs.conftest import DOCS
from tests.docs.test_reference import load

tables = load("tables")


@pytest.fixture(scope="module")
def fresh(public_conversations: Path) -> Any:
    return tables.analyse_all(public_conversations)


@pytest.mark.shared
@pytest.mark.parametrize("name", sorted(tables.MAKERS))
def test_a_table_is_what_a_fresh_run_gives(name: str, fresh: Any) -> None:
    committed = (DOCS / "_tables" / name).read_text(encoding="utf-8")

    assert committed == tables.MAKERS[name](fresh), "run: python docs/tables.py"


def test_the_table_of_simulated_populations_is_what_a_fresh_run_gives() -> None:
    assert (DOCS / "_tables" / "results-simulated.md").read_text(encoding="utf-8") == tables.simulated(), "run: python docs/tables.py"


def test_the_page_of_results_has_every_table() -> None:
    page = (DOCS / "results.md").read_text(encoding="utf-8")

    assert all(f"_tables/{name}" in page for name in (*tables.MAKERS, "results-simulated.md"))


def test_without_the_conversations_the_script_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KLAL_SHARED", str(tmp_path))

    assert tables.main() == 2
    assert "KLAL_SHARED" in capsys.readouterr().err
