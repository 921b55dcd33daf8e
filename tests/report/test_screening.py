"""No participant, and no figure that rests on a few votes, can be had from a report."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from klal.domain import language
from klal.report import build_report, map_svg, render_html
from klal.report.picture import dot_shares, draw_groups, name_axis_ends
from tests.report.sample import assemble, sample

EN = language.get("en")


def thin(votes_of_b: int):
    """Two groups of thirty; only so many of the second voted on the first statement, and all of them disagreed."""
    rng = np.random.default_rng(3)
    table = rng.choice([1.0, -1.0, 0.0], size=(60, 6))
    labels = np.repeat([0, 1], 30)
    table[:30, 0] = 1.0
    table[30:, 0] = np.nan
    table[30 : 30 + votes_of_b, 0] = -1.0
    return assemble(table, labels=labels, positions=np.where(labels[:, None] == 0, -1.0, 1.0) + rng.normal(0, 0.2, (60, 2)))


def test_a_cell_of_few_votes_is_withheld_and_so_is_the_one_it_could_be_subtracted_from():
    statement = build_report(*thin(3), language=EN).statements[0]
    assert [cell.shown for cell in statement.cells] == [False, False]
    assert (statement.score, statement.bound, statement.weakest) == (None, None, None)


def test_a_cell_of_enough_votes_is_shown():
    statement = build_report(*thin(5), language=EN).statements[0]
    assert [cell.votes for cell in statement.cells] == [30, 5]


def test_the_minimum_is_the_callers():
    assert not any(cell.shown for cell in build_report(*thin(9), language=EN, min_cell=10).statements[0].cells)


def test_a_statement_with_a_withheld_group_is_never_common_ground():
    table = np.ones((60, 4))
    table[30:58, 0] = np.nan
    labels = np.repeat([0, 1], 30)
    report = build_report(*assemble(table, labels=labels, positions=labels[:, None] * np.ones(2) + 0.1), language=EN)
    assert not report.statements[0].is_common_ground
    assert report.statements[1].is_common_ground


def test_a_trait_that_rests_on_a_withheld_cell_is_left_out():
    report = build_report(*thin(3), language=EN)
    assert all(trait.statement != 0 for group in report.groups for trait in group.traits)


def test_the_page_says_too_few_and_not_the_figure():
    report = build_report(*thin(3), language=EN)
    page = render_html(report, EN)
    row = re.search(r'<tr id="row-0">.*?</tr>', page).group()
    assert row.count("too few to show") == 2
    assert report.counts.withheld_cells == 2
    assert "2 figures are withheld" in page


def test_counts_and_page_name_no_participant():
    analysis, talk = sample(groups=2)
    report = build_report(analysis, talk, language=EN)
    everything = json.dumps(report.as_dict()) + render_html(report, EN) + map_svg(report, EN)
    assert not any(str(one) in everything for one in analysis.votes.participants.tolist())


def test_the_order_of_the_dots_says_nothing_about_the_participants():
    analysis, _ = sample(groups=2)
    for picture in draw_groups(analysis, min_cell=5):
        assert list(picture.dots) == sorted(picture.dots)


def test_dots_carry_a_place_and_nothing_else():
    report = build_report(*sample(groups=2), language=EN)
    assert all(len(dot) == 2 for group in report.groups for dot in group.dots)


def test_a_group_of_few_people_is_not_drawn_and_its_size_not_told():
    labels = np.array([0] * 20 + [1] * 3)
    rng = np.random.default_rng(0)
    report = build_report(*assemble(rng.choice([1.0, -1.0], (23, 4)), labels=labels, positions=rng.normal(size=(23, 2))), language=EN)
    assert (report.groups[1].size, report.groups[1].dots, report.groups[1].outline) == (None, (), ())
    assert "too few people to show" in render_html(report, EN)
    assert "too few people to show" in map_svg(report, EN)


def test_one_person_may_be_drawn_if_the_minimum_allows_it():
    analysis, _ = assemble(np.ones((1, 2)), labels=np.zeros(1, dtype=int), positions=np.ones((1, 2)))
    assert draw_groups(analysis, min_cell=1)[0].outline == ()


def test_a_large_conversation_shows_a_sample_of_every_group():
    report = build_report(*sample(groups=2, people=3000), language=EN)
    drawn = [len(group.dots) for group in report.groups]
    assert report.dots_sampled
    assert sum(drawn) <= 2000
    assert drawn[0] / sum(drawn) == pytest.approx(report.groups[0].share, abs=0.01)
    assert f"{sum(drawn):,} of 3,000 people are drawn, every group in proportion to its size." in render_html(report, EN)


def test_shares_of_dots():
    assert dot_shares([3, 2], 10) == (3, 2)
    assert dot_shares([900, 100, 0], 100) == (90, 10, 0)
    assert dot_shares([9999, 1], 100) == (99, 1)


def test_axis_ends_name_the_statements_that_weigh_most():
    analysis, _ = sample(groups=2)
    weights = analysis.opinion_map.axes[:, 0]
    right, left = name_axis_ends(analysis)[:2]
    assert right.statements[0] == int(np.argmax(weights))
    assert left.statements[0] == int(np.argmin(weights)) if left.agree else right.statements[0]


def test_an_axis_that_carries_nothing_has_no_ends():
    analysis, _ = assemble(np.full((6, 3), np.nan), labels=np.full(6, -1), positions=np.zeros((6, 2)))
    assert name_axis_ends(analysis) == ()
