import numpy as np
import pytest

from klal.core import parts as module
from klal.core.bridging import fit_bridging
from klal.core.offsets import Answers, agreement_of, fit_offsets
from klal.core.opinion_map import find_opinion_map
from klal.core.parts import find_divisions
from klal.core.settings import CommonGroundSettings
from klal.core.votes import VoteMatrix
from klal.core.weakest import find_weakest
from klal.simulation.publics import KINDS, collect_votes, draw_public
from tests.core.tables import camps, matrix


@pytest.fixture(scope="module")
def small():
    """A public of 85, 10 and 5 in a hundred; answers and the model of them."""
    public = draw_public(KINDS["85/10/5 axes"], 2)
    votes = collect_votes(public, 2).votes
    bridging = fit_bridging(votes, find_opinion_map(votes))
    return public, Answers.of(votes, bridging), bridging


def asked(table):
    votes = matrix(table)
    bridging = fit_bridging(votes, find_opinion_map(votes))
    return Answers.of(votes, bridging), bridging


def test_small_parts_are_found_without_being_told_of(small):
    public, answers, bridging = small
    divisions = find_divisions(answers, bridging)
    assert [len(one.shares) for one in divisions] == [1, 2, 3, 4]
    assert sum(one.weight for one in divisions) == pytest.approx(1)
    assert divisions[0].weight < 0.01
    found = np.argmax(divisions[2].membership, axis=1)
    for group in (1, 2):
        inside = np.bincount(found[public.groups == group], minlength=3) / (public.groups == group).sum()
        assert inside.max() > 0.5
    assert divisions[2].shares.max() > 0.7


def test_memberships_are_probabilities_and_those_without_a_vote_are_nowhere():
    table = np.concatenate([camps((40, 20), 12, seed=2), np.full((3, 12), np.nan)])
    divisions = find_divisions(*asked(table))
    for one in divisions:
        np.testing.assert_allclose(one.membership[:60].sum(axis=1), 1, atol=1e-9)
        assert (one.membership[60:] == 0).all()
        assert one.shares.sum() == pytest.approx(1)
        assert one.counts.any()


def test_parts_smaller_than_asked_for_are_not_asked(small):
    _, answers, bridging = small
    divisions = find_divisions(answers, bridging, settings=CommonGroundSettings(least_part=0.4))
    assert all(one.counts.sum() == 1 for one in divisions)
    strict = find_weakest(find_divisions(answers, bridging), level=0.9)
    assert strict.margin.mean() < find_weakest(divisions, level=0.9).margin.mean()


def test_one_part_is_everybody(small):
    _, answers, bridging = small
    (only,) = find_divisions(answers, bridging, settings=CommonGroundSettings(most_parts=1))
    assert (only.weight, only.shares.tolist()) == (1.0, [1.0])


@pytest.mark.parametrize("table", [np.full((3, 2), np.nan), np.zeros((4, 3))])
def test_without_decided_votes_there_is_one_part(table):
    assert len(find_divisions(*asked(table))) == 1


def test_parts_found_in_a_thinned_public_are_much_the_same(monkeypatch):
    public = draw_public(KINDS["60/40 axes"], 4, participants=1500, statements=60)
    votes = collect_votes(public, 4).votes
    bridging = fit_bridging(votes, find_opinion_map(votes))
    answers = Answers.of(votes, bridging)
    whole = find_weakest(find_divisions(answers, bridging), level=0.9)
    monkeypatch.setattr(module, "_SEARCHED", 6_000)
    monkeypatch.setattr(module, "_SEARCHED_PER_STATEMENT", 1)
    monkeypatch.setattr(module, "_FITTED", 12_000)
    thinned = find_weakest(find_divisions(answers, bridging), level=0.9)
    assert np.abs(whole.margin - thinned.margin).max() < 0.08
    assert np.corrcoef(whole.margin, thinned.margin)[0, 1] > 0.97


def test_what_a_set_lacks_in_votes_is_taken_from_its_other_answers(small):
    public, _, bridging = small
    votes = collect_votes(public, 2).votes
    rows = votes.row_of_vote()
    hidden = 7
    kept = (votes.columns != hidden) | (public.groups[rows] == 0)
    fewer = VoteMatrix.from_rows(
        rows[kept], votes.columns[kept].astype(np.int64), votes.codes[kept], participants=votes.participants, statements=votes.statements
    )
    answers = Answers.of(fewer, bridging)
    membership = (public.groups[:, None] == np.arange(3)).astype(float)
    offsets = fit_offsets(answers, membership)
    middle, doubt = agreement_of(offsets, bridging, membership)
    assert doubt[2, hidden] > 1.5 * np.median(doubt[2])
    line = offsets.line[2, 0] + offsets.line[2, 1] * answers.appeal[hidden]
    assert offsets.offset[2, hidden] == pytest.approx(line, abs=0.05)
    assert abs(middle[2, hidden]) < 4 * doubt[2, hidden] + 1
    assert offsets.spread[2] > offsets.spread[0]


def test_a_set_of_nobody_is_expected_to_answer_as_the_middle(small):
    _, answers, bridging = small
    nobody = np.zeros((len(answers.readiness), 1))
    middle, _ = agreement_of(fit_offsets(answers, nobody), bridging, nobody)
    np.testing.assert_allclose(middle[0], bridging.mean + answers.appeal, atol=1e-6)


def test_halved_votes_say_half_as_much(small):
    _, answers, bridging = small
    everybody = np.ones((len(answers.readiness), 1))
    half = Answers.of(answers.votes, bridging, np.full(answers.votes.n_votes, 0.5))
    whole, halved = (fit_offsets(one, everybody) for one in (answers, half))
    np.testing.assert_allclose(halved.information, whole.information / 2, rtol=0.25)
    np.testing.assert_allclose(half.presence, answers.presence / 2)
    assert len(find_divisions(half, bridging)) == 4
    kept = half.keep(np.arange(len(answers.readiness)) < 100)
    assert (kept.votes.shape[0], len(kept.weights)) == (100, kept.votes.n_votes)
