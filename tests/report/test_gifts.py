"""What each group gives, as the report tells it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from klal.core.gifts import Basis, Gifts
from klal.core.results import Analysis
from klal.core.rises import Estimate
from klal.domain import language
from klal.report import build_report, render_html
from klal.report.html import _strokes
from tests.report.sample import sample

EN, HE = language.get("en"), language.get("he")


def gifts(*, may_publish: bool = True, authors: int = 6, alone: tuple[int, ...] = (2,), basis: Basis = Basis.OVER_TIME) -> Gifts:
    """Return one gift of the second group, statement 1, in two groups."""
    start, now = np.array([[0.3, 0.8]]), np.array([[0.7, 0.85]])
    windows = np.array([[[0.3, np.nan, 0.6, 0.7], [0.8, 0.8, 0.85, 0.85]]])
    return Gifts(
        basis=basis,
        statements=np.array([1]),
        home=np.array([1]),
        start=Estimate(start, start - 0.1, start + 0.1),
        now=Estimate(now, now - 0.1, now + 0.1),
        rise=Estimate(now - start, now - start - 0.1, now - start + 0.1),
        surety=np.array([4.0]),
        window=Estimate(windows, windows, windows),
        window_votes=np.full((1, 2, 4), 10),
        window_ends=np.arange(4)[None],
        may_publish=np.array([may_publish]),
        tested=7,
        alone=((), alone),
        authors=np.array([0, authors]),
        written=np.array([0, 8]),
        common=np.array([0, 3]),
    )


def page_of(found: Gifts | None, *, groups: int = 2, tongue: language.Language = EN) -> str:
    analysis, talk = sample(groups=groups, people=300)
    return render_html(build_report(replace(analysis, gifts=found), talk, language=tongue), tongue)


def test_a_gift_is_told_with_its_home_and_its_rise() -> None:
    analysis, talk = sample(groups=2, people=300)
    report = build_report(replace(analysis, gifts=gifts()), talk, language=EN)
    assert report.gifts is not None
    (gift,) = report.gifts.gifts
    assert report.statements[gift.statement].id == 1
    assert (gift.home, gift.start[0].agreement, gift.now[0].agreement) == (1, 0.3, 0.7)
    page = page_of(gifts())
    assert "Held first in <bdi>Group B</bdi>" in page or "Held first in Group B" in page
    assert "30% at first, 70% now" in page.replace("<bdi>", "").replace("</bdi>", "")
    assert 'href="#gifts"' in page


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_no_gift_over_time_is_said_and_so_is_input_without_times(tongue: language.Language) -> None:
    assert tongue.text("report.gifts.none_timed") in page_of(gifts(may_publish=False), tongue=tongue)
    assert tongue.text("report.gifts.none_untimed") in page_of(gifts(may_publish=False, basis=Basis.AUTHOR), tongue=tongue)


def test_a_few_authors_are_not_counted() -> None:
    told = "People of this group wrote"
    assert told in page_of(gifts(authors=5))
    assert told not in page_of(gifts(authors=4))


def test_a_statement_with_a_withheld_group_is_not_told_as_held_alone() -> None:
    analysis, talk = sample(groups=2, people=300)
    seen = analysis.group_tally
    few = replace(seen, agree=seen.agree.copy(), disagree=seen.disagree.copy(), passed=seen.passed.copy())
    few.agree[0, 2], few.disagree[0, 2], few.passed[0, 2] = 3, 0, 0
    report = build_report(replace(analysis, gifts=gifts(), group_tally=few), talk, language=EN)
    assert report.gifts is not None
    assert report.gifts.brought[1].alone == ()


@pytest.mark.parametrize("analysis_of", [lambda a: a, lambda a: replace(a, gifts=gifts(alone=()))], ids=["no history", "one group"])
def test_without_history_or_groups_there_is_no_such_section(analysis_of) -> None:  # type: ignore[no-untyped-def]
    analysis, talk = sample(groups=1)
    changed: Analysis = analysis_of(analysis)
    report = build_report(changed, talk, language=EN)
    assert report.gifts is None
    assert 'id="gifts"' not in render_html(report, EN)


def test_a_path_breaks_where_too_few_voted() -> None:
    analysis, talk = sample()
    report = build_report(analysis, talk, language=EN)
    assert _strokes(report, (0.5, None, 0.0, 1.0)) == ["0,18.0 0,18.0", "80,36.0 120,0.0"]
    assert _strokes(report, (None,)) == []
