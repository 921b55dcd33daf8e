"""No participant, and no figure that rests on a few votes, can be had from a report."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest

from klal.domain import language
from klal.domain.privacy import cells_to_withhold
from klal.domain.records import Moderation
from klal.report import build_report, map_svg, render_html
from klal.report.picture import dot_shares, draw_groups, name_axis_ends
from klal.report.screening import withheld_cells
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


def uneven(lowest_of_first: float):
    """Three groups; the second has 3 votes on statement 0, and agrees least of all by its estimate."""
    table = np.random.default_rng(5).choice([1.0, -1.0], size=(90, 4))
    table[33:60, 0] = np.nan
    labels = np.repeat([0, 1, 2], 30)
    analysis, talk = assemble(table, labels=labels, positions=np.random.default_rng(6).normal(size=(90, 2)))
    ground = analysis.common_ground
    agreement, lower = ground.agreement.copy(), ground.lower.copy()
    agreement[:, 0], lower[:, 0] = (0.8, 0.3123, 0.9), (lowest_of_first, 0.3, 0.7)
    found = {"score": agreement.min(axis=0), "bound": lower.min(axis=0), "weakest_group": lower.argmin(axis=0)}
    return dataclasses.replace(analysis, common_ground=dataclasses.replace(ground, agreement=agreement, lower=lower, **found)), talk


@pytest.mark.parametrize("open_group_reaches_lowest", [True, False])
def test_the_estimate_of_a_withheld_group_is_not_told_as_the_score(open_group_reaches_lowest):
    statement = build_report(*uneven(0.2 if open_group_reaches_lowest else 0.6), language=EN).statements[0]
    assert not statement.cells[1].shown
    assert statement.cells[2].shown
    assert (statement.score, statement.bound, statement.weakest, statement.rank, statement.consensus) == (None,) * 5
    assert "0.3123" not in json.dumps(dataclasses.asdict(statement))


def test_no_rank_and_no_order_depends_on_a_withheld_group():
    """Whatever the withheld group thinks, the report is the same, apart from what the groups say together."""
    reports = []
    for lower in (0.01, 0.99):
        analysis, talk = uneven(0.6)
        ground = analysis.common_ground
        cells = [part.copy() for part in (ground.agreement, ground.lower, ground.upper)]
        for part in cells:
            part[1, 0] = lower
        bound = cells[1].min(axis=0)
        rank = np.argsort(np.argsort(-bound, kind="stable"), kind="stable") + 1
        score, weakest = cells[0].min(axis=0), cells[1].argmin(axis=0)
        changed = dataclasses.replace(
            ground, agreement=cells[0], lower=cells[1], upper=cells[2], score=score, bound=bound, weakest_group=weakest, rank=rank
        )
        reports.append(build_report(dataclasses.replace(analysis, common_ground=changed), talk, language=EN))
    assert reports[0] == reports[1]


def test_ranks_count_the_statements_of_which_nothing_is_withheld():
    report = build_report(*uneven(0.2), language=EN)
    assert report.statements[0].rank is None
    assert sorted(one.rank for one in report.statements[1:]) == [1, 2, 3]
    row = re.search(r'<tr id="row-0">.*?</tr>', render_html(report, EN)).group()
    assert "–</td>" in row


def test_many_statements_are_screened_by_the_same_rule_as_one():
    rng = np.random.default_rng(0)
    votes = rng.choice([0, 1, 4, 5, 6, 40], size=(4, 3000))
    total = votes.sum(axis=0) + rng.choice([0, 2, 9], size=3000)
    expected = [cells_to_withhold(column.tolist(), total=int(all_of)) for column, all_of in zip(votes.T, total, strict=True)]
    found = withheld_cells(votes, total, min_cell=5)
    assert [frozenset(np.flatnonzero(column).tolist()) for column in found.T] == expected


def test_the_words_of_a_rejected_statement_appear_nowhere():
    analysis, talk = sample(groups=2)
    secret = "These words were rejected."
    for is_meta in (True, False):
        rejected = dataclasses.replace(talk.statements[0], text=secret, is_meta=is_meta, moderation=Moderation.REJECTED)
        report = build_report(analysis, dataclasses.replace(talk, statements=(rejected, *talk.statements[1:])), language=EN)
        assert secret not in json.dumps(report.as_dict()) + render_html(report, EN) + map_svg(report, EN)
        assert (report.counts.rejected, report.counts.meta, report.meta) == (1, 0, ())


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


def test_the_votes_of_somebody_on_no_place_of_the_map_cannot_be_had_by_subtraction():
    table = np.concatenate([np.ones((40, 3)), [[-1.0, 1.0, np.nan]]])
    labels = np.array([0] * 40 + [-1])
    analysis, talk = assemble(table, labels=labels, positions=np.zeros((41, 2)))
    for one in build_report(analysis, talk, language=language.get("en")).statements:
        assert one.votes == 40
        assert (one.agree, one.disagree) == (1.0, 0.0)  # the forty-first disagreed with the first
