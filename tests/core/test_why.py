from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from klal.core.person_model import PersonModel, rows_of
from klal.core.pipeline import analyse
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.core.why import smallest_change, stacked, why_group, why_person
from klal.simulation.publics import SEPARATED, collect_votes, draw_public
from tests.core.tables import camps, matrix

PUBLIC = draw_public(SEPARATED["50/50 apart"], 0, participants=240, statements=40)


@pytest.fixture(scope="module")
def analysis():
    return analyse(collect_votes(PUBLIC, 0).votes)


@pytest.fixture(scope="module")
def model(analysis):
    return PersonModel.of(analysis)


def ballot(analysis, row: int):
    votes = analysis.votes
    part = slice(int(votes.indptr[row]), int(votes.indptr[row + 1]))
    decided = votes.codes[part] != PASS
    return votes.columns[part][decided].astype(np.int64), votes.codes[part][decided]


def placed(analysis) -> list[int]:
    return np.flatnonzero(analysis.grouping.labels >= 0).tolist()


def test_people_are_placed_in_the_groups_that_the_analysis_found(analysis, model):
    votes = analysis.votes
    odds = model.log_odds((votes.indptr, votes.columns, votes.codes))
    same = np.argmax(odds, axis=1) == analysis.grouping.labels
    assert same[placed(analysis)].mean() > 0.95
    assert why_person(analysis, placed(analysis)[0], model=model).is_same


def test_a_person_stands_at_the_likeliest_place_given_their_votes(analysis, model):
    columns, codes = ballot(analysis, placed(analysis)[0])
    mode = model.solve(stacked(columns, [codes]))[0][0]

    def minus_posterior(theta):
        value = model.offset[columns] + model.design[columns] @ theta
        return np.sum(np.log1p(np.exp(np.where(codes == AGREE, -value, value)))) + 0.5 * model.prior @ theta**2

    lowest = minus_posterior(mode)
    for step in 0.01 * np.concatenate([np.eye(len(mode)), -np.eye(len(mode))]):
        assert minus_posterior(mode + step) > lowest


def test_leaving_out_a_vote_is_placing_the_person_without_it(analysis, model):
    row = placed(analysis)[3]
    columns, codes = ballot(analysis, row)
    found = why_person(analysis, row, model=model)
    k = int(np.flatnonzero(columns == found.statements[0])[0])
    without = np.delete(codes, k), np.delete(columns, k)
    whole, less = (model.log_odds(stacked(c, [x]))[0] for x, c in ((codes, columns), without))
    lead = [one[found.group] - np.delete(one, found.group).max() for one in (whole, less)]
    assert found.effect[0] == pytest.approx(lead[0] - lead[1])


def test_the_votes_that_matter_most_come_first_and_passes_do_not_come_at_all(analysis, model):
    row = placed(analysis)[5]
    found = why_person(analysis, row, model=model)
    columns, codes = ballot(analysis, row)
    assert (np.diff(np.abs(found.effect)) <= 1e-9).all()
    assert sorted(found.statements.tolist()) == columns.tolist()
    agreed = dict(zip(columns.tolist(), (codes == AGREE).tolist(), strict=True))
    assert [agreed[j] for j in found.statements.tolist()] == found.agreed.tolist()
    assert found.shift.shape == (len(columns), 2)


@pytest.mark.parametrize("withdraw", [True, False])
def test_the_smallest_change_found_one_by_one_is_the_smallest_there_is(analysis, model, withdraw):
    rows = [row for row in placed(analysis) if 4 <= len(ballot(analysis, row)[0]) <= 9]
    same = []
    for row in rows[:25]:
        columns, codes = ballot(analysis, row)
        group = int(np.argmax(model.log_odds(stacked(columns, [codes]))[0]))
        found = smallest_change(model, columns, codes, group, withdraw=withdraw)
        same.append((None if found is None else len(found.statements)) == by_trying_all(model, columns, codes, group, withdraw))
    assert len(same) > 10
    assert np.mean(same) >= 0.95


def by_trying_all(model, columns, codes, group, withdraw) -> int | None:
    other = np.zeros_like(codes) if withdraw else np.where(codes == AGREE, DISAGREE, AGREE).astype(np.int8)
    for size in range(1, len(codes) + 1):
        ballots = []
        for those in combinations(range(len(codes)), size):
            one = codes.copy()
            one[list(those)] = other[list(those)]
            ballots.append(one)
        if (np.argmax(model.log_odds(stacked(columns, ballots)), axis=1) != group).any():
            return size
    return None


def test_a_smallest_change_does_what_it_says(analysis, model):
    row = placed(analysis)[7]
    columns, codes = ballot(analysis, row)
    found = why_person(analysis, row, model=model)
    changed = np.isin(columns, found.reversed.statements)
    turned = np.where(changed, np.where(codes == AGREE, DISAGREE, AGREE), codes).astype(np.int8)
    assert int(np.argmax(model.log_odds(stacked(columns, [turned]))[0])) == found.reversed.group != found.group
    kept = np.where(np.isin(columns, found.withdrawn.statements), 0, codes).astype(np.int8)
    assert int(np.argmax(model.log_odds(stacked(columns, [kept]))[0])) == found.withdrawn.group


def test_what_is_not_needed_for_a_change_is_put_back():
    model = PersonModel(
        offset=np.zeros(4),
        design=np.array([[0.0, 2.0, 1.0], [0.0, 0.0, -2.0], [0.0, -1.0, -3.0], [0.0, -3.0, -3.0]]),
        prior=np.ones(3),
        shares=np.full(3, 1 / 3),
        centres=np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]]),
        shape=np.eye(2) * 0.2,
    )
    found = smallest_change(model, np.arange(4), np.full(4, AGREE), 2, withdraw=False)
    assert set(found.statements) == {1, 2}  # found with a third vote before them, which is not needed with both
    assert found.group == 1


def test_with_one_body_a_vote_matters_as_far_as_it_moves_the_person():
    rng = np.random.default_rng(0)
    analysis = analyse(VoteMatrix.from_array(rng.choice([1.0, -1.0, np.nan], (60, 12))))
    found = why_person(analysis, 0)
    assert found.group == -1
    assert found.is_same
    assert (found.effect >= 0).all()
    assert found.withdrawn is None
    assert found.reversed is None
    assert why_group(analysis, 0).dissolving is None
    assert len(why_group(analysis, 0).statements) == 0


def test_who_only_passed_has_no_votes_that_put_them_anywhere():
    table = camps((40, 30))
    table[0] = 0.0
    analysis = analyse(matrix(table))
    found = why_person(analysis, 0)
    assert len(found.statements) == 0
    assert found.reversed is None
    assert len(why_group(analysis, 0).statements) == 30


def test_names_and_order_do_not_matter(analysis):
    votes = analysis.votes
    rng = np.random.default_rng(1)
    people = rng.permutation(votes.shape[0])
    other = VoteMatrix.from_rows(
        people[votes.row_of_vote()],
        votes.columns.astype(np.int64),
        votes.codes,
        participants=votes.participants,
        statements=votes.statements,
    )
    row = placed(analysis)[2]
    first, second = why_person(analysis, row), why_person(analyse(other), int(people[row]))
    assert first.statements[:3].tolist() == second.statements[:3].tolist()
    np.testing.assert_allclose(first.effect, second.effect, atol=0.02)


def test_what_sets_a_group_apart_is_what_the_camps_differ_on():
    analysis = analyse(matrix(camps((70, 50), 24, shared=8)))
    truth = np.argmax(np.bincount(analysis.grouping.labels[:70]))
    found = why_group(analysis, int(truth))
    assert (found.statements[:10] >= 8).all()
    assert (np.diff(found.effect) <= 1e-9).all()
    assert found.share == pytest.approx(70 / 120, abs=0.03)
    assert np.abs(found.share_without - found.share).max() < 0.1


def test_a_group_dissolves_without_what_holds_it_together():
    analysis = analyse(matrix(camps((70, 50), 24, shared=14)))
    assert analysis.grouping.n_groups == 2
    found = why_group(analysis, 0)
    assert found.dissolving is not None
    assert set(found.dissolving) <= set(range(14, 24))


def test_a_group_that_many_statements_hold_together_does_not_dissolve_without_forty():
    analysis = analyse(matrix(camps((60, 60), 120, shared=4)))
    assert why_group(analysis, 0).dissolving is None


def test_very_many_votes_are_thinned_by_people(analysis, monkeypatch):
    full = why_group(analysis, 0)
    monkeypatch.setattr("klal.core.why._MOST_CELLS", 20_000)
    some = why_group(analysis, 0)
    assert len(some.statements) <= len(full.statements)
    assert some.share == pytest.approx(full.share, abs=0.1)


def test_the_clouds_of_very_many_people_are_fitted_to_an_even_part(analysis, model, monkeypatch):
    monkeypatch.setattr("klal.core.person_model._MOST_FITTED", 100)
    few = PersonModel.of(analysis)
    np.testing.assert_allclose(few.shares, model.shares, atol=0.1)


def test_votes_of_some_people_are_taken_as_they_are(analysis):
    votes = analysis.votes
    start, columns, codes = rows_of((votes.indptr, votes.columns, votes.codes), np.array([3, 1]))
    first = slice(int(votes.indptr[3]), int(votes.indptr[4]))
    np.testing.assert_array_equal(columns[: start[1]], votes.columns[first])
    np.testing.assert_array_equal(codes[: start[1]], votes.codes[first])
    assert start[-1] == votes.votes_per_participant[[3, 1]].sum()
