from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from klal.domain.privacy import MIN_CELL
from klal.domain.routes import Routes
from klal.io import read_conversation
from klal.io.analysis_json import analysis_document
from klal.services.analyse_file import analyse_conversation
from klal.store.configuration import Configuration
from tests.core.tables import camps
from tests.services.stored import cast, store_table

THREE = camps((50, 35, 25), 40, seed=2)


def snapshot_of(conversation):
    from klal.services.recompute import recompute

    found = recompute(conversation.pk)
    assert found is not None
    return found


def slots_by_label(conversation, snapshot) -> dict[str, int]:
    """Return the slot of each placed participant."""
    from klal.store.places import find

    places = {label: find(bytes(snapshot.places), pk) for pk, label in conversation.participants.values_list("pk", "label")}
    return {label: place.slot for label, place in places.items() if place}


def test_counts_are_those_that_klal_analyse_finds_in_the_file(public_conversation: Path, sqlite_database: Configuration) -> None:
    from klal.services.exchange import bring_in

    conversation = read_conversation(public_conversation)
    document = analysis_document(analyse_conversation(conversation).analysis, conversation)
    stored = bring_in(conversation, slug="there")
    findings = snapshot_of(stored).findings
    assert findings["counts"] == document["counts"]
    assert findings["verdict"]["kind"] == document["groups_supported"]["verdict"]
    assert [group["size"] for group in findings["groups"]] == [group["size"] for group in document["groups"]]
    numbers = {row.label: str(row.pk) for row in stored.statements.all()}
    for statement in document["statements"]:
        shown = findings["statements"][numbers[str(statement["id"])]]
        in_groups = {name: sum(group[name] for group in statement["groups"]) for name in ("agree", "disagree", "pass", "seen")}
        if in_groups["seen"] >= MIN_CELL:
            assert {name: shown[name] for name in in_groups} == in_groups
        for group in statement["groups"]:
            cell = shown["groups"][str(group["group"])]
            assert cell is None or cell == {name: group[name] for name in ("agree", "disagree", "pass")}
    for one in findings["common_ground"]:
        found = next(row for row in document["statements"] if numbers[str(row["id"])] == str(one["statement"]))["common_ground"]
        assert (one["agreement"], one["lower"]) == pytest.approx((found["score"], found["lower"]), abs=1e-4)
        assert one["weakest"] == found["weakest_group"]


def test_the_engine_makes_no_difference(database: Configuration) -> None:
    from klal.core.pipeline import analyse
    from klal.core.votes import VoteMatrix
    from klal.services.recompute import find

    found = find(store_table(THREE).pk)
    assert found is not None
    direct = analyse(VoteMatrix.from_array(THREE))
    assert found.analysis.provenance == direct.provenance
    np.testing.assert_array_equal(found.analysis.opinion_map.positions, direct.opinion_map.positions)
    np.testing.assert_array_equal(found.analysis.grouping.labels, direct.grouping.labels)


def test_a_snapshot_is_plain_json_and_everybody_placed_is_on_its_map(database: Configuration) -> None:
    conversation = store_table(THREE)
    snapshot = snapshot_of(conversation)
    snapshot.refresh_from_db()
    findings = json.loads(json.dumps(snapshot.findings, allow_nan=False))
    assert findings == snapshot.findings
    drawn = findings["map"]
    assert drawn["shown"] == len(drawn["points"]) == drawn["of"] == findings["counts"]["participants_placed"] == 110
    assert max(drawn["width"], drawn["height"]) == 1.0
    assert all(abs(x) <= drawn["width"] and abs(y) <= drawn["height"] and slot in {0, 1, 2} for x, y, slot in drawn["points"])
    assert drawn["points"] == sorted(drawn["points"])
    assert [group["slot"] for group in findings["groups"]] == [0, 1, 2]
    assert sum(group["share"] for group in findings["groups"]) == pytest.approx(1, abs=1e-3)
    conversation.refresh_from_db()
    assert (conversation.snapshot_number, conversation.analysed_changes) == (1, conversation.changes)


def test_places_are_the_points_of_the_map(sqlite_database: Configuration) -> None:
    from klal.store.places import find

    conversation = store_table(THREE)
    snapshot = snapshot_of(conversation)
    places = [find(snapshot.places, pk) for pk in conversation.participants.values_list("pk", flat=True)]
    found = sorted([place.x, place.y, place.slot] for place in places if place)
    np.testing.assert_allclose(found, snapshot.findings["map"]["points"], atol=2e-3)


def test_groups_keep_their_letter_when_they_change_their_rank_by_size(database: Configuration) -> None:
    from klal.store.models import Participant, Vote

    conversation = store_table(THREE)
    before = slots_by_label(conversation, snapshot_of(conversation))
    # many of the largest group leave: it is the smallest now
    leaving = [label for label, slot in before.items() if slot == 0][:38]
    Vote.objects.filter(participant__in=Participant.objects.filter(label__in=leaving)).delete()
    cast(conversation, "109", "0", 3)
    snapshot = snapshot_of(conversation)
    after = slots_by_label(conversation, snapshot)
    assert len(after) == 72
    assert all(after[label] == before[label] for label in after)
    sizes = {group["slot"]: group["size"] for group in snapshot.findings["groups"]}
    assert sizes[0] < sizes[2] < sizes[1]


def test_groups_that_come_back_have_the_letters_they_had(sqlite_database: Configuration) -> None:
    from klal.services import recompute

    conversation = store_table(THREE)
    before = slots_by_label(conversation, snapshot_of(conversation))
    renamed = {slot: (slot + 1) % 3 for slot in range(3)}
    # as if they had come about in another order
    found = recompute.find(conversation.pk)
    assert found is not None
    labels = found.analysis.grouping.labels
    places = recompute.pack(
        found.stored.participants, found.analysis.opinion_map.positions, np.array([renamed[label] for label in labels.tolist()])
    )
    from klal.store.models import Snapshot

    Snapshot.objects.update(places=places)
    cast(conversation, "0", "0", 2)
    _undivided(conversation)
    cast(conversation, "0", "0", 3)
    after = slots_by_label(conversation, snapshot_of(conversation))
    assert after == {label: renamed[slot] for label, slot in before.items()}


def _undivided(conversation) -> None:
    """Let the newest snapshot be one that found no groups."""
    from dataclasses import replace

    from klal.core.continuity import order_groups
    from klal.core.results import Verdict
    from klal.services.recompute import find, keep

    found = find(conversation.pk)
    assert found is not None
    grouping = replace(found.analysis.grouping, verdict=Verdict.NONE)
    analysis = order_groups(replace(found.analysis, grouping=grouping), np.arange(3))
    assert keep(replace(found, analysis=analysis, slots=(0, 1, 2))) is not None


def test_the_map_is_not_mirrored_from_one_snapshot_to_the_next(sqlite_database: Configuration) -> None:
    from klal.store.models import Snapshot
    from klal.store.places import pack, unpack

    conversation = store_table(THREE)
    snapshot = snapshot_of(conversation)
    records = unpack(snapshot.places)
    shown = np.stack([-records["x"], records["y"]], axis=1)
    Snapshot.objects.update(places=pack(records["participant"], shown, records["slot"]))
    cast(conversation, "0", "0", 2)
    after = unpack(snapshot_of(conversation).places)
    assert np.corrcoef(after["x"], shown[:, 0])[0, 1] > 0.99
    assert np.corrcoef(after["y"], shown[:, 1])[0, 1] > 0.99


def test_newcomers_and_people_without_a_place_do_not_disturb(sqlite_database: Configuration) -> None:
    from klal.store.models import Participant

    conversation = store_table(THREE[:60])
    snapshot_of(conversation)
    Participant.objects.filter(label="0").delete()
    Participant.objects.create(conversation=conversation, label="700")
    cast(conversation, "700", "1", 3)
    findings = snapshot_of(conversation).findings
    assert findings["counts"]["participants"] == 60
    assert findings["counts"]["participants_placed"] == 59


def test_few_votes_are_not_shown(database: Configuration) -> None:
    table = THREE.copy()
    table[:, 5] = np.nan
    table[:4, 5] = 1.0
    table[:, 6] = np.nan
    table[:40, 6] = 1.0
    table[100:102, 6] = -1.0
    conversation = store_table(table)
    findings = snapshot_of(conversation).findings
    number = {row.label: str(row.pk) for row in conversation.statements.all()}
    few, lopsided = (findings["statements"][number[label]] for label in ("5", "6"))
    assert {few[name] for name in ("agree", "disagree", "pass", "seen")} == {None}
    assert set(few["groups"].values()) == {None}
    assert lopsided["seen"] == 42
    assert set(lopsided["groups"].values()) == {None}  # the one with enough votes covers those with two and none
    said = {str(one["statement"]) for one in findings["common_ground"] + findings["divisive"]}
    said |= {str(one["statement"]) for group in findings["groups"] for one in group["representative"]}
    assert said
    assert not said & {number["5"], number["6"]}


def test_a_handful_of_people_has_no_map(database: Configuration) -> None:
    findings = snapshot_of(store_table(np.ones((4, 3)))).findings
    assert findings["counts"]["participants"] == 4
    assert (findings["map"]["points"], findings["map"]["of"]) == ([], 4)
    assert (findings["groups"][0]["size"], findings["groups"][0]["share"]) == (None, None)


def test_an_empty_conversation_has_an_empty_snapshot(database: Configuration) -> None:
    from klal.services.recompute import recompute
    from klal.store.models import Conversation

    conversation = Conversation.objects.create(slug="new", topic="?")
    snapshot = recompute(conversation.pk)
    assert snapshot is not None
    assert snapshot.findings["counts"] == {"participants": 0, "statements": 0, "votes": 0, "participants_placed": 0}
    assert (snapshot.findings["map"]["points"], len(Routes.unpack(snapshot.routes).numbers), bytes(snapshot.places)) == ([], 0, b"")
    cast_later = recompute(conversation.pk)
    assert cast_later is not None
    assert cast_later.number == 2


def test_an_unknown_conversation_is_not_analysed(database: Configuration) -> None:
    from klal.services.recompute import draw_report, recompute

    assert recompute(10**6) is None
    assert not draw_report(10**6)


def test_every_statement_open_for_votes_is_drawn_by_a_weight(sqlite_database: Configuration) -> None:
    conversation = store_table(THREE, rejected=[3, 4], meta=[4, 5])
    routes = Routes.unpack(snapshot_of(conversation).routes)
    labels = {row.pk: row.label for row in conversation.statements.all()}
    found = [labels[number] for number in routes.numbers]
    assert set(found) == {str(j) for j in range(40)} - {"3", "4"}
    assert all(weight > 0 for weights in routes.weights for weight in weights)
    about_the_conversation = found.index("5")
    for weights in routes.weights:
        others = [weight for place, weight in enumerate(weights) if place != about_the_conversation]
        assert weights[about_the_conversation] == pytest.approx(3 * sum(others) / len(others), rel=1e-5)
    assert routes.ease[about_the_conversation] == 0


def page(conversation, language: str) -> str:
    from klal.store.models import ReportPage

    return zlib.decompress(bytes(ReportPage.objects.get(conversation=conversation, language=language).html)).decode()


def test_the_report_is_drawn_in_every_language_in_its_own_words(database: Configuration) -> None:
    from klal.services.recompute import draw_report
    from klal.store.models import Conversation, Statement

    conversation = store_table(THREE)
    Conversation.objects.filter(pk=conversation.pk).update(texts={"he": {"topic": "מה משותף לנו?"}}, is_synthetic=True)
    Statement.objects.filter(label="0").update(translations={"he": "זו הטענה הראשונה."})
    assert not draw_report(conversation.pk)
    snapshot_of(conversation)
    assert draw_report(conversation.pk)
    hebrew, english = page(conversation, "he"), page(conversation, "en")
    assert "מה משותף לנו?" in hebrew
    assert "What joins us?" in english
    assert "זו הטענה הראשונה." in hebrew
    assert "This is statement number 0." in english
    assert "זו הטענה הראשונה." not in english


def test_an_older_report_is_not_put_over_a_newer_one(database: Configuration) -> None:
    from klal.services.recompute import draw_report
    from klal.store.models import ReportPage

    conversation = store_table(THREE)
    snapshot_of(conversation)
    assert draw_report(conversation.pk)
    ReportPage.objects.update(snapshot_number=5)
    assert not draw_report(conversation.pk)
    assert set(ReportPage.objects.values_list("snapshot_number", flat=True)) == {5}


def test_a_report_of_a_conversation_deleted_meanwhile_is_not_kept(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import recompute

    conversation = store_table(THREE[:60])
    snapshot_of(conversation)
    real, number = recompute.build_report, conversation.pk

    def too_late(*args, **kwargs):
        conversation.__class__.objects.filter(pk=number).delete()
        return real(*args, **kwargs)

    monkeypatch.setattr(recompute, "build_report", too_late)
    assert not recompute.draw_report(number)


def test_the_report_has_the_letters_of_the_map(sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import recompute

    conversation = store_table(THREE)
    monkeypatch.setattr(recompute, "match_groups", lambda *_: (3, 0, 4))
    assert [group["slot"] for group in snapshot_of(conversation).findings["groups"]] == [0, 3, 4]
    assert recompute.draw_report(conversation.pk)
    drawn = page(conversation, "en")
    assert all(f'<span class="hidden">Group {letter}</span>' in drawn for letter in "ADE")
    assert '<span class="hidden">Group B</span>' not in drawn
    assert all(f"g{slot} s{slot}" in drawn for slot in (0, 3, 4))
    assert "g1 s1" not in drawn
