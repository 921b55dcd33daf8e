"""Common ground in every rank: screened as groups are, said in words, and absent where nobody gave ranks."""

from __future__ import annotations

import re

import numpy as np
import pytest

from klal.core.results import Reason, Verdict
from klal.domain import language
from klal.report import build_report, render_html
from tests.report.sample import assemble, sample, with_ranks

EN, HE = language.get("en"), language.get("he")
AGES = {"age": ("18–34", "35–64", "65+", None)}


def everyone(table: np.ndarray, ranks: dict[str, tuple[str | None, ...]]):
    """One group that votes as the table says, in these ranks."""
    size = len(table)
    analysis, talk = assemble(
        table, labels=np.zeros(size, dtype=int), positions=np.ones((size, 2)), verdict=Verdict.NONE, reason=Reason.ONE_CLOUD
    )
    return with_ranks(analysis, ranks), talk


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", page.split("<main")[1]).split())


def test_the_strongest_common_ground_is_tested_in_every_rank():
    report = build_report(*sample(groups=2, statements=40, people=400, ranks=AGES), language=EN)
    (age,) = report.ranks
    assert [(rank.name, rank.size) for rank in age.ranks] == [("18–34", 100), ("35–64", 100), ("65+", 100)]
    assert [one.statement for one in age.statements] == list(report.common_ground[:10])
    for one in age.statements:
        lows = [cell.lower for cell in one.cells]
        assert one.doubtful == sum(low <= 0.5 for low in lows)
        assert lows[one.weakest] == min(lows)
    page = text_of(render_html(report, EN))
    assert "Across ranks" in page
    assert "Holds in every rank." in page
    assert "weakest in " in page


def test_what_is_not_certain_in_a_rank_is_said_to_be_so():
    report = build_report(*sample(groups=1, statements=40, people=150, ranks=AGES), language=EN)
    assert any(one.doubtful and not one.against for one in report.ranks[0].statements)
    assert re.search(r"Not certain in \d of 3 ranks", text_of(render_html(report, EN)))


def test_what_fails_in_one_rank_is_said_to():
    table = np.ones((120, 2))
    table[::4, 0] = -1.0
    report = build_report(*everyone(table, {"place": ("north", "south", "east", "west")}), language=EN)
    one = next(one for one in report.ranks[0].statements if report.statements[one.statement].id == 0)
    assert (one.doubtful, report.ranks[0].ranks[one.weakest].name) == (1, "north")
    assert one.against == 1
    page = text_of(render_html(report, EN))
    assert "In 1 of 4 ranks a majority disagrees." in page
    assert "Holds in every rank." in page


@pytest.mark.parametrize("tongue", [EN, HE], ids=["en", "he"])
def test_a_rank_of_few_people_is_withheld_and_so_is_the_one_it_could_be_subtracted_from(tongue):
    names = ("many",) * 37 + ("some",) * 20 + ("few",) * 3
    report = build_report(*everyone(np.ones((60, 2)), {"role": names}), language=tongue)
    sizes = {rank.name: rank.size for rank in report.ranks[0].ranks}
    assert sizes == {"…": None, "many": 37, "some": None}  # three people have no name to be found by
    for one in report.ranks[0].statements:
        assert [cell.shown for cell in one.cells] == [False, True, False]
        assert (one.shown, one.doubtful, one.weakest) == (1, 0, None)
    assert tongue.text("report.ranks.holds_shown", count=1) in text_of(render_html(report, tongue))


def test_ranks_too_small_to_show_say_so():
    report = build_report(*everyone(np.ones((40, 2)), {"street": tuple(f"street {number}" for number in range(10))}), language=EN)
    assert all(rank.size is None for rank in report.ranks[0].ranks)
    assert "street 3" not in render_html(report, EN)
    assert "Too few votes in each rank to say." in text_of(render_html(report, EN))


def test_without_ranks_there_is_no_section():
    page = render_html(build_report(*sample(groups=2), language=EN), EN)
    assert "Across ranks" not in page
    assert "--ranks" not in page


def test_without_common_ground_there_is_nothing_to_test():
    table = np.tile([1.0, -1.0], (40, 1))
    table[::2] *= -1
    page = text_of(render_html(build_report(*everyone(table, AGES), language=EN), EN))
    assert "There is no common ground to test." in page
    assert "18–34 10 people" in page


def test_names_of_features_and_ranks_are_text_with_a_direction_of_their_own():
    evil = "<b>ages</b>"
    page = render_html(build_report(*sample(groups=2, ranks={evil: ("<i>old</i>", "צעירים")}), language=HE), HE)
    assert '<bdi dir="auto">&lt;b&gt;ages&lt;/b&gt;</bdi>' in page
    assert '<span class="stratum"><bdi dir="auto">&lt;i&gt;old&lt;/i&gt;</bdi></span>' in page
    assert evil not in page


def test_the_command_speaks_of_the_ranks():
    report = build_report(*sample(groups=2, ranks=AGES), language=EN)
    assert report.method.command == "klal analyse city-votes.zip --seed 0 --ranks RANKS.csv"
