"""Every setting has its line where a host looks for it."""

from __future__ import annotations

import re
from pathlib import Path

from klal.services.checking.settings import KNOWN, SECRETS

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"


def test_every_setting_is_in_the_table() -> None:
    table = re.findall(r"^\| `(KLAL_\w+)`( \(or `…_FILE`\))? \|", (HOW_TO / "serve.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for name, _ in table} == {name for name in KNOWN if not name.endswith("_FILE")}
    assert {name for name, in_file in table if in_file} == set(SECRETS)


def test_figures_that_are_explained_exist() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (HOW_TO.parents[1] / "src" / "klal" / "intake").glob("*.py"))
    for name in re.findall(r"`klal_([a-z_]+?)(?:_total)?(?:\{.*?\})?`", (HOW_TO / "host.md").read_text(encoding="utf-8")):
        assert f'"{name}"' in source or f'"klal_{name}"' in source, name
