"""What a snapshot says on the perception check: from an analysis and guesses, screened, and from a file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.votes import VoteMatrix
from klal.domain.language import get
from klal.io.conversation import Conversation
from klal.io.read import read_conversation
from klal.io.write import ExportFormat, write_conversation
from klal.report.perception import build_perception
from klal.services.analyse_file import analyse_conversation, perception_of
from klal.services.demonstration import demonstration
from klal.services.perception_findings import Given, count_by_crowds, gap_document, perception_of_file, questions_document


@pytest.fixture(scope="module")
def conversation() -> Conversation:
    return demonstration()


@pytest.fixture(scope="module")
def analysis(conversation: Conversation) -> Analysis:
    return analyse_conversation(conversation).analysis


@pytest.fixture(scope="module")
def undivided() -> Analysis:
    """Return an analysis of people who differ by nothing but one question and chance."""
    rng = np.random.default_rng(4)
    table = np.where(rng.random((120, 14)) < 0.85, 1.0, -1.0)
    table[:, 0] = np.where(np.arange(120) % 2, 1.0, -1.0)
    return analyse(VoteMatrix.from_array(table))


def test_figures_of_groups_and_of_the_whole_may_be_guessed_at(analysis: Analysis) -> None:
    ids = [100 + one for one in analysis.votes.statements.tolist()]
    found = questions_document(analysis, ids, [2, 0, 5][: analysis.grouping.n_groups])
    assert (found["kind"], found["anchor"]) == ("groups", None)
    assert {one["kind"] for one in found["questions"]} == {"shared", "divides"}
    assert [one["kind"] for one in found["questions"][:2]] == ["shared", "divides"]
    for one in found["questions"]:
        assert one["statement"] in ids
        assert {"-1"} < set(one["figures"]) <= {"-1", "2", "0", "5"}
        assert all(0 <= low <= share <= high <= 1 for share, low, high in one["figures"].values())


def test_without_groups_one_question_tells_two_sides_apart_and_goes_on_doing_so(undivided: Analysis) -> None:
    assert undivided.grouping.n_groups == 1
    ids = undivided.votes.statements.tolist()
    found = questions_document(undivided, ids, [0])
    assert (found["kind"], found["anchor"]) == ("sides", 0)
    assert all(set(one["figures"]) == {"-1", "0", "1"} for one in found["questions"])
    assert 0 not in [one["statement"] for one in found["questions"]]
    assert questions_document(undivided, ids, [0], anchor=0)["anchor"] == 0
    assert questions_document(undivided, ids, [0], anchor=999)["anchor"] == 0


def test_where_nothing_splits_people_only_the_whole_is_asked() -> None:
    table = np.where(np.random.default_rng(1).random((60, 10)) < 0.95, 1.0, -1.0)
    found = questions_document(analyse(VoteMatrix.from_array(table)), list(range(10)), [0])
    assert found["kind"] == "whole"
    assert all(set(one["figures"]) == {"-1"} for one in found["questions"])


QUESTIONS = {
    "kind": "groups",
    "anchor": None,
    "questions": [
        {"statement": one, "kind": "shared", "figures": {"-1": [0.9, 0.86, 0.94], "0": [0.9, 0.86, 0.94], "3": [0.9, 0.86, 0.94]}}
        for one in (7, 8, 9)
    ],
}


def given(people: int, *, own: int = 0, target: int = 3, share: int = 40, first: int = 0) -> list[Given]:
    return [Given(first + one, statement, target, own, None, share, 10, 1) for one in range(people) for statement in (7, 8, 9)]


def test_a_gap_is_told_by_slots_with_figures_that_many_stand_behind() -> None:
    found = gap_document(QUESTIONS, given(30))
    assert found is not None
    assert (found["people"], found["outcome"]) == (30, "further")
    (one,) = found["directions"]
    assert (one["from"], one["about"], one["people"]) == (0, 3, 30)
    assert [row["statement"] for row in one["statements"]] == [7, 8, 9]
    assert one["statements"][0]["believed"][0] == pytest.approx(0.4, abs=0.02)


def test_nothing_is_said_of_fewer_than_a_handful() -> None:
    assert gap_document(QUESTIONS, given(4)) is None
    found = gap_document(QUESTIONS, [*given(20), *given(4, own=3, target=0, first=50)])
    assert found is not None
    assert [one["from"] for one in found["directions"]] == [0]
    few = gap_document(QUESTIONS, given(6))
    assert few is not None
    assert (few["gap"], few["outcome"], few["directions"][0]["gap"]) == (None, "unknown", None)
    assert gap_document(QUESTIONS, []) is None


def test_guesses_about_the_whole_are_told_apart() -> None:
    found = gap_document(QUESTIONS, [*given(20, target=-1), *given(20, own=-1, target=-1, first=30)])
    assert found is not None
    assert found["whole"]["outcome"] == "closer"
    assert (found["whole"]["from"], found["directions"]) == (-1, [])


def test_guesses_at_what_is_not_asked_any_more_do_not_count() -> None:
    other = [replace(one, statement=99) for one in given(10)] + [replace(one, anchor=7) for one in given(10)]
    assert gap_document(QUESTIONS, [*other, *given(10, target=5), *given(10, own=8)]) is None


def test_guesses_of_a_group_count_once_enough_of_it_have_guessed() -> None:
    first = [replace(one, seen=10) for one in given(5)]
    late = [replace(one, seen=20) for one in given(4, first=10)]
    other = [replace(one, seen=30) for one in given(2, own=3, target=0, first=20)]
    counted, until = count_by_crowds([*first, *other], {}, is_over=False)
    assert (counted, until) == (first, {"0": 10})
    assert count_by_crowds([*first, *late], until, is_over=False) == (first, until)
    more = [replace(one, seen=25) for one in given(1, first=30)]
    counted, until = count_by_crowds([*first, *late, *more], until, is_over=False)
    assert (len(counted), until) == (30, {"0": 25})
    assert len(count_by_crowds([*first, *late, *other], {"0": 10}, is_over=True)[0]) == 33


@pytest.mark.parametrize("kind", [ExportFormat.JSON, ExportFormat.PARQUET])
def test_guesses_go_through_a_file_and_its_report_tells_the_gap(conversation, analysis, tmp_path, kind) -> None:
    write_conversation(conversation, tmp_path / f"out.{kind.value}", format=kind)
    back = read_conversation(tmp_path / f"out.{kind.value}")
    assert back.guesses == conversation.guesses
    found = perception_of_file(analysis, back)
    assert found["gap"]["outcome"] == "further"
    assert perception_of_file(analysis, replace(back, guesses=())) == {}


def test_slots_in_a_file_are_matched_with_groups_by_who_is_in_them(conversation, analysis) -> None:
    moved = {0: 4, 1: 0, 2: 1, -1: -1}
    other = replace(conversation, guesses=tuple(replace(one, target=moved[one.target], own=moved[one.own]) for one in conversation.guesses))
    assert perception_of_file(analysis, other)["gap"] == perception_of_file(analysis, conversation)["gap"]


def test_a_file_of_sides_is_read_as_such(undivided) -> None:
    from klal.domain.perception import GuessRecord
    from tests.services.stored import as_conversation

    table = undivided.votes.to_array()
    told = as_conversation(np.where(np.isnan(table), 0, table))
    rows = [GuessRecord(person, statement, 1, 0, 0, 30, 10, 1, 5, 6) for person in range(1, 60, 2) for statement in (1, 2, 3, 4, 5)]
    found = perception_of_file(undivided, replace(told, guesses=tuple(rows)))
    assert (found["kind"], found["anchor"]) == ("sides", 0)
    assert found["gap"]["directions"][0]["from"] == 0


def test_the_report_says_it_in_words_in_both_languages(conversation, analysis) -> None:
    for code, said in (("en", "People thought they were"), ("he", "אנשים חשבו שהמרחק")):
        from klal.services.analyse_file import Analysed

        found = perception_of(Analysed(conversation, analysis), get(code))
        assert found is not None
        assert found.headline.startswith(said)
        assert found.believed.shown
        assert all(one.statements is not None for one in found.beliefs)
    assert perception_of(Analysed(replace(conversation, guesses=()), analysis), get("en")) is None


TEXTS = {7: "One.", 8: "Two.", 9: "Three."}


def told(language: str = "en", **changes):
    document = {**QUESTIONS, **changes}
    return build_perception(document, TEXTS, [0, 3], get(language))


def test_the_report_words_every_outcome() -> None:
    further, closer = gap_document(QUESTIONS, given(30)), gap_document(QUESTIONS, given(30))
    assert further is not None
    assert closer is not None
    found = told(gap=further)
    assert found is not None
    assert "People think they are further apart than they are" in found.verdict
    assert found.beliefs[0].title == "What group A thinks of group D"
    assert (found.beliefs[0].source, found.beliefs[0].target) == (0, 1)
    assert [one.text for one in found.beliefs[0].statements] == ["One.", "Two.", "Three."]
    closer |= {"outcome": "closer", "gap": [-0.2, -0.3, -0.1]}
    found = told(gap=closer)
    assert found is not None
    assert "closer to each other than they are, by 20 (10 to 30)" in found.verdict
    same = told(gap=closer | {"outcome": "same"})
    assert same is not None
    assert "may be chance" in same.headline
    unknown = told(gap=closer | {"outcome": "unknown", "gap": None})
    assert unknown is not None
    assert unknown.headline.startswith("30 people have guessed so far")
    assert told(gap=None) is None


def test_the_report_tells_sides_and_the_whole() -> None:
    rows = [replace(one, anchor=9, target=1) for one in given(30)] + [replace(one, anchor=9, target=-1) for one in given(30, first=40)]
    asked = [
        {**one, "figures": {"-1": one["figures"]["-1"], "0": one["figures"]["0"], "1": one["figures"]["3"]}}
        for one in QUESTIONS["questions"]
    ]
    sides = {"kind": "sides", "anchor": 9, "questions": asked}
    found = gap_document(sides, rows)
    assert found is not None
    shown = told(**sides, gap=found)
    assert shown is not None
    assert (shown.anchor, shown.beliefs[0].title) == ("Three.", "What those who agreed think of those who disagreed")
    assert shown.whole is not None
    only = told(**sides, gap=found | {"gap": None})
    assert only is not None
    assert "would see it like the majority" in only.headline
