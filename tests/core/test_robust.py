from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from klal.core.bridging import fit_bridging
from klal.core.common_ground import Judges
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Grouping, Reason, Verdict
from klal.core.robust import find_robust_ground
from klal.core.surplus import find_surplus, lay_out_turnout
from tests.core.tables import matrix


@cache
def any_division():
    """Return some division, to be filled with other parts."""
    votes = matrix(np.array([[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]))
    bridging = fit_bridging(votes, find_opinion_map(votes))
    return Judges.of(votes, undivided(3), bridging).divisions[0]


def undivided(n):
    return Grouping(np.zeros(n, np.int32), np.ones((n, 1)), np.zeros((1, 2)), Verdict.NONE, 0.0, 0.0, Reason.ONE_CLOUD)


def division(n, shares, labels=None):
    h = len(shares)
    membership = np.ones((n, 1)) if h == 1 else np.eye(h)[labels]
    return replace(any_division(), membership=membership, shares=np.array(shares), counts=np.ones(h, dtype=bool), weight=1.0)


def ground(table, divisions, weights=None):
    votes = matrix(table)
    weights = np.ones(len(table)) if weights is None else weights
    turnout = lay_out_turnout(votes, np.where(votes.votes_per_participant > 0, 0, -1).astype(np.int32), 1, weights)
    return find_robust_ground(votes, divisions, (turnout, find_surplus(turnout)), weights, level=0.9)


def camps_of(n=300, m=40, *, seed=0):
    """Two camps of 200 and 100 with their own share of agreement on each statement, people of every turnout."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0.1, 0.95, (2, m))
    labels = np.repeat([0, 1], [2 * n // 3, n - 2 * n // 3])
    table = np.where(rng.random((n, m)) < truth[labels], 1.0, -1.0)
    answered = np.exp(rng.normal(np.log(14), 0.7, n)).clip(4, m) / m
    table[rng.random((n, m)) > answered[:, None]] = np.nan
    return table, labels, truth


def test_the_ranking_follows_the_part_that_agrees_least():
    table, labels, truth = camps_of()
    found = ground(table, [division(300, (2 / 3, 1 / 3), labels)])
    assert sorted(found.rank.tolist()) == list(range(1, 41))
    weakest = truth.min(axis=0)
    assert np.corrcoef(found.margin, weakest)[0, 1] > 0.8
    assert weakest[np.argsort(found.rank)[:5]].mean() > weakest.mean() + 0.2
    assert (found.bound <= weakest + 0.05).mean() > 0.9


def test_a_brigade_that_answers_little_else_gains_little():
    table, labels, truth = camps_of()
    target = int(np.argsort(truth.min(axis=0))[3])
    rng = np.random.default_rng(3)
    added = np.where(rng.random((15, 40)) < 0.5, 1.0, -1.0)
    added[rng.random((15, 40)) > 0.15] = np.nan
    added[:, target] = 1.0
    both, joined = np.concatenate([table, added]), np.concatenate([labels, np.arange(15) % 2])
    before = ground(table, [division(300, (2 / 3, 1 / 3), labels)])
    after = ground(both, [division(315, (2 / 3, 1 / 3), joined)])
    assert before.rank[target] - after.rank[target] <= 4
    share = [(one[:, target] == 1).sum() / (~np.isnan(one[:, target])).sum() for one in (table, both)]
    assert share[1] > 1.5 * share[0]


def test_people_who_do_not_count_change_nothing():
    table, labels, _ = camps_of()
    doubled, twice = np.concatenate([table, table[:20]]), np.concatenate([labels, labels[:20]])
    weights = np.ones(320)
    weights[300:] = 0.0
    plain = ground(table, [division(300, (2 / 3, 1 / 3), labels)])
    found = ground(doubled, [division(320, (2 / 3, 1 / 3), twice)], weights)
    np.testing.assert_allclose(found.margin, plain.margin)
    np.testing.assert_array_equal(found.rank, plain.rank)


def test_divisions_count_by_their_weight():
    table, labels, _ = camps_of()
    one, two = division(300, (1.0,)), division(300, (2 / 3, 1 / 3), labels)
    either = [ground(table, [some]).margin for some in (one, two)]
    half = [replace(one, weight=0.5), replace(two, weight=0.5)]
    np.testing.assert_allclose(ground(table, half).margin, (either[0] + either[1]) / 2)


@pytest.mark.parametrize("value", [np.nan, 1.0, -1.0])
def test_no_votes_and_votes_all_one_way_are_no_trouble(value):
    found = ground(np.full((12, 3), value), [division(12, (1.0,))])
    assert np.isfinite(found.margin).all()
    assert ((found.bound >= 0) & (found.bound <= 1)).all()
    assert found.rank.tolist() == [1, 2, 3]


def test_other_numbers_permute_the_ranking():
    table, labels, _ = camps_of()
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(300), rng.permutation(40)
    plain = ground(table, [division(300, (2 / 3, 1 / 3), labels)])
    moved = ground(table[rows][:, columns], [division(300, (2 / 3, 1 / 3), labels[rows])])
    np.testing.assert_allclose(moved.margin, plain.margin[columns])


def test_it_takes_the_parts_as_the_plain_rule_finds_them():
    table, _, truth = camps_of(seed=1)
    votes = matrix(table)
    bridging = fit_bridging(votes, find_opinion_map(votes))
    found = ground(table, Judges.of(votes, undivided(300), bridging).divisions)
    assert np.corrcoef(found.margin, truth.min(axis=0))[0, 1] > 0.6
