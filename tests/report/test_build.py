from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from klal.core.results import NearMisses, Reason, Verdict
from klal.core.settings import AnalysisSettings, GroupingMethod, GroupingSettings
from klal.domain import language
from klal.domain.records import Moderation, Statement
from klal.report import build_report, render_html
from klal.report.build import turnout_bins
from tests.report.sample import HEBREW, assemble, sample

EN, HE = language.get("en"), language.get("he")


def build(*, tongue=EN, min_cell=5, **options):
    return build_report(*sample(**options), language=tongue, min_cell=min_cell)


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_a_report_is_plain_json(groups):
    report = build(groups=groups)
    assert json.loads(json.dumps(report.as_dict()))["schema"] == "klal-report/1"


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_groups_have_letters_sizes_and_shares(groups):
    report = build(groups=groups)
    assert [group.letter for group in report.groups] == list("ABCDE")[:groups]
    assert sum(group.size for group in report.groups) == report.counts.placed
    assert sum(group.share for group in report.groups) == pytest.approx(1, abs=1e-3)


def test_the_headline_says_groups_and_common_ground():
    report = build(groups=2, statements=24)
    assert report.headline == (
        "People fall into two clear opinion groups.",
        f"{len(report.common_ground)} statements have a majority in every group.",
    )


def test_the_headline_of_one_cloud_speaks_of_no_group():
    report = build(groups=1)
    assert report.headline[0] == "There are no separate groups here: opinions form one cloud."
    assert "every group" not in " ".join((*report.headline, report.reason))


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("tongue", [EN, HE])
@pytest.mark.parametrize("groups", [1, 2])
def test_every_verdict_and_reason_has_its_sentence(verdict, reason, tongue, groups):
    report = build(tongue=tongue, groups=groups, verdict=verdict, reason=reason)
    assert all(sentence.strip() for sentence in (*report.headline, report.reason))
    assert "_" not in report.reason


def test_a_spectrum_is_not_called_groups():
    english = build(groups=1, reason=Reason.SPECTRUM)
    assert english.headline[0] == "There are no separate groups here: people form one spectrum."
    assert "unbroken spread" in english.reason
    assert build(tongue=HE, groups=1, reason=Reason.SPECTRUM).headline[0] == "אין כאן קבוצות נפרדות: המשתתפים פרושים על פני רצף אחד."
    assert "random halves" in build(groups=1, reason=Reason.UNSTABLE).reason


def test_made_up_votes_are_said_to_be_made_up():
    assert build(notes=("synthetic",)).notes == ("The votes are made up by a generator. They are nobody’s opinion.",)


def test_groups_by_polis_are_said_to_be_so():
    analysis, talk = sample(groups=2, verdict=Verdict.NONE, reason=Reason.ONE_CLOUD)
    settings = AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod.POLIS))
    analysis = dataclasses.replace(analysis, provenance=dataclasses.replace(analysis.provenance, settings=settings))
    report = build_report(analysis, talk, language=EN)
    assert report.headline[0] == "Polis’s rule divides people into two opinion groups."
    assert "Positions thicken in one place only." in report.reason
    assert report.method.command == "klal analyse city-votes.zip --seed 0 --grouping polis"
    page = render_html(report, EN)
    assert "random halves" not in page
    assert "follow Polis’s own rule. A group’s agreement" in page


def test_common_ground_needs_the_low_end_above_one_half_in_every_group():
    report = build(groups=3, statements=40, people=400)
    assert report.common_ground
    for place in report.common_ground:
        assert all(cell.lower > 0.5 for cell in report.statements[place].cells)
    assert report.nearly
    for place in report.nearly:
        assert min(cell.lower for cell in report.statements[place].cells) <= 0.5


def test_common_ground_is_ranked():
    report = build(groups=2, statements=40)
    ranks = [report.statements[place].rank for place in report.common_ground]
    assert ranks == sorted(ranks)


def test_platitudes_come_last_and_are_named():
    analysis, talk = sample(groups=2, statements=40)
    ground = analysis.common_ground
    worth, last = ground.worth.copy(), ground.worthwhile_rank + 0
    first = int(np.argmin(ground.rank))
    worth[first], last[first] = 0.05, 41
    analysis = replace(analysis, common_ground=replace(ground, worth=worth, worthwhile_rank=last))
    report = build_report(analysis, talk, language=EN)
    assert report.statements[report.common_ground[-1]].id == analysis.votes.statements.tolist()[first]
    assert [report.statements[place].is_platitude for place in report.common_ground].count(True) == 1
    assert EN.text("report.common.platitude") in render_html(report, EN)


def test_the_part_that_agrees_least_is_told_unless_it_is_a_handful():
    analysis, talk = sample(groups=2, people=160)
    page = render_html(build_report(analysis, talk, language=EN), EN)
    assert "Even among the 50% who agree least, at least" in page
    few = replace(analysis.common_ground, weakest_share=np.full(10, 4.5 / 160))
    page = render_html(build_report(replace(analysis, common_ground=few), talk, language=EN), EN)
    assert "who agree least" not in page
    assert "Even where agreement is least, at least" in page


@pytest.mark.parametrize(
    ("group", "points", "votes", "said"),
    [
        (1, 0.0, 12, "about 12 more votes from Group B"),
        (1, 0.07, -1, "Group B lacks 7 percentage points to one half."),
        (1, 0.0, -1, "Only certainty in Group B is lacking."),
        (-1, 0.1, -1, "a part of the public that is no group of its own may not"),
    ],
)
def test_a_near_miss_says_what_it_lacks(group, points, votes, said):
    page = re.sub("</?bdi>", "", _page_with_near_miss(2, group, points, votes))
    assert said in page


@pytest.mark.parametrize(
    ("group", "points", "votes", "said"),
    [
        (0, 0.0, 1, "about one more vote, cast as so far"),
        (0, 0.2, -1, "It lacks 20 percentage points to one half."),
        (0, 0.0, -1, "Only certainty is lacking."),
        (-1, 0.1, -1, "a part of the public that can be told apart may not"),
    ],
)
def test_without_groups_a_near_miss_speaks_of_everybody(group, points, votes, said):
    assert said in _page_with_near_miss(1, group, points, votes)


def _page_with_near_miss(groups, group, points, votes):
    """Return the page of an analysis whose best statement is no common ground for one reason."""
    analysis, talk = sample(groups=groups)
    ground = analysis.common_ground
    first, m = int(np.argmin(ground.rank)), len(ground.rank)
    bound, near = ground.bound.copy(), np.zeros(m, dtype=bool)
    bound[first], near[first] = 0.4, True
    lacking = NearMisses(near, np.full(m, group), np.full(m, points), np.full(m, votes))
    changed = replace(analysis, common_ground=replace(ground, bound=bound, near_misses=lacking))
    return render_html(build_report(changed, talk, language=EN), EN)


def test_what_everybody_rejects_is_found():
    report = build(groups=2, statements=40, people=400)
    assert report.against
    for place in report.against:
        assert all(cell.upper < 0.5 for cell in report.statements[place].cells)


def test_what_divides_comes_most_divisive_first():
    report = build(groups=2, statements=24)
    scores = [report.statements[place].divisiveness for place in report.dividing]
    assert scores == sorted(scores, reverse=True)


def test_traits_compare_a_group_with_the_others():
    report = build(groups=2)
    trait = report.groups[0].traits[0]
    own, other = report.statements[trait.statement].cells
    expected = (own.agreement, other.agreement) if trait.agrees else (1 - own.agreement, 1 - other.agreement)
    assert (trait.share, trait.others) == pytest.approx(expected, abs=1e-3)


def test_statements_without_text_are_named_by_their_id():
    report = build(texts=())
    assert report.statements[3].text == "Statement 3"


def test_texts_in_hebrew_stay_as_they_are():
    assert build(tongue=HE, texts=HEBREW).statements[0].text == HEBREW[0]


def test_only_a_web_address_becomes_a_link():
    assert build(url="https://example.org/c/1").url == "https://example.org/c/1"
    assert build(url="javascript:alert(1)").url == ""


def test_notes_about_the_input_become_sentences():
    report = build(notes=("signs_flipped", "something_new"))
    assert report.notes[0].startswith("The input stored agree as −1")
    assert report.notes[1].endswith("something_new.")


def test_rejected_statements_are_only_counted_and_meta_statements_listed_apart():
    analysis, talk = sample()
    first, second, *rest = talk.statements
    aside = (dataclasses.replace(first, is_meta=True), dataclasses.replace(second, moderation=Moderation.REJECTED))
    report = build_report(analysis, dataclasses.replace(talk, statements=(*aside, *rest)), language=EN)
    assert report.counts.rejected == 1
    assert [one.text for one in report.meta] == [first.text]
    assert report.meta[0].agree + report.meta[0].disagree + report.meta[0].passed == pytest.approx(1, abs=1e-3)


def test_a_meta_statement_with_few_votes_keeps_its_figures_to_itself():
    table = np.full((8, 2), 1.0)
    table[3:, 1] = np.nan
    analysis, talk = assemble(table, labels=np.zeros(8, dtype=int), positions=np.zeros((8, 2)))
    meta = dataclasses.replace(talk.statements[1], is_meta=True)
    report = build_report(analysis, dataclasses.replace(talk, statements=(talk.statements[0], meta)), language=EN)
    assert report.meta[0].votes is None
    assert report.meta[0].agree is None


def test_votes_per_participant_are_counted_in_round_bins():
    bins = turnout_bins([0, 1, 10, 11, 140], min_cell=4)
    assert (bins[0].least, bins[0].most, bins[0].participants) == (1, 10, 2)
    assert sum(one.participants for one in bins) == 4
    assert bins[-1].most == 140


def test_without_votes_there_are_no_bins():
    assert turnout_bins([0, 0], min_cell=1) == ()


def test_a_handful_of_people_is_not_charted():
    assert turnout_bins([3, 4, 5, 6], min_cell=5) == ()


def test_nobody_placed():
    table = np.ones((6, 3))
    analysis, talk = assemble(table, labels=np.full(6, -1), positions=np.zeros((6, 2)), verdict=Verdict.NONE, reason=Reason.TOO_FEW)
    report = build_report(analysis, talk, language=EN)
    assert not report.map_shown
    assert report.counts.placed == 0
    assert report.headline[0] == "Too few people voted to tell opinion groups apart."


def test_two_participants_show_nothing_of_either():
    table = np.array([[1.0, -1.0], [1.0, 1.0]])
    analysis, talk = assemble(table, labels=np.zeros(2, dtype=int), positions=np.ones((2, 2)), verdict=Verdict.NONE, reason=Reason.TOO_FEW)
    report = build_report(analysis, talk, language=EN)
    assert not report.map_shown
    assert all(one.agree is None and one.bound is None and not any(cell.shown for cell in one.cells) for one in report.statements)
    assert report.common_ground == report.nearly == report.dividing == ()


def test_nobody_voted():
    analysis, talk = assemble(np.full((3, 2), np.nan), labels=np.full(3, -1), positions=np.zeros((3, 2)), verdict=Verdict.NONE)
    report = build_report(analysis, talk, language=EN)
    assert report.headline == ("Nobody has voted yet.",)
    assert report.counts.median_votes == 0


def test_the_command_can_be_typed_as_it_stands():
    assert build(source="my votes.csv").method.command == "klal analyse 'my votes.csv' --seed 0"
    assert build(source="").method.command == "klal analyse PATH --seed 0"


def test_a_missing_statement_record_still_gives_a_line():
    analysis, talk = sample()
    report = build_report(analysis, dataclasses.replace(talk, statements=(Statement(id=99, text="elsewhere"),)), language=EN)
    assert report.statements[0].text == "Statement 0"
