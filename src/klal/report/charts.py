"""The report's charts as plain SVG.

Colours are CSS variables (``var(--group-0)``), so that one drawing serves light, dark and print. Names of layers become classes
(``dots-0``), which is what hides and highlights groups on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from xml.etree import ElementTree as ET

from klal.domain.language import Language
from klal.report.model import GroupResult, Report
from klal.report.svg import Drawing, Point, polygon

WIDTH = 640
NARROW = 380
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")

_INK, _MUTED, _LINE, _PAPER = "var(--ink)", "var(--muted)", "var(--line)", "var(--paper)"


def group_colour(group: int) -> str:
    """Return the colour of a group as a CSS variable; the sixth group starts again with the first colour."""
    return f"var(--group-{group % 5})"


def group_shape(group: int) -> str:
    """Return the shape of a group's dots."""
    return SHAPES[group % len(SHAPES)]


def map_chart(report: Report) -> ET.Element:
    """Return the opinion map, one unit as long across as along.

    Parameters
    ----------
    report : Report
        With ``map_shown``.

    Returns
    -------
    Element
        An ``svg`` with layers ``outline-i``, ``dots-i``, ``badge-i`` and ``letter-i`` for group i.
    """
    (left, right), (low, high), height = _frame(report.groups)
    drawing = Drawing("map", WIDTH, height, (5, 5, 5, 5))

    def place(points: Sequence[Point]) -> list[Point]:
        return [((x - left) / (right - left) * WIDTH, (high - y) / (high - low) * height) for x, y in points]

    (middle,) = place([(0.0, 0.0)])
    drawing.line((middle[0], 0), (middle[0], height), _LINE)
    drawing.line((0, middle[1]), (WIDTH, middle[1]), _LINE)
    shown = [(number, group) for number, group in enumerate(report.groups) if group.dots]
    if not report.several_groups:
        _dots(drawing, 0, place(shown[0][1].dots), colour=_INK, size=40)
        return drawing.svg
    for number, group in shown:
        if group.outline:
            paint = {"fill": group_colour(number), "fill_opacity": "0.1", "stroke": group_colour(number), "stroke_opacity": "0.7"}
            layer = drawing.layer(f"outline-{number}", **paint, stroke_width="1.5")
            ET.SubElement(layer, "path", {"d": polygon(place(group.outline))})
    for number, group in shown:
        _dots(drawing, number, place(group.dots), colour=group_colour(number), size=60 if len(group.dots) < 400 else 32)
    for number, group in shown:
        (centre,) = place([group.centre])
        badge = drawing.layer(f"badge-{number}", fill=_PAPER, stroke=group_colour(number), stroke_width="2.5")
        drawing.marks(badge, [centre], "circle", 1300)
        layer = drawing.layer(f"letter-{number}")
        drawing.text(group.letter, (centre[0], centre[1] + 8), anchor="middle", colour=_INK, size=22, into=layer, font_weight="700")
    return drawing.svg


def _frame(groups: Sequence[GroupResult]) -> tuple[list[float], list[float], int]:
    """Return both domains and the height, so that all fits and both axes have one scale."""
    points = [point for group in groups for point in (*group.dots, *group.outline)]
    (left, right), (low, high) = ((min(line), max(line)) for line in zip(*points, strict=True))
    spans = [(right - left) * 1.08 + 0.2, (high - low) * 1.08 + 0.2]
    height = round(min(max(WIDTH * spans[1] / spans[0], 320), 560))
    unit = max(spans[0] / WIDTH, spans[1] / height)
    middles, half = ((left + right) / 2, (low + high) / 2), (unit * WIDTH / 2, unit * height / 2)
    across, along = ([middle - reach, middle + reach] for middle, reach in zip(middles, half, strict=True))
    return across, along, height


def _dots(drawing: Drawing, group: int, points: Sequence[Point], *, colour: str, size: float) -> None:
    layer = drawing.layer(f"dots-{group}", fill=colour, fill_opacity="0.72", stroke=_PAPER, stroke_width="0.5")
    drawing.marks(layer, points, group_shape(group), size)


def turnout_chart(report: Report, language: Language) -> ET.Element:
    """Return a bar chart of votes per participant; it grows towards the end of the line of writing."""
    most, tallest = report.turnout[-1].most, max(one.participants for one in report.turnout)
    step = _step(tallest, 10)
    counts = _ticks(tallest, 5)
    labels = [language.number(count) for count in counts]
    axes = _Axes("turnout", language, height=170, across=most, along=ceil(tallest / step) * step, room=_room(labels))
    axes.upright(counts, labels, language.text("report.people.turnout_y"))
    axes.level(_ticks(most, 6), [language.number(tick) for tick in _ticks(most, 6)], language.text("report.people.turnout_x"))
    bars = axes.drawing.layer("bars", fill=_INK, stroke=_PAPER, stroke_width="1.5")
    for one in report.turnout:
        if one.participants:
            (x, top), (end, _) = axes.at(one.least - 1, one.participants), axes.at(one.most, 0)
            start, stop = min(x, end) + 1, max(x, end)
            ET.SubElement(bars, "path", {"d": polygon([(start, top), (stop, top), (stop, axes.height), (start, axes.height)])})
    return axes.drawing.svg


def overview_chart(report: Report, language: Language) -> ET.Element:
    """Return statements by agreement and divisiveness, common ground filled."""
    points = overview_points(report)
    top = 1.05 * max([0.05, *(y for kind in points for _, y in kind)])
    step = _step(top, 4)
    heights, shares = [step * count for count in range(int(top / step) + 1)], [0, 0.25, 0.5, 0.75, 1]
    labels = [language.number(tick, 1 if step >= 0.1 else 2) for tick in heights]
    axes = _Axes("overview", language, height=260, across=1, along=top, room=_room(labels))
    axes.upright(heights, labels, language.text("report.divides.overview_y"))
    axes.level(shares, [language.percent(share) for share in shares], language.text("report.divides.overview_x"), grid=True)
    for name, fill, kind in zip(("open", "common"), (_PAPER, _INK), points, strict=True):
        if kind:
            layer = axes.drawing.layer(name, fill=fill, fill_opacity="0.85", stroke=_INK, stroke_width="1.3")
            axes.drawing.marks(layer, [axes.at(x, y) for x, y in kind], "circle", 44)
    return axes.drawing.svg


def overview_places(report: Report) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return which statements the overview draws, in drawing order: those that are not common ground, then those that are."""
    kinds = [report.statements[place].is_common_ground for place in report.overview]
    open_places, common = (tuple(place for place, own in zip(report.overview, kinds, strict=True) if own is kind) for kind in (False, True))
    return open_places, common


def overview_points(report: Report) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return (agreement, divisiveness) of the statements of `overview_places`."""
    statements = report.statements
    other, common = (
        [(round(statements[place].agreement or 0.0, 4), statements[place].divisiveness or 0.0) for place in places]
        for places in overview_places(report)
    )
    return other, common


class _Axes:
    """A plot with two axes that both start at 0, where lines of writing start; titles lie flat."""

    def __init__(self, name: str, language: Language, *, height: float, across: float, along: float, room: float) -> None:
        self.mirrored, self.height = language.direction == "rtl", height
        self.across, self.along = across, along
        right, left = (room, 5) if self.mirrored else (5, room)
        self.drawing = Drawing(name, NARROW, height, (31, right, 46, left))

    def at(self, x: float, y: float) -> Point:
        """Return where on the drawing two values are."""
        share = x / self.across
        return NARROW * (1 - share if self.mirrored else share), self.height * (1 - y / self.along)

    def upright(self, ticks: Sequence[float], labels: Sequence[str], title: str) -> None:
        """Draw the vertical axis, its title above it."""
        start, end = ("start", "end") if not self.mirrored else ("end", "start")
        edge, _ = self.at(0, 0)
        out = 1 if self.mirrored else -1
        for tick, label in zip(ticks, labels, strict=True):
            _, y = self.at(0, tick)
            self.drawing.line((0, _crisp(y)), (NARROW, _crisp(y)), _LINE)
            self.drawing.text(label, (edge + 8 * out, y + 4), anchor=end, colour=_MUTED)
        self.drawing.text(title, (edge + 26 * out, -17), anchor=start, colour=_MUTED)

    def level(self, ticks: Sequence[float], labels: Sequence[str], title: str, *, grid: bool = False) -> None:
        """Draw the horizontal axis; labels at its ends do not reach beyond it."""
        for tick, label in zip(ticks, labels, strict=True):
            x, _ = self.at(tick, 0)
            if grid:
                self.drawing.line((_crisp(x), 0), (_crisp(x), self.height), _LINE)
            anchor = "start" if x < 1 else "end" if x > NARROW - 1 else "middle"
            self.drawing.text(label, (x, self.height + 18), anchor=anchor, colour=_MUTED)
        self.drawing.text(title, (NARROW / 2, self.height + 39), anchor="middle", colour=_MUTED)


def _room(labels: Sequence[str]) -> float:
    """Return how much room labels beside an axis need, about; the title above them needs some too."""
    return max(31.0, 12 + 7.5 * max(map(len, labels)))


def _crisp(place: float) -> float:
    """Return where a thin line falls on whole pixels."""
    return round(place) + 0.5


def _step(most: float, count: int) -> float:
    """Return the least of 1, 2, 5, 10, … (or a tenth, a hundredth of them) that reaches ``most`` in so many steps."""
    steps = (step * 10.0**power / 100 for power in range(14) for step in (1, 2, 5))
    return next(step for step in steps if most <= count * step)


def _ticks(most: int, count: int) -> list[int]:
    """Return round whole numbers from 0 up to ``most``, about so many."""
    return list(range(0, most + 1, max(1, round(_step(most, count)))))
