"""The reference names everything there is: commands, options, settings, errors, public names, schema parts."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from types import ModuleType

import pytest

import klal
from klal.cli.main import cli
from klal.core.settings import AnalysisSettings
from klal.domain.language import get
from klal.io.analysis_json import analysis_schema
from klal.services.analyse_file import RESULTS
from tests.docs.conftest import DOCS


def load(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(f"klal_docs_{name}", DOCS / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    import sys

    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


pages = load("pages")


def text_of(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[1]


@pytest.mark.parametrize("name", sorted(pages.PAGES))
def test_a_page_made_from_the_code_is_what_the_code_says_now(name: str) -> None:
    assert text_of(name) == pages.PAGES[name](), "run: python docs/pages.py"


@pytest.mark.parametrize("name", cli.list_commands(None))  # type: ignore[arg-type] - the context is not looked at
def test_every_command_has_a_section_with_all_its_options_and_an_example(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    shown = section(text_of("command-line.md"), f"klal {name}")

    for parameter in command.params:
        for option in parameter.opts:
            assert (option if option.startswith("-") else option.upper()) in shown
    assert re.search(rf"\$ klal {name}\b", shown)


@pytest.mark.parametrize("part", [one.name for one in dataclasses.fields(AnalysisSettings)])
def test_every_setting_is_documented_with_its_default(part: str) -> None:
    value = getattr(AnalysisSettings(), part)
    shown = section(text_of("settings.md"), part)

    for one in dataclasses.fields(value):
        default = getattr(value, one.name)
        assert re.search(rf"^\| `{one.name}` \| `{re.escape(str(default))}` \| \w", shown, re.MULTILINE)


@pytest.mark.parametrize("kind", list(pages.error_kinds()), ids=lambda kind: kind.code)
def test_every_error_has_a_heading_and_its_sentence(kind: type[klal.KlalError]) -> None:
    assert kind.message in section(text_of("errors.md"), kind.code)


def test_every_public_name_is_in_the_python_reference() -> None:
    documented = set(re.findall(r"^\.\. auto(?:function|class|exception):: klal\.(\w+)$", text_of("api.md"), re.MULTILINE))

    assert documented == set(klal.__all__)


def test_every_part_of_analysis_json_is_described() -> None:
    shown = text_of("file-formats.md")
    statement = analysis_schema()["properties"]["statements"]["items"]["properties"]

    for name in (*analysis_schema()["properties"], *statement):
        assert f"`{name}`" in shown or name == "schema"


def test_every_file_of_a_result_is_described() -> None:
    assert all(f"`{name}`" in text_of("file-formats.md") for name in RESULTS)


def test_what_the_pages_say_of_the_report_is_in_the_report() -> None:
    english = get("en")
    titles = [english.text(f"report.{part}.title") for part in ("people", "map", "groups", "common", "divides", "all", "certainty")]
    sentences = [english.text(f"report.headline.{verdict}", groups="two") for verdict in ("clear", "weak")]
    none = [english.text("report.headline.none_too_few"), "There are no separate groups here"]
    tutorial = (DOCS / "tutorial.md").read_text(encoding="utf-8").lower()
    council = (DOCS / "how-to" / "report-to-a-council.md").read_text(encoding="utf-8")

    assert all(title.lower().rstrip("?") in tutorial for title in titles)
    assert all(sentence in council for sentence in (*sentences, *none))
    assert english.text("report.headline.none_one_cloud").startswith(none[1])


def test_the_code_of_every_method_has_a_page() -> None:
    shown = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "methods").glob("*.md"))
    modules = ("votes", "tally", "opinion_map", "grouping", "mixture", "representativeness", "bridging", "common_ground")

    assert all(f"`klal.core.{module}`" in shown or f"`klal.core.{module}." in shown for module in modules)


def test_a_number_in_brackets_after_a_setting_is_its_default() -> None:
    parts = [getattr(AnalysisSettings(), part.name) for part in dataclasses.fields(AnalysisSettings)]
    defaults = {
        one.name: float(value) for part in parts for one in dataclasses.fields(part) if (value := _number(part, one.name)) is not None
    }
    shown = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "methods").glob("*.md"))
    named = {(name, float(number.replace(",", ""))) for name, number in re.findall(r"`(\w+)` \((\d[\d,.]*)[,)]", shown)}

    assert {name for name, _ in named} >= {"min_votes", "max_groups", "min_group", "resamples", "most_parts", "level", "sweeps"}
    assert all(number == defaults[name] for name, number in named if name in defaults)


def _number(part: object, name: str) -> float | None:
    value = getattr(part, name)
    return value if isinstance(value, int | float) else None


@pytest.mark.parametrize("page", sorted((DOCS / "methods").glob("*.md")), ids=lambda page: page.stem)
def test_every_method_page_has_the_same_parts(page) -> None:
    wanted = ["Idea", "Formula", "Source", "Limits and doubts", "Cost"]
    parts = re.findall(r"^## (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert parts == wanted or page.stem == "index"
