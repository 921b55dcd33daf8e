from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from klal.domain import language
from klal.report import build_report
from klal.report.charts import _step, _ticks, map_chart, overview_chart, overview_places, turnout_chart
from klal.report.svg import to_text
from tests.report.sample import sample

EN, HE = language.get("en"), language.get("he")


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
@pytest.mark.parametrize("groups", [1, 2, 5])
def test_all_that_is_drawn_lies_within_the_drawing(groups, tongue):
    report = build_report(*sample(groups=groups, statements=30), language=tongue)
    for chart in (map_chart(report), turnout_chart(report, tongue), overview_chart(report, tongue)):
        _, _, width, height = (float(part) for part in chart.attrib["viewBox"].split())
        left, above = (float(part) for part in re.findall(r"-?[\d.]+", chart.find("g").attrib["transform"]))
        marks = [(float(use.attrib["x"]), float(use.attrib["y"])) for use in chart.findall(".//use") + chart.findall(".//text")]
        assert all(0 <= x + left <= width and 0 <= y + above <= height for x, y in marks)


@pytest.mark.parametrize(("most", "count", "step"), [(0.05, 4, 0.02), (0.63, 4, 0.2), (1, 5, 0.2), (79, 5, 20), (14, 6, 5)])
def test_ticks_stand_at_round_numbers(most, count, step):
    assert _step(most, count) == pytest.approx(step)


def test_few_participants_are_counted_in_whole_numbers():
    assert _ticks(2, 5) == [0, 1, 2]


def test_the_map_has_one_layer_for_each_group_and_a_dot_for_each_person():
    report = build_report(*sample(groups=3), language=EN)
    drawing = map_chart(report)
    for place, group in enumerate(report.groups):
        layer = drawing.find(f".//g[@class='dots dots-{place}']")
        assert len(layer) == group.size
        assert layer.attrib["fill"] == f"var(--group-{place})"
        assert drawing.find(f".//g[@class='letter letter-{place}']/text").text == group.letter


def test_one_unit_is_as_long_across_as_along():
    report = build_report(*sample(groups=2), language=EN)
    dots = report.groups[0].dots
    uses = [(float(use.attrib["x"]), float(use.attrib["y"])) for use in map_chart(report).findall(".//g[@class='dots dots-0']/use")]
    left, right = (min(range(len(dots)), key=dots.__getitem__), max(range(len(dots)), key=dots.__getitem__))
    low, high = (pick(range(len(dots)), key=lambda dot: dots[dot][1]) for pick in (min, max))
    across = (uses[right][0] - uses[left][0]) / (dots[right][0] - dots[left][0])
    along = (uses[low][1] - uses[high][1]) / (dots[high][1] - dots[low][1])
    assert across == pytest.approx(along, rel=1e-2)


def test_the_overview_marks_each_statement_once():
    report = build_report(*sample(groups=2, statements=30), language=EN)
    drawing = overview_chart(report, EN)
    assert len(drawing.findall(".//use")) == sum(len(places) for places in overview_places(report)) == 30


def test_bars_grow_from_the_side_where_the_language_starts():
    report = build_report(*sample(groups=1), language=EN)
    first = [turnout_chart(report, tongue).find(".//g[@class='bars']")[0] for tongue in (EN, HE)]
    english, hebrew = (float(bar.attrib["d"].lstrip("M").split(",")[0]) for bar in first)
    assert english < hebrew


def test_a_drawing_carries_no_role_and_no_long_figure():
    text = to_text(map_chart(build_report(*sample(groups=2), language=EN)))
    assert "aria-" not in text
    assert "role=" not in text
    assert max(len(part.split(".")[-1]) for use in ET.fromstring(text).iter() for part in (use.get("x", "0"), use.get("y", "0"))) <= 4
