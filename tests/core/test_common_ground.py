import numpy as np
import pytest
from scipy.stats import beta

from klal.core import common_ground as module
from klal.core.bridging import fit_bridging, reliability
from klal.core.common_ground import agreement_by_rank, estimate_agreement, find_common_ground, find_divisiveness
from klal.core.grouping import find_groups
from klal.core.opinion_map import find_opinion_map
from klal.core.results import VoteTally
from klal.core.settings import BridgingSettings, CommonGroundSettings
from klal.core.tally import tally_groups
from klal.simulation.conversation import PopulationSettings, simulate_conversation
from tests.core.tables import camps, matrix


def everything(table):
    votes = matrix(table)
    opinion_map = find_opinion_map(votes)
    grouping = find_groups(opinion_map)
    return votes, opinion_map, grouping, tally_groups(votes, grouping.labels, grouping.n_groups), fit_bridging(votes, opinion_map)


def test_what_all_share_comes_first_and_what_one_camp_likes_after():
    table = camps((70, 30), 30, shared=8, seen=1.0)
    _, _, grouping, tally, bridging = everything(table)
    found = find_common_ground(tally, grouping, bridging)
    assert sorted(found.rank.tolist()) == list(range(1, 31))
    truth = np.array([np.nanmean(table[part] == 1, axis=0) for part in (slice(0, 70), slice(70, 100))]).min(axis=0)
    assert truth[np.argsort(found.rank)[:8]].min() > 0.75


def test_the_ranking_key_is_the_lower_end_of_the_group_that_is_least_sure_to_agree():
    _, _, grouping, tally, bridging = everything(camps((70, 30), 30))
    found = find_common_ground(tally, grouping, bridging)
    np.testing.assert_array_equal(found.bound, found.lower.min(axis=0))
    np.testing.assert_array_equal(found.weakest_group, found.lower.argmin(axis=0))
    np.testing.assert_array_equal(found.score, found.agreement.min(axis=0))
    assert (np.diff(found.bound[np.argsort(found.rank)]) <= 1e-9).all()


def test_ends_lie_around_the_estimate_and_are_those_of_a_beta():
    _, _, grouping, tally, bridging = everything(camps((70, 30), 30))
    settings = CommonGroundSettings(model_votes=4.0, level=0.8)
    agreement, lower, upper = estimate_agreement(tally, grouping.labels, bridging, settings=settings)
    assert ((lower < agreement) & (agreement < upper)).all()
    expected = module._expected_of_set(bridging, grouping.labels, 0)
    weight = module._model_weight(expected, module._doubt_of_set(bridging, grouping.labels, 0), 4.0)
    mean = (tally.agree[0] + weight * expected) / (tally.decided[0] + weight)
    a, b = (tally.decided[0] + 1) * mean + 0.25, (tally.decided[0] + 1) * (1 - mean) + 0.25
    np.testing.assert_allclose(agreement[0], mean)
    np.testing.assert_allclose(lower[0], beta.ppf(0.1, a, b), rtol=1e-6)
    np.testing.assert_allclose(upper[0], beta.ppf(0.9, a, b), rtol=1e-6)


def test_more_votes_make_narrower_intervals():
    _, _, grouping, tally, bridging = everything(camps((70, 30), 30))
    ten = VoteTally(tally.agree * 10, tally.disagree * 10, tally.passed)
    _, lower, upper = estimate_agreement(tally, grouping.labels, bridging)
    _, lower_ten, upper_ten = estimate_agreement(ten, grouping.labels, bridging)
    assert (upper_ten - lower_ten < upper - lower).all()


def test_equal_statements_are_ranked_by_id():
    table = np.repeat(camps((30, 20), 6, seen=1.0), 2, axis=1)
    _, _, grouping, tally, bridging = everything(table)
    rank = find_common_ground(tally, grouping, bridging).rank
    assert (rank[::2] + 1 == rank[1::2]).all()


def test_a_group_without_members_is_expected_to_be_at_the_centre():
    _, _, _grouping, _, bridging = everything(camps((30, 20), 12))
    none = np.full(50, -1, dtype=np.int32)
    np.testing.assert_array_equal(module._expected_of_set(bridging, none, 0), bridging.score)
    assert np.isfinite(module._doubt_of_set(bridging, none, 0)).all()


def test_thinning_a_large_group_hardly_moves_the_estimate(monkeypatch):
    _, _, grouping, tally, bridging = everything(camps((700, 300), 30))
    whole = find_common_ground(tally, grouping, bridging).agreement
    monkeypatch.setattr(module, "_MOST_CHANCES", 1500)
    np.testing.assert_allclose(find_common_ground(tally, grouping, bridging).agreement, whole, atol=0.01)


def test_intervals_hold_the_true_share_about_nine_times_in_ten():
    held, count = 0, 0
    for seed in range(6):
        settings = PopulationSettings(participants=400, statements=60, group_shares=(0.7, 0.3), within=0.2, mean_votes=25)
        conversation = simulate_conversation(settings, seed=seed)
        votes, truth = conversation.votes, conversation.agreement()
        labels = conversation.groups
        opinion_map = find_opinion_map(votes)
        _, lower, upper = estimate_agreement(tally_groups(votes, labels, 2), labels, fit_bridging(votes, opinion_map))
        share = np.stack([truth[labels == g].mean(axis=0) for g in range(2)])
        held += ((lower <= share) & (share <= upper)).sum()
        count += share.size
    assert 0.85 <= held / count <= 0.97


def test_divisiveness_is_high_where_camps_differ_and_low_where_they_share():
    _, opinion_map, _, _, bridging = everything(camps((50, 50), 30, shared=8))
    found = find_divisiveness(bridging, opinion_map)
    assert ((found >= 0) & (found <= 1)).all()
    assert found[:8].max() < 0.2 < 0.5 < found[8:].max()


def test_nobody_placed_is_divided_by_nothing():
    votes = matrix(np.full((4, 3), np.nan))
    opinion_map = find_opinion_map(votes)
    assert find_divisiveness(fit_bridging(votes, opinion_map), opinion_map).tolist() == [0, 0, 0]


def test_every_rank_gets_its_own_agreement():
    table = np.array([[1.0, -1]] * 10 + [[-1, -1]] * 10 + [[1, 1]] * 3)
    votes, _, _, _, bridging = everything(table)
    ages = ["old"] * 10 + ["young"] * 10 + [None] * 3
    (found,) = agreement_by_rank(votes, {"age": ages, "nothing": [None] * 23}, bridging)
    assert (found.feature, found.ranks, found.sizes.tolist()) == ("age", ("old", "young"), [10, 10])
    assert found.tally.agree.tolist() == [[10, 0], [0, 0]]
    assert found.agreement[0, 0] > 0.75 > 0.25 > found.agreement[1, 0]


@pytest.mark.parametrize("doubt", [0.0, 1e-3, 1.0, 100.0])
def test_the_model_counts_for_at_least_one_vote_and_at_most_as_many_as_allowed(doubt):
    weight = module._model_weight(np.array([0.5, 0.99]), np.array([doubt, doubt]), 8.0)
    assert ((weight >= 1) & (weight <= 8)).all()


@pytest.mark.parametrize("factors", [0, 1])
def test_fewer_factors_will_do(factors):
    votes, _, grouping, tally, _ = everything(camps((30, 20), 12))
    bridging = fit_bridging(votes, find_opinion_map(votes), settings=BridgingSettings(n_factors=factors))
    known = reliability(bridging, np.arange(50))
    assert ((known > 0) & (known <= 1)).all()
    assert (known == 1).all() == (factors == 0)
    assert np.isfinite(find_common_ground(tally, grouping, bridging).bound).all()
