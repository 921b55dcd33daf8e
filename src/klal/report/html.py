"""The report as one HTML file that needs nothing else: no network, no JavaScript."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from klal.domain.language import END_ISOLATE, ISOLATE, Language
from klal.report.charts import draw, map_chart, overview_chart, overview_places, turnout_chart
from klal.report.model import Cell, Report
from klal.report.svg import tidy_svg, to_text

TOP = 10
"""Statements shown at once in a ranked list; the rest unfold."""

TESTED_AT_ONCE = 5
"""Statements shown at once in each rank; they take more room."""


def render_html(report: Report, language: Language) -> str:
    """Return the report as one self-contained HTML file.

    Parameters
    ----------
    report : Report
        As built.
    language : Language
        The one it was built with.

    Returns
    -------
    str
        HTML that loads nothing, works without JavaScript and is the same for the same report.
    """
    template = _environment().get_template("report.html.j2")
    script = _asset("report.js")
    return template.render(
        report=report,
        language=language,
        words=Words(language),
        css=Markup(_asset("report.css")),  # noqa: S704 -- our own file
        script=Markup(script),  # noqa: S704 -- our own file
        script_hash=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        charts=_charts(report, language),
        order=",".join(str(place) for places in overview_places(report) for place in places),
        texts=_texts_outside_the_table(report),
        contents=_contents(report),
        top=TOP,
        tested=TESTED_AT_ONCE,
        shown_dots=sum(len(group.dots) for group in report.groups),
        forms=_forms(language),
        **{name: partial(helper, report) for name, helper in _HELPERS.items()},
    )


@dataclass(frozen=True, slots=True)
class Words:
    """The language as the templates use it: sentences as safe HTML, foreign text in ``bdi``."""

    language: Language

    def __call__(self, key: str, /, **values: Any) -> Markup:
        """Return a sentence of the report's section."""
        return fenced(self.language.text(f"report.{key}", **values))

    def plain(self, key: str, /, **values: Any) -> str:
        """Return a sentence as plain text, to put into another sentence or an attribute."""
        return self.language.text(f"report.{key}", **values)

    def count(self, key: str, count: int) -> str:
        """Return a counted noun, such as "7 votes", to put into a sentence."""
        return self.language.text(f"report.words.{key}", count=count)


def fenced(text: str) -> Markup:
    """Return plain text as HTML, its isolates turned into ``bdi`` elements."""
    return Markup(escape(text).replace(ISOLATE, Markup("<bdi>")).replace(END_ISOLATE, Markup("</bdi>")))  # noqa: S704 -- escaped above


def interval(language: Language, cell: Cell) -> str:
    """Return the interval of a cell, such as "78–88%"."""
    low, high = language.number(100 * (cell.lower or 0.0)), language.percent(cell.upper or 0.0)
    return f"{low}–{high}"


def _charts(report: Report, language: Language) -> dict[str, Markup]:
    drawings = {
        "map": draw(partial(map_chart, report)) if report.map_shown else "",
        "turnout": draw(partial(turnout_chart, report, language)) if len(report.turnout) > 1 else "",
        "overview": draw(partial(overview_chart, report, language)) if any(overview_places(report)) else "",
    }
    return {
        name: Markup(to_text(tidy_svg(drawing, name=name)) if drawing else "")  # noqa: S704 -- our own drawing
        for name, drawing in drawings.items()
    }


def _forms(language: Language) -> str:
    """Return the forms of "so many found" for the script, as JSON."""
    template = language.texts["report.all.found"]
    return json.dumps(template if isinstance(template, str) else dict(template), ensure_ascii=False, sort_keys=True)


def _texts_outside_the_table(report: Report) -> str:
    """Return the statements of the overview that have no row to read them from, by place, for the script, as JSON."""
    outside = sorted(set(report.overview) - set(report.table))
    return json.dumps({str(place): report.statements[place].text for place in outside}, ensure_ascii=False)


def _contents(report: Report) -> list[str]:
    """Return the names of the report's sections, in order, those that have nothing to say left out."""
    optional = {"gifts": report.gifts, "ranks": report.ranks, "perception": report.perception, "caution": report.caution}
    order = ("people", "map", "groups", "common", "gifts", "ranks", "divides", "perception", "all", "caution", "certainty", "method")
    return [name for name in order if optional.get(name, True)]


def _strokes(_: Report, path: Sequence[float | None]) -> list[str]:
    """Return the unbroken stretches of a path over time as points of a drawing 120 wide and 36 high."""
    step, strokes, line = 120 / max(len(path) - 1, 1), list[str](), list[str]()
    for place, share in enumerate((*path, None)):
        if share is not None:
            line.append(f"{place * step:.0f},{36 * (1 - share):.1f}")
        elif line:
            strokes.append(" ".join(line if len(line) > 1 else line * 2))
            line = []
    return strokes


def _spread(report: Report, place: int) -> tuple[float, float]:
    """Return the least and the greatest agreement of any group on a statement."""
    shares = [cell.agreement for cell in report.statements[place].cells if cell.agreement is not None]
    return min(shares), max(shares)


_HELPERS: dict[str, Callable[..., Any]] = {"spread": _spread, "strokes": _strokes}


@cache
def _asset(name: str) -> str:
    return (resources.files("klal.report") / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("klal.report", "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    environment.filters.update(fenced=fenced, interval=interval)
    return environment
