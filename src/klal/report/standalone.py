"""The opinion map as a file of its own, for a slide or a newspaper: colours written out, title and key inside."""

from __future__ import annotations

from functools import partial
from xml.etree import ElementTree as ET

from klal.domain.language import Language
from klal.report.charts import draw, group_colour, map_chart
from klal.report.model import GroupResult, Report
from klal.report.svg import SVG, resolve_colours, tidy_svg, to_text

COLOURS = {
    "paper": "#ffffff",
    "ink": "#1c1e26",
    "muted": "#5a5f6c",
    "line": "#dedbd3",
    "group-0": "#0b62a8",
    "group-1": "#c24a08",
    "group-2": "#0a7d5c",
    "group-3": "#9b3f78",
    "group-4": "#7d6200",
}
"""The light colours of ``report.css`` (a test compares them)."""

_FONT = "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Hebrew', Arial, sans-serif"
_HEAD, _ROW, _EDGE = 64, 26, 24
_RTL, _END = "\u2067", "\u2069"


def map_svg(report: Report, language: Language) -> str:
    """Return the opinion map as a stand-alone SVG file.

    Parameters
    ----------
    report : Report
        As built.
    language : Language
        The one it was built with.

    Returns
    -------
    str
        SVG with a title, the first sentence of the headline and a key; without dots if there are too few people to show.
    """
    chart = tidy_svg(draw(partial(map_chart, report)), name="map") if report.map_shown else ET.Element("svg", {"viewBox": "0 0 650 120"})
    _, _, width, height = (float(part) for part in chart.attrib["viewBox"].split())
    rows = [group for group in report.groups if report.several_groups and report.map_shown]
    total = _HEAD + height + _ROW * len(rows) + _EDGE
    box = {"xmlns": SVG, "viewBox": f"0 0 {width:g} {total:g}", "width": f"{width:g}", "height": f"{total:g}"}
    drawing = ET.Element("svg", {**box, "fill": "none", "font-family": _FONT, "role": "img", "direction": "ltr"})
    ET.SubElement(drawing, "title").text = f"{language.text('report.map.title')} – {report.topic}"
    ET.SubElement(drawing, "rect", {"width": "100%", "height": "100%", "fill": "var(--paper)"})
    page = _Page(drawing, width, mirrored=language.direction == "rtl")
    page.write(_cut(report.topic), 30, size=20, weight="600")
    page.write(report.headline[0] if report.map_shown else language.text("report.map.not_shown"), 52, size=14, colour="var(--muted)")
    ET.SubElement(drawing, "g", {"transform": f"translate(0,{_HEAD})"}).extend(chart)
    for place, group in enumerate(rows):
        _key(page, place, group, _HEAD + height + _ROW * (place + 0.6), language)
    return resolve_colours(to_text(drawing), COLOURS)


class _Page:
    """A drawing to write on, from the side where its language starts."""

    def __init__(self, drawing: ET.Element, width: float, *, mirrored: bool) -> None:
        self.drawing, self.width, self.mirrored = drawing, width, mirrored

    def at(self, indent: float) -> float:
        """Return the place across, so far from the side where lines start."""
        return self.width - _EDGE - indent if self.mirrored else _EDGE + indent

    def write(self, text: str, y: float, *, size: int, weight: str = "400", colour: str = "var(--ink)", indent: float = 0) -> None:
        """Write a line."""
        place = {"x": f"{self.at(indent):g}", "y": f"{y:g}", "text-anchor": "end" if self.mirrored else "start"}
        look = {"font-size": str(size), "font-weight": weight, "fill": colour}
        ET.SubElement(self.drawing, "text", {**place, **look}).text = f"{_RTL}{text}{_END}" if self.mirrored else text


def _key(page: _Page, place: int, group: GroupResult, y: float, language: Language) -> None:
    dots = page.drawing.find(f".//g[@class='dots dots-{place}']/use")
    if dots is not None:
        shape = {"href": dots.attrib["href"], "x": f"{page.at(7):g}", "y": f"{y - 5:g}", "fill": group_colour(group.slot)}
        ET.SubElement(page.drawing, "use", shape)
    name = language.text("report.group", letter=group.letter)
    if group.size is None or group.share is None:
        page.write(f"{name} · {language.text('report.groups.size_withheld')}", y, size=14, indent=22)
        return
    people = language.text("report.words.people", count=group.size)
    page.write(f"{name} · {language.percent(group.share)} · {people}", y, size=14, indent=22)


def _cut(text: str, most: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"
