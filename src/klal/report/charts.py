"""The report's charts, described in Altair and drawn once as plain SVG.

Colours are CSS variables (``var(--group-0)``), so that one drawing serves light, dark and print. Names of layers become classes
(``dots-0``), which is what hides and highlights groups on the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from klal.domain.language import Language
from klal.report.model import GroupResult, Report

WIDTH = 640
NARROW = 380
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
VEGALITE = "6.4"

Chart = alt.Chart | alt.LayerChart | alt.FacetChart

_INK, _MUTED, _LINE, _PAPER = "var(--ink)", "var(--muted)", "var(--line)", "var(--paper)"
_FONT = "system-ui, sans-serif"


def group_colour(group: int) -> str:
    """Return the colour of a group as a CSS variable; the sixth group starts again with the first colour."""
    return f"var(--group-{group % 5})"


def group_shape(group: int) -> str:
    """Return the shape of a group's dots."""
    return SHAPES[group % len(SHAPES)]


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart and its data, kept apart because Altair copies all it is given several times over.

    Attributes
    ----------
    chart : Chart
        Names its data.
    data : dict of str to list of dict
        The data by name.
    """

    chart: Chart
    data: dict[str, list[dict[str, float]]]

    def spec(self, *, validate: bool) -> dict[str, Any]:
        """Return the chart as Vega-Lite."""
        return {**self.chart.to_dict(validate=validate), "datasets": self.data}


def draw(plot: Callable[[], Plot]) -> str:
    """Return a chart as Vega's SVG.

    Altair checks every part of a chart against its schema, which takes longer than drawing it; here it is told not to, and a
    test checks the same charts instead.

    Parameters
    ----------
    plot : callable
        Makes the chart.

    Returns
    -------
    str
        SVG.
    """
    with debug_mode(arg=False):
        return str(vl_convert.vegalite_to_svg(plot().spec(validate=False), vl_version=VEGALITE))


def map_chart(report: Report) -> Plot:
    """Return the opinion map, one unit as long across as along.

    Parameters
    ----------
    report : Report
        With ``map_shown``.

    Returns
    -------
    Plot
        With layers ``outline-i``, ``dots-i``, ``badge-i`` and ``letter-i`` for group i.
    """
    across, along, height = _frame(report.groups)
    x = alt.X("x:Q", scale=alt.Scale(domain=across, nice=False, zero=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=along, nice=False, zero=False), axis=None)
    rule = alt.Chart(alt.NamedData("zero")).mark_rule(color=_LINE, aria=False)
    layers: list[alt.Chart] = [rule.encode(x=x), rule.encode(y=y)]
    data = {"zero": _points([(0.0, 0.0)])}
    shown = [(place, group) for place, group in enumerate(report.groups) if group.dots]
    for place, group in shown:
        data[f"dots-{place}"] = _points(group.dots)
    if not report.several_groups:
        return Plot(_styled(alt.layer(*layers, _cloud(x, y)).properties(width=WIDTH, height=height)), data)
    for place, group in shown:
        data |= {f"outline-{place}": _points((*group.outline, *group.outline[:1])), f"centre-{place}": _points([group.centre])}
    layers += [_outline(place, group.slot, x, y) for place, group in shown if group.outline]
    layers += [_dots(place, group.slot, len(group.dots), x, y) for place, group in shown]
    layers += [layer for place, group in shown for layer in _badge(place, group, x, y)]
    return Plot(_styled(alt.layer(*layers).properties(width=WIDTH, height=height)), data)


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


def _outline(place: int, slot: int, x: alt.X, y: alt.Y) -> alt.Chart:
    colour = group_colour(slot)
    mark = alt.Chart(alt.NamedData(f"outline-{place}"), name=f"outline-{place}").mark_line(
        filled=True,
        fill=colour,
        fillOpacity=0.1,
        stroke=colour,
        strokeWidth=1.5,
        strokeOpacity=0.7,
        interpolate="linear-closed",
        aria=False,
    )
    placed: alt.Chart = mark.encode(x=x, y=y, order="i:Q")
    return placed


def _dots(place: int, slot: int, count: int, x: alt.X, y: alt.Y) -> alt.Chart:
    placed: alt.Chart = _marks(f"dots-{place}", group_colour(slot), group_shape(slot), 60 if count < 400 else 32).encode(x=x, y=y)
    return placed


def _cloud(x: alt.X, y: alt.Y) -> alt.Chart:
    placed: alt.Chart = _marks("dots-0", _INK, "circle", 40).encode(x=x, y=y)
    return placed


def _marks(name: str, colour: str, shape: str, size: int) -> alt.Chart:
    marks: alt.Chart = alt.Chart(alt.NamedData(name), name=name).mark_point(
        filled=True, fill=colour, fillOpacity=0.72, stroke=_PAPER, strokeWidth=0.5, shape=shape, size=size, aria=False
    )
    return marks


def _badge(place: int, group: GroupResult, x: alt.X, y: alt.Y) -> tuple[alt.Chart, alt.Chart]:
    centre = alt.NamedData(f"centre-{place}")
    disc = alt.Chart(centre, name=f"badge-{place}").mark_point(
        filled=True, fill=_PAPER, stroke=group_colour(group.slot), strokeWidth=2.5, shape="circle", size=1300, opacity=1, aria=False
    )
    text = alt.Chart(centre, name=f"letter-{place}").mark_text(text=group.letter, fontSize=22, fontWeight=700, color=_INK, dy=1, aria=False)
    return disc.encode(x=x, y=y), text.encode(x=x, y=y)


def turnout_chart(report: Report, language: Language) -> Plot:
    """Return a bar chart of votes per participant; it grows towards the end of the line of writing."""
    values: list[dict[str, float]] = [
        {"from": one.least - 1, "to": one.most, "n": one.participants} for one in report.turnout if one.participants
    ]
    mirrored = language.direction == "rtl"
    x = alt.X(
        "from:Q",
        bin="binned",
        scale=alt.Scale(reverse=mirrored, nice=False, domain=[0, report.turnout[-1].most]),
        axis=_axis(language.text("report.people.turnout_x"), grid=False, values=_ticks(report.turnout[-1].most, 6), format=",d"),
    )
    y = alt.Y(
        "n:Q",
        axis=_upright(
            language.text("report.people.turnout_y"),
            mirrored=mirrored,
            format=",d",
            values=_ticks(max(one.participants for one in report.turnout), 5),
        ),
    )
    bars = alt.Chart(alt.NamedData("bars"), name="bars").mark_bar(color=_INK, stroke=_PAPER, strokeWidth=1.5, aria=False)
    return Plot(_styled(bars.encode(x=x, x2="to:Q", y=y).properties(width=NARROW, height=170)), {"bars": values})


def _ticks(most: int, count: int) -> list[int]:
    """Return round whole numbers from 0 up to ``most``, about so many."""
    step = next(step * 10**power for power in range(12) for step in (1, 2, 5) if most <= count * step * 10**power)
    return list(range(0, most + 1, step))


def overview_chart(report: Report, language: Language) -> Plot:
    """Return all statements by agreement and divisiveness, common ground filled."""
    mirrored = language.direction == "rtl"
    points = overview_points(report)
    top = max([0.05, *(y for kind in points for _, y in kind)])
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, 1], reverse=mirrored),
        axis=_axis(language.text("report.divides.overview_x"), values=[0, 0.25, 0.5, 0.75, 1], format="%"),
    )
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, top * 1.05], nice=True),
        axis=_upright(language.text("report.divides.overview_y"), mirrored=mirrored, tickCount=4),
    )
    layers = [
        alt.Chart(alt.NamedData(name), name=name)
        .mark_point(filled=True, fill=fill, fillOpacity=0.85, stroke=_INK, strokeWidth=1.3, size=44, opacity=1, aria=False)
        .encode(x=x, y=y)
        for name, fill, kind in zip(("open", "common"), (_PAPER, _INK), points, strict=True)
        if kind
    ]
    return Plot(
        _styled(alt.layer(*layers).properties(width=NARROW, height=260)), {"open": _points(points[0]), "common": _points(points[1])}
    )


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


def _axis(title: str, **options: Any) -> alt.Axis:
    return alt.Axis(title=title, domain=False, labelPadding=8, titlePadding=8, **options)


def _upright(title: str, *, mirrored: bool, **options: Any) -> alt.Axis:
    """Return a vertical axis whose title lies flat above it, at the start of the line."""
    return _axis(
        title,
        orient="right" if mirrored else "left",
        titleAngle=0,
        titleAnchor="end",
        titleAlign="right" if mirrored else "left",
        titleY=-14,
        titleX=26 if mirrored else -26,
        **options,
    )


def _points(points: Iterable[tuple[float, float]]) -> list[dict[str, float]]:
    return [{"x": x, "y": y, "i": place} for place, (x, y) in enumerate(points)]


def _styled(chart: Chart) -> Chart:
    styled: Chart = (
        chart.configure(background="transparent", font=_FONT, padding=4)
        .configure_view(stroke=None)
        .configure_axis(
            gridColor=_LINE, labelColor=_MUTED, titleColor=_MUTED, labelFontSize=13, titleFontSize=13, titleFontWeight="normal", ticks=False
        )
    )
    return styled
