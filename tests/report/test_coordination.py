"""What looks coordinated, as the report tells it: sizes and evidence, never an account."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from klal.core.coordination import AlikeSet, Coordination, Evidence, Part, Push
from klal.core.results import Analysis
from klal.core.robust import RobustGround
from klal.domain import language
from klal.report import build_report, render_html
from tests.report.sample import sample

EN, HE = language.get("en"), language.get("he")


def with_coordination(analysis: Analysis, *, sizes: tuple[int, ...] = (), pushed: int | None = None, lost: int | None = None) -> Analysis:
    ground = analysis.common_ground
    bound = ground.bound.copy()
    if lost is not None:
        bound[lost] = 0.3
    sets = tuple(AlikeSet(np.arange(size), 0.99, tuple(Evidence(part, 0.9, 0.1) for part in Part)) for size in sizes)
    pushes = () if pushed is None else (Push(pushed, 23.4, 60, (Evidence(Part.STATEMENT, 0.4),)),)
    robust = RobustGround(ground.margin, bound, ground.rank)
    found = Coordination(np.zeros(analysis.votes.shape[0]), sets, pushes, np.zeros(len(bound)), ground, robust, timed=True)
    return replace(analysis, coordination=found)


def test_it_says_that_nothing_was_seen() -> None:
    analysis, talk = sample()
    report = build_report(with_coordination(analysis), talk, language=EN)
    assert report.caution is not None
    assert report.caution.still == report.caution.common == len(report.common_ground)
    page = render_html(report, EN)
    assert "No accounts were found whose votes look alike" in page
    assert 'href="#caution"' in page


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_accounts_that_look_alike_are_counted_with_what_was_seen(tongue: language.Language) -> None:
    analysis, talk = sample()
    report = build_report(with_coordination(analysis, sizes=(30, 4)), talk, language=tongue)
    assert report.caution is not None
    assert report.caution.accounts == 30
    assert [one.size for one in report.caution.sets] == [30]
    page = render_html(report, tongue)
    assert str(tongue.text("report.caution.alike", count=30)) in page
    assert "fraud" not in page


def test_a_statement_that_people_came_for_is_told() -> None:
    analysis, talk = sample(people=400)
    report = build_report(with_coordination(analysis, pushed=3), talk, language=EN)
    assert report.caution is not None
    assert [(report.statements[one.statement].id, one.surplus, one.agreeing) for one in report.caution.pushed] == [(3, 23, 60)]
    assert "About 23 agreeing votes of 60 more than usual." in render_html(report, EN)


def test_common_ground_that_does_not_hold_is_to_be_taken_with_care() -> None:
    analysis, talk = sample(people=400, statements=40)
    first = int(np.argmin(analysis.common_ground.rank))
    report = build_report(with_coordination(analysis, lost=first), talk, language=EN)
    assert report.caution is not None
    assert report.caution.still == report.caution.common - 1
    assert [report.statements[one.statement].id for one in report.caution.moved] == [first]
    assert "Take this one with care:" in render_html(report, EN)


def test_where_it_was_not_looked_for_nothing_is_said() -> None:
    analysis, talk = sample()
    report = build_report(analysis, talk, language=EN)
    assert report.caution is None
    assert 'id="caution"' not in render_html(report, EN)
