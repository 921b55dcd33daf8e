from __future__ import annotations

from functools import partial
from xml.etree import ElementTree as ET

import pytest

from klal.domain import language
from klal.report import build_report
from klal.report.charts import draw, map_chart, overview_chart, overview_places, turnout_chart
from klal.report.svg import tidy_svg, to_text
from tests.report.sample import sample

EN, HE = language.get("en"), language.get("he")


@pytest.mark.parametrize("groups", [1, 2, 5])
def test_charts_keep_to_the_schema_that_is_not_checked_when_they_are_drawn(groups):
    report = build_report(*sample(groups=groups), language=EN)
    for chart in (map_chart(report), turnout_chart(report, HE), overview_chart(report, EN)):
        assert chart.spec(validate=True)


def test_the_map_has_one_layer_for_each_group_and_a_dot_for_each_person():
    report = build_report(*sample(groups=3), language=EN)
    drawing = tidy_svg(draw(partial(map_chart, report)), name="map")
    for place, group in enumerate(report.groups):
        layer = drawing.find(f".//g[@class='dots dots-{place}']")
        assert len(layer) == group.size
        assert layer.attrib["fill"] == f"var(--group-{place})"
        assert drawing.find(f".//g[@class='letter letter-{place}']/text").text == group.letter


def test_one_unit_is_as_long_across_as_along():
    spec = map_chart(build_report(*sample(groups=2), language=EN)).spec(validate=False)
    (left, right), (low, high) = (spec["layer"][-1]["encoding"][axis]["scale"]["domain"] for axis in "xy")
    assert (right - left) / spec["width"] == pytest.approx((high - low) / spec["height"])


def test_the_overview_marks_each_statement_once():
    report = build_report(*sample(groups=2, statements=30), language=EN)
    drawing = tidy_svg(draw(partial(overview_chart, report, EN)), name="overview")
    assert len(drawing.findall(".//use")) == sum(len(places) for places in overview_places(report)) == 30


def test_bars_grow_from_the_side_where_the_language_starts():
    report = build_report(*sample(groups=1), language=EN)
    first = [tidy_svg(draw(partial(turnout_chart, report, tongue)), name="turnout").find(".//g[@class='bars']")[0] for tongue in (EN, HE)]
    english, hebrew = (float(bar.attrib["d"].lstrip("M").split(",")[0]) for bar in first)
    assert english < hebrew


def test_a_drawing_carries_no_role_and_no_long_figure():
    text = to_text(tidy_svg(draw(partial(map_chart, build_report(*sample(groups=2), language=EN))), name="map"))
    assert "aria-" not in text
    assert "role=" not in text
    assert max(len(part.split(".")[-1]) for use in ET.fromstring(text).iter() for part in (use.get("x", "0"), use.get("y", "0"))) <= 4
