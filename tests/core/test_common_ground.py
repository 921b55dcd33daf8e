import numpy as np
import pytest

from klal.core.bridging import fit_bridging
from klal.core.common_ground import Judges, agreement_by_rank, estimate_agreement, find_common_ground, find_divisiveness
from klal.core.opinion_map import find_opinion_map
from klal.core.pipeline import analyse
from klal.core.results import Grouping, Reason, Verdict
from klal.core.settings import BridgingSettings, CommonGroundSettings
from klal.core.votes import VoteMatrix
from klal.errors import BadOptionError
from klal.simulation.publics import KINDS, collect_votes, draw_public
from tests.core.tables import camps, matrix


def grouped(labels):
    labels = np.asarray(labels, dtype=np.int32)
    membership = (labels[:, None] == np.arange(max(labels.max(initial=0) + 1, 1))).astype(np.float64)
    centres = np.zeros((membership.shape[1], 2))
    return Grouping(labels, membership, centres, Verdict.CLEAR, 1.0, 1.0, Reason.SEPARATE)


def everything(table, labels=None):
    votes = matrix(table)
    grouping = grouped(np.zeros(len(table)) if labels is None else labels)
    return votes, grouping, fit_bridging(votes, find_opinion_map(votes))


@pytest.fixture(scope="module")
def divided():
    """A public of 95 and 5 in a hundred, its votes, and the model of them."""
    public = draw_public(KINDS["95/5 axes"], 2)
    votes = collect_votes(public, 2).votes
    return public, votes, fit_bridging(votes, find_opinion_map(votes))


def test_what_all_share_comes_first_and_what_one_camp_likes_after():
    table = camps((70, 30), 30, shared=8, seen=1.0)
    found = find_common_ground(*everything(table, [0] * 70 + [1] * 30))
    assert sorted(found.rank.tolist()) == list(range(1, 31))
    truth = np.array([np.nanmean(table[part] == 1, axis=0) for part in (slice(0, 70), slice(70, 100))]).min(axis=0)
    assert truth[np.argsort(found.rank)[:8]].min() > 0.75
    assert (found.bound[np.argsort(found.rank)[:8]] > 0.5).all()


def test_a_minority_counts_even_where_no_groups_are_drawn(divided):
    public, votes, bridging = divided
    found = find_common_ground(votes, grouped(np.zeros(600)), bridging)
    top = np.argsort(found.rank)[:10]
    everybody = np.argsort(-found.agreement[0], kind="stable")[:10]
    assert public.weakest[top].mean() > public.weakest[everybody].mean() + 0.1
    assert (found.bound[top] <= public.weakest[top]).mean() >= 0.8
    assert np.median(found.weakest_share[everybody]) < 0.3


def test_the_bound_is_never_above_the_lower_end_of_a_group():
    table = camps((70, 30), 30)
    found = find_common_ground(*everything(table, [0] * 70 + [1] * 30))
    assert (found.bound <= found.lower.min(axis=0)).all()
    assert (found.unwanted_bound >= found.upper.max(axis=0)).all()
    np.testing.assert_array_equal(found.weakest_group, found.lower.argmin(axis=0))
    np.testing.assert_array_equal(found.score, found.agreement.min(axis=0))
    assert (np.diff(found.margin[np.argsort(found.rank)]) <= 1e-9).all()


def test_what_everybody_rejects_comes_first_among_the_unwanted():
    table = camps((70, 30), 30, shared=8, seen=1.0)
    found = find_common_ground(*everything(-table, [0] * 70 + [1] * 30))
    rejected = np.array([np.mean(table[part] == -1, axis=0) for part in (slice(0, 70), slice(70, 100))]).max(axis=0) < 0.3
    assert rejected[:8].all()
    assert rejected[np.argsort(found.unwanted_rank)[: rejected.sum()]].all()
    assert (found.unwanted_bound[:8] < 0.5).all()
    assert (found.rank[:8] > 15).all()


def test_rejecting_is_agreeing_with_the_opposite():
    table = camps((40, 20), 12, seed=3)
    labels = [0] * 40 + [1] * 20
    found, opposite = (find_common_ground(*everything(one, labels)) for one in (table, -table))
    np.testing.assert_allclose(found.agreement, 1 - opposite.agreement, atol=0.01)
    np.testing.assert_allclose(found.unwanted_bound, 1 - opposite.bound, atol=0.03)


def test_ends_lie_around_the_estimate_and_spread_with_the_level():
    votes, grouping, bridging = everything(camps((70, 30), 30), [0] * 70 + [1] * 30)
    agreement, lower, upper = estimate_agreement(votes, grouping.labels, 2, bridging)
    assert ((lower < agreement) & (agreement < upper)).all()
    _, low, high = estimate_agreement(votes, grouping.labels, 2, bridging, settings=CommonGroundSettings(level=0.5))
    assert ((lower < low) & (high < upper)).all()


def test_more_votes_make_narrower_intervals():
    table = camps((70, 30), 30)
    votes, grouping, bridging = everything(table, [0] * 70 + [1] * 30)
    few = table.copy()
    few[::2, :5] = np.nan
    _, lower, upper = estimate_agreement(votes, grouping.labels, 2, bridging)
    _, lower_few, upper_few = estimate_agreement(matrix(few), grouping.labels, 2, bridging)
    assert (upper_few - lower_few)[:, :5].mean() > 1.1 * (upper - lower)[:, :5].mean()


def test_equal_statements_are_ranked_by_id():
    table = np.repeat(camps((30, 20), 6, seen=1.0), 2, axis=1)
    rank = find_common_ground(*everything(table, [0] * 30 + [1] * 20)).rank
    assert (rank[::2] + 1 == rank[1::2]).all()


def test_relabelling_people_or_statements_permutes_the_answer_and_nothing_else():
    table = camps((60, 25), 20, seed=1)
    labels = np.array([0] * 60 + [1] * 25)
    rng = np.random.default_rng(0)
    people, statements = rng.permutation(85), rng.permutation(20)
    found = find_common_ground(*everything(table, labels))
    moved = find_common_ground(*everything(table[people][:, statements], labels[people]))
    np.testing.assert_allclose(moved.bound, found.bound[statements], atol=1e-6)
    np.testing.assert_array_equal(moved.rank, found.rank[statements])


def test_equal_votes_give_equal_bytes(divided):
    _, votes, bridging = divided
    first, second = (find_common_ground(votes, grouped(np.zeros(600)), bridging) for _ in range(2))
    assert first.bound.tobytes() == second.bound.tobytes()
    assert first.margin.tobytes() == second.margin.tobytes()


def test_votes_of_no_weight_are_as_if_they_had_not_been_cast():
    table = camps((60, 25), 20, seed=1)
    votes, grouping, bridging = everything(table, [0] * 60 + [1] * 25)
    flooded = np.concatenate([table, np.ones((15, 20))])
    more = VoteMatrix.from_array(flooded)
    weights = np.where(more.row_of_vote() < 85, 1.0, 0.0)
    of_all = fit_bridging(more, find_opinion_map(more))
    labels = grouped([0] * 60 + [1] * 40)
    without = find_common_ground(more, labels, of_all, weights=weights)
    plain = find_common_ground(more, labels, of_all)
    base = find_common_ground(votes, grouping, bridging)
    assert np.abs(without.agreement - base.agreement).max() < 0.1
    assert np.abs(plain.agreement[1] - base.agreement[1]).max() > 0.2
    half = find_common_ground(more, labels, of_all, weights=np.where(weights > 0, 1.0, 0.5))
    assert (half.agreement[1] <= plain.agreement[1] + 1e-6).all()


def test_other_votes_are_judged_as_the_conversation_was():
    table = camps((70, 30), 30)
    votes, grouping, bridging = everything(table, [0] * 70 + [1] * 30)
    found = find_common_ground(votes, grouping, bridging)
    margin, bound = Judges.of(votes, grouping, bridging).judge(votes, bridging)
    np.testing.assert_allclose(bound, found.bound, atol=0.02)
    np.testing.assert_allclose(margin, found.margin, atol=0.02)


@pytest.mark.parametrize("kind", ["85/10/5 axes", "50/30/20 classes"])
def test_intervals_hold_the_true_share_about_nine_times_in_ten(kind):
    held, count = 0, 0
    for seed in (0, 2):
        public = draw_public(KINDS[kind], seed)
        votes = collect_votes(public, seed).votes
        _, lower, upper = estimate_agreement(votes, public.groups, 3, fit_bridging(votes, find_opinion_map(votes)))
        held += ((lower <= public.truth) & (public.truth <= upper)).sum()
        count += public.truth.size
    assert 0.83 <= held / count <= 0.97


def test_divisiveness_is_high_where_camps_differ_and_low_where_they_share():
    votes = matrix(camps((50, 50), 30, shared=8))
    opinion_map = find_opinion_map(votes)
    found = find_divisiveness(fit_bridging(votes, opinion_map), opinion_map)
    assert ((found >= 0) & (found <= 1)).all()
    assert found[:8].max() < 0.2 < 0.5 < found[8:].max()


def test_nobody_placed_is_divided_by_nothing():
    votes = matrix(np.full((4, 3), np.nan))
    opinion_map = find_opinion_map(votes)
    assert find_divisiveness(fit_bridging(votes, opinion_map), opinion_map).tolist() == [0, 0, 0]


def test_every_rank_gets_its_own_agreement():
    table = np.array([[1.0, -1]] * 10 + [[-1, -1]] * 10 + [[1, 1]] * 3)
    votes, _, bridging = everything(table)
    ages = ["old"] * 10 + ["young"] * 10 + [None] * 3
    (found,) = agreement_by_rank(votes, {"age": ages, "nothing": [None] * 23}, bridging)
    assert (found.feature, found.ranks, found.sizes.tolist()) == ("age", ("old", "young"), [10, 10])
    assert found.tally.agree.tolist() == [[10, 0], [0, 0]]
    assert found.agreement[0, 0] > 0.7 > 0.3 > found.agreement[1, 0]


def test_a_feature_needs_a_rank_for_each_participant():
    votes, _, bridging = everything(camps((6, 4), 4))
    with pytest.raises(BadOptionError):
        agreement_by_rank(votes, {"age": ["old"]}, bridging)


@pytest.mark.parametrize("factors", [0, 1])
def test_fewer_factors_will_do(factors):
    votes = matrix(camps((30, 20), 12))
    bridging = fit_bridging(votes, find_opinion_map(votes), settings=BridgingSettings(n_factors=factors))
    assert np.isfinite(find_common_ground(votes, grouped([0] * 30 + [1] * 20), bridging).bound).all()


@pytest.mark.parametrize("table", [np.full((4, 3), np.nan), np.array([[1.0]]), np.zeros((5, 2)), np.array([[1.0, -1, np.nan]] * 3)])
def test_hardly_any_votes_will_do(table):
    found = find_common_ground(*everything(table))
    assert np.isfinite(found.bound).all()
    assert sorted(found.rank.tolist()) == list(range(1, table.shape[1] + 1))


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (4, 0), (4, 3)])
def test_a_conversation_without_votes_has_no_common_ground(shape):
    found = analyse(VoteMatrix.from_array(np.full(shape, np.nan))).common_ground
    assert found.bound.shape == (shape[1],)
    assert not (found.bound > 0.5).any()
