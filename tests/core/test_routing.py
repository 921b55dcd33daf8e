from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from klal.core.bridging import fit_bridging
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Bridging
from klal.core.routing import Routing, RoutingSettings, plan_routing
from klal.core.tally import tally_votes
from klal.core.votes import VoteMatrix
from tests.core.tables import camps, matrix


def fitted(votes: VoteMatrix) -> Bridging:
    return fit_bridging(votes, find_opinion_map(votes))


def planned(votes: VoteMatrix, **given: object) -> Routing:
    return plan_routing(votes, tally_votes(votes), fitted(votes), **given)  # type: ignore[arg-type]


def table(rows: np.ndarray, seen: float = 0.6, seed: int = 0) -> np.ndarray:
    """Leave out votes at random."""
    return np.where(np.random.default_rng(seed).random(rows.shape) < seen, rows, np.nan)


def agreed_by(shares: list[tuple[float, float]], members: tuple[int, int] = (80, 20), seed: int = 1) -> np.ndarray:
    """Two camps that agree with each statement by its pair of shares, and with ten more on which they are wholly apart."""
    rng = np.random.default_rng(seed)
    columns = [*shares, *[(0.95, 0.05)] * 5, *[(0.05, 0.95)] * 5]
    chance = np.concatenate([np.tile([pair[camp] for pair in columns], (members[camp], 1)) for camp in (0, 1)])
    return np.where(rng.random(chance.shape) < chance, 1.0, -1.0)


VOTES = matrix(table(camps((60, 40), 30, shared=8)))


def test_every_region_draws_by_a_law_over_all_statements():
    plan = planned(VOTES)
    k = len(plan.centres)
    assert k == 5
    assert plan.weights.shape == (k + 1, 30)
    np.testing.assert_allclose(plan.weights.sum(axis=1), 1)
    assert plan.fresh.shape == (k + 1,)
    assert (plan.appeal.shape, plan.axes.shape, plan.ease.shape) == ((30,), (30, 2), (30,))


def test_no_statement_starves():
    plan = planned(VOTES, settings=RoutingSettings(even_share=0.3))
    assert plan.weights.min() > 0.3 * 0.3 / 30


def test_with_an_even_share_of_1_only_exposure_counts():
    rows = table(camps((60, 40), 30, shared=8))
    rows[30:, 3] = np.nan
    plan = planned(matrix(rows), settings=RoutingSettings(even_share=1.0))
    seen = (~np.isnan(rows)).sum(axis=0)
    np.testing.assert_allclose(plan.weights[-1], (1 / (seen + 2)) / (1 / (seen + 2)).sum())
    assert np.argmax(plan.weights[-1]) == 3


def test_a_new_statement_weighs_more_than_those_that_are_known():
    plan = planned(VOTES)
    assert (plan.fresh > 5 * np.median(plan.weights, axis=1)).all()


def test_a_statement_that_hardly_anybody_has_seen_is_drawn_like_a_new_one():
    rows = table(camps((60, 40), 30, shared=8))
    rows[1:, 0] = np.nan
    plan = planned(matrix(rows))
    assert plan.weights[-1, 0] > 4 * np.median(plan.weights[-1])


def test_votes_go_to_what_may_be_common_ground_and_not_to_what_a_camp_rejects():
    rows = table(agreed_by([*[(0.9, 0.8)] * 6, *[(0.95, 0.1)] * 6]), 0.7)
    plan = planned(matrix(rows), settings=RoutingSettings(contenders=6))
    small = int(np.argmin(np.abs(plan.centres[:, 0] - fitted_mean(rows, slice(80, 100)))))
    assert plan.weights[small, :6].mean() > 2 * plan.weights[small, 6:12].mean()


def fitted_mean(rows: np.ndarray, people: slice) -> float:
    """Return where some people stand along the first axis, on the scale of the plan."""
    bridging = fitted(matrix(rows))
    factors = bridging.statement[:, 1:]
    _, _, turn = np.linalg.svd(factors, full_matrices=False)
    first = turn[0] * (-1.0 if turn[0].sum() < 0 else 1.0)
    return float((bridging.person[people, 1:] @ first).mean())


def test_a_small_camp_far_out_has_a_region_of_its_own():
    rows = table(agreed_by([(0.9, 0.2)] * 10, members=(190, 10)), 0.8)
    plan = planned(matrix(rows))
    small, large = fitted_mean(rows, slice(190, 200)), fitted_mean(rows, slice(0, 190))
    assert np.abs(plan.centres[:, 0] - small).min() < 0.35 * abs(small - large)


def test_the_first_axis_is_the_one_that_divides_most():
    plan = planned(VOTES)
    lengths = np.linalg.norm(plan.axes, axis=0)
    assert lengths[0] >= lengths[1]
    divides = np.abs(plan.axes[:, 0])
    assert np.median(divides[8:]) > divides[:8].max()


def test_turning_the_factors_changes_no_chance():
    bridging = fitted(VOTES)
    plan = plan_routing(VOTES, tally_votes(VOTES), bridging)
    _, _, turn = np.linalg.svd(bridging.statement[:, 1:], full_matrices=False)
    signs = np.where(turn[:2].sum(axis=1) < 0, -1.0, 1.0)
    people = bridging.person[:, 1:] @ (turn[:2] * signs[:, None]).T
    if bridging.statement.shape[1] == 3:
        np.testing.assert_allclose(people @ plan.axes.T, bridging.person[:, 1:] @ bridging.statement[:, 1:].T, atol=1e-9)
    np.testing.assert_allclose(plan.appeal, bridging.mean + bridging.statement[:, 0])


def test_people_are_placed_by_statements_once_those_are_known():
    few = planned(matrix(table(camps((20, 20), 30, shared=8))))
    many = planned(matrix(table(camps((120, 120), 30, shared=8))))
    assert few.maturity == 0
    assert many.maturity == 1
    between = planned(matrix(table(camps((60, 44), 30, shared=8))))
    assert 0 < between.maturity < 1


def test_a_first_statement_is_short_seldom_passed_on_and_not_worn():
    rows = table(camps((60, 40), 30, shared=8), 0.8)
    rows[:, 4] = np.where(np.isnan(rows[:, 4]), np.nan, 0)
    rows[10:, 6] = np.nan
    brevity = np.ones(30)
    brevity[5] = 0.2
    plan = planned(matrix(rows), brevity=brevity)
    assert plan.ease[4] < 0.1 * np.median(plan.ease)
    assert plan.ease[5] == pytest.approx(0.2 * planned(matrix(rows)).ease[5])
    assert np.argmax(plan.ease) == 6


def test_without_factors_everybody_stands_in_one_region():
    bridging = fitted(VOTES)
    flat = replace(bridging, person=bridging.person[:, :1], statement=bridging.statement[:, :1])
    plan = plan_routing(VOTES, tally_votes(VOTES), flat)
    assert plan.centres.tolist() == [[0.0, 0.0]]
    assert not plan.axes.any()


def test_one_factor_is_one_axis():
    bridging = fitted(VOTES)
    one = replace(bridging, person=bridging.person[:, :2], statement=bridging.statement[:, :2])
    plan = plan_routing(VOTES, tally_votes(VOTES), one)
    assert plan.axes[:, 0].any()
    assert not plan.axes[:, 1].any()


def test_where_nobody_has_voted_every_statement_is_as_likely():
    nothing = matrix(np.full((3, 4), np.nan))
    plan = planned(nothing)
    assert plan.centres.shape == (0, 2)
    assert plan.weights.tolist() == [[0.25] * 4]
    assert plan.fresh.tolist() == [0.25]
    assert plan.maturity == 0


def test_without_statements_there_is_nothing_to_draw():
    plan = planned(matrix(np.zeros((0, 0))))
    assert plan.weights.shape == (1, 0)
    assert plan.maturity == 0


def test_the_order_of_people_and_statements_makes_no_difference():
    rows = table(camps((60, 40), 30, shared=8))
    rng = np.random.default_rng(4)
    people, statements = rng.permutation(100), rng.permutation(30)
    bridging = fitted(matrix(rows))
    turned = replace(
        bridging,
        person=bridging.person[people],
        person_cov=bridging.person_cov[people],
        statement=bridging.statement[statements],
        statement_cov=bridging.statement_cov[statements],
    )
    votes, other = matrix(rows), matrix(rows[people][:, statements])
    first, second = plan_routing(votes, tally_votes(votes), bridging), plan_routing(other, tally_votes(other), turned)
    np.testing.assert_allclose(second.weights, first.weights[:, statements], rtol=1e-6)
    np.testing.assert_allclose(second.centres, first.centres, atol=1e-9)


def test_thousands_of_people_are_thinned_and_all_of_them_counted():
    rows = table(camps((1400, 900), 12, shared=4), 0.9)
    plan = planned(matrix(rows))
    assert len(plan.centres) == 5
    assert np.isfinite(plan.weights).all()
