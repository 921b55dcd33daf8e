"""A report of very many statements shows some of them, says how many more there are, and takes no longer for it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from klal.core.results import Reason, Verdict
from klal.domain import language
from klal.report import build_report, render_html
from klal.report.charts import overview_places
from klal.report.choice import DRAWN, IN_TABLE, LISTED
from klal.report.model import StatementResult
from tests.report.sample import assemble, sample

EN, HE = language.get("en"), language.get("he")


@pytest.fixture(scope="module")
def many():
    return sample(groups=2, statements=1500, people=400)


@pytest.fixture(scope="module")
def report(many):
    return build_report(*many, language=EN)


def test_lists_table_and_overview_are_bounded(report):
    assert len(report.table) == IN_TABLE
    assert len(report.overview) == sum(map(len, overview_places(report))) == DRAWN
    for order in (report.common_ground, report.nearly, report.against, report.dividing):
        assert len(order) <= LISTED
    assert len(report.statements) < IN_TABLE + DRAWN + 4 * LISTED + 20


def test_counts_and_headline_are_of_all_statements(many, report):
    analysis, _ = many
    surely = int(np.count_nonzero(analysis.common_ground.bound > 0.5))
    assert surely > LISTED
    assert report.counts.common_ground == surely
    assert report.headline[1] == f"{surely} statements have a majority in every group."
    assert report.counts.statements == 1500


def test_the_top_of_every_list_is_what_it_is_without_a_bound(many, report):
    analysis, _ = many
    ids = [report.statements[place].id for place in report.common_ground]
    assert ids == np.argsort(analysis.common_ground.rank)[:LISTED].tolist()
    ids = [report.statements[place].id for place in report.dividing]
    assert ids == np.argsort(-analysis.divisiveness, kind="stable")[:LISTED].tolist()


def test_the_table_has_the_strongest_common_ground_and_what_divides_most(report):
    assert set(report.common_ground[: LISTED // 2]) <= set(report.table)
    assert set(report.dividing[: LISTED // 2]) <= set(report.table)
    assert list(report.table) == sorted(report.table)


def test_the_overview_keeps_the_extremes(many, report):
    analysis, _ = many
    drawn = {report.statements[place].id for place in report.overview}
    assert {int(np.argmax(analysis.divisiveness)), int(np.argmin(analysis.divisiveness))} <= drawn


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_the_page_says_how_many_more_there_are_and_where(many, report, tongue):
    page = render_html(build_report(*many, language=tongue), tongue)
    counts = report.counts
    for more in (counts.statements - IN_TABLE, counts.common_ground - LISTED):
        assert str(tongue.text("report.rest", count=more)) in re.sub("</?bdi>", "", page)
    assert page.count("<tr id=") == IN_TABLE
    assert len(page.encode()) < 900_000


def test_every_mark_of_the_overview_finds_its_words(report):
    page = render_html(report, EN)
    texts = re.search(r'data-texts="(.*?)"', page).group(1)
    rows = set(re.findall(r'<tr id="row-(\d+)"', page))
    outside = set(re.findall(r"&#34;(\d+)&#34;:", texts))
    assert rows | outside >= {str(place) for place in report.overview}


def test_a_statement_hardly_anybody_voted_on_has_no_row():
    table = np.ones((40, 5))
    table[4:, 1] = np.nan
    table[:, 2] = np.nan
    report = build_report(*assemble(table, labels=np.zeros(40, dtype=int), positions=np.ones((40, 2))), language=EN)
    assert [report.statements[place].id for place in report.table] == [0, 3, 4]
    assert report.counts.few == 2
    page = render_html(report, EN)
    assert "On 2 statements fewer than 5 people voted" in page
    assert "Show 3 statements" in page


def test_records_are_made_for_the_statements_shown_and_no_others(monkeypatch):
    """Two hundred thousand statements of a few votes: the work must not grow with them."""
    made = []
    build = StatementResult.__init__
    monkeypatch.setattr(StatementResult, "__init__", lambda self, *given, **named: (made.append(1), build(self, *given, **named))[0])
    table = np.full((8, 200_000), np.nan)
    table[:6, :30] = 1.0
    analysis, talk = assemble(table, labels=np.zeros(8, dtype=int), positions=np.zeros((8, 2)), verdict=Verdict.NONE, reason=Reason.TOO_FEW)
    report = build_report(analysis, talk, language=EN)
    assert report.counts.few == 199_970
    assert len(made) < 100
