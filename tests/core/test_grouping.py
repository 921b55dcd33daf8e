from dataclasses import replace

import numpy as np
import pytest

from klal.core import grouping as module
from klal.core.bridging import fit_bridging
from klal.core.evidence import Evidence
from klal.core.grouping import find_groups, stability_of
from klal.core.mixture import Mixture, fit_mixture
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Reason, Verdict
from klal.core.settings import BridgingSettings, GroupingSettings
from klal.core.votes import VoteMatrix
from klal.simulation.publics import SEPARATED, UNDIVIDED, CollectSettings, Kind, Shape, collect_votes, draw_public
from tests.core.tables import camps, matrix


def groups_in(votes: VoteMatrix, *, factors: int = 4, start=None, rng=None, **settings):
    opinion_map = find_opinion_map(votes)
    bridging = fit_bridging(votes, opinion_map, settings=BridgingSettings(n_factors=factors))
    return find_groups(votes, opinion_map, bridging, settings=GroupingSettings(**settings), rng=rng, start=start)


def groups_of(table, **options):
    return groups_in(matrix(table), **options)


def drawn(kind: Kind, seed: int, **settings):
    public = draw_public(kind, seed, participants=300, statements=60)
    return public, collect_votes(public, seed, settings=CollectSettings(**settings)).votes


@pytest.mark.parametrize("sizes", [(60, 40), (90, 15), (50, 40, 30)])
def test_real_camps_are_found_and_called_clear(sizes):
    found = groups_of(camps(sizes, 40))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    assert found.verdict is Verdict.CLEAR
    assert found.reason is Reason.SEPARATE
    assert found.sizes.tolist() == sorted(sizes, reverse=True)
    assert all(len(set(found.labels[truth == camp])) == 1 for camp in range(len(sizes)))
    assert found.stability > 0.9
    assert found.gap > 0.9
    assert found.gain > 5


def test_group_zero_is_the_largest():
    found = groups_of(camps((20, 70), 40))
    assert found.sizes.tolist() == [69, 21]  # one person of the large camp votes like the small one
    assert found.labels[-1] == 0


def test_membership_is_a_probability_and_agrees_with_the_label():
    found = groups_of(camps((60, 40), 40))
    placed = found.labels >= 0
    np.testing.assert_allclose(found.membership[placed].sum(axis=1), 1)
    np.testing.assert_array_equal(found.membership[placed].argmax(axis=1), found.labels[placed])


def test_centres_are_where_members_stand_on_the_map():
    votes = matrix(camps((60, 40), 40))
    found, positions = groups_in(votes), find_opinion_map(votes).positions
    for group in range(2):
        np.testing.assert_allclose(found.centres[group], positions[found.labels == group].mean(axis=0), atol=0.05)


def test_who_is_not_placed_belongs_to_no_group():
    table = camps((60, 40), 40)
    table[5, 3:] = np.nan
    found = groups_of(table)
    assert found.labels[5] == -1
    assert not found.membership[5].any()


def test_one_cloud_is_one_group():
    rng = np.random.default_rng(0)
    table = np.where(rng.random((120, 30)) < rng.uniform(0.2, 0.8, 30), 1.0, -1.0)  # nobody leans any way
    found = groups_of(table)
    assert found.verdict is Verdict.NONE
    assert found.reason in {Reason.ONE_CLOUD, Reason.SPECTRUM}
    assert found.sizes.tolist() == [120]


@pytest.mark.parametrize("people", [1, 2, 3, 11])
def test_too_few_people_are_one_group(people):
    found = groups_of(camps((people, 0), 12))
    assert (found.verdict, found.reason) == (Verdict.NONE, Reason.TOO_FEW)
    assert found.sizes.sum() <= people


def test_everybody_agreeing_is_one_group():
    found = groups_of(np.ones((40, 10)))
    assert (found.verdict, found.reason, found.stability) == (Verdict.NONE, Reason.ALL_ALIKE, 1.0)


def test_nobody_is_one_empty_group():
    found = groups_of(np.full((5, 4), np.nan))
    assert found.reason is Reason.TOO_FEW
    assert found.sizes.tolist() == [0]
    assert found.labels.tolist() == [-1] * 5


def test_without_factors_nobody_can_be_told_apart():
    found = groups_of(camps((60, 40), 40), factors=0)
    assert (found.verdict, found.reason) == (Verdict.NONE, Reason.ONE_CLOUD)


@pytest.mark.parametrize("kind", UNDIVIDED.values(), ids=UNDIVIDED)
def test_where_nobody_is_divided_none_is_said(kind):
    verdicts = [groups_in(drawn(kind, seed)[1]).verdict for seed in range(1, 7)]
    assert verdicts.count(Verdict.NONE) >= 5


@pytest.mark.parametrize("kind", SEPARATED.values(), ids=SEPARATED)
def test_groups_well_apart_are_called_clear(kind):
    found = [groups_in(drawn(kind, seed, median_votes=30)[1]) for seed in range(1, 5)]
    assert sum(one.verdict is Verdict.CLEAR and one.n_groups == len(kind.shares) for one in found) >= 3


def test_one_person_in_twenty_is_found():
    public = draw_public(Kind("small", Shape.CENTRES, (0.95, 0.05), separation=2.2, spread=0.4), 1, participants=500)
    found = groups_in(collect_votes(public, 1, settings=CollectSettings(median_votes=40)).votes)
    small, group = public.groups == 1, found.labels == 1
    assert 2 * (small & group).sum() / (small.sum() + group.sum()) > 0.8


def test_a_quarrel_about_one_question_asked_twice_divides_nobody():
    rng = np.random.default_rng(3)
    table = np.where(rng.random((200, 40)) < rng.uniform(0.3, 0.7, 40), 1.0, -1.0)
    side = rng.random(200) < 0.5
    table[:, 3], table[:, 17] = np.where(side, 1.0, -1.0), np.where(side, -1.0, 1.0)
    found = groups_of(table)
    assert found.verdict is Verdict.NONE


def test_a_gap_that_is_gone_without_a_few_statements_is_weak_at_most(monkeypatch):
    monkeypatch.setattr(module, "_strongest", lambda *_: np.arange(40))
    found = groups_of(camps((60, 40), 40))
    assert (found.verdict, found.reason) == (Verdict.WEAK, Reason.NARROW)
    assert found.sizes.tolist() == [60, 40]


def test_a_quarrel_about_one_question_hides_no_true_groups():
    rng = np.random.default_rng(4)
    table = camps((70, 50), 40)
    side = rng.random(120) < 0.5
    table[:, 3], table[:, 7] = np.where(side, 1.0, -1.0), np.where(side, -1.0, 1.0)
    found = groups_of(table)
    assert found.sizes.tolist() == [70, 50]


def division(gain, gap, clouds=2, narrow=()):
    centres = np.stack([np.linspace(-1, 1, clouds), np.zeros(clouds)], axis=1)
    mixture = Mixture(np.full(clouds, 1 / clouds), centres, 0.1 * np.eye(2), 0.0)
    return module._Division(mixture=mixture, gain=gain, gap=gap, narrow=np.array(narrow, dtype=np.int64))


@pytest.mark.parametrize(
    ("divisions", "verdict", "reason", "groups"),
    [
        ([division(9, 0.95)], Verdict.CLEAR, Reason.SEPARATE, 2),
        ([division(9, 0.95), division(8, 0.95, 3)], Verdict.CLEAR, Reason.SEPARATE, 3),
        ([division(9, 0.95), division(3.8, 0.95, 3)], Verdict.CLEAR, Reason.SEPARATE, 2),
        ([division(9, 0.3)], Verdict.WEAK, Reason.SPECTRUM, 2),
        ([division(3.8, 0.95)], Verdict.WEAK, Reason.UNSTABLE, 2),
        ([division(2, 0.95)], Verdict.NONE, Reason.SPECTRUM, 1),
        ([division(9, 0.1)], Verdict.NONE, Reason.ONE_CLOUD, 1),
        ([division(9, 0.95, narrow=(1, 2))], Verdict.WEAK, Reason.NARROW, 2),
        ([], Verdict.NONE, Reason.ONE_CLOUD, 1),
    ],
)
def test_the_verdict_follows_gain_and_gap(monkeypatch, divisions, verdict, reason, groups):
    def asked(*given):
        real = ask(*given)
        return replace(real, axes=np.array([0, 1]))

    ask = module._ask
    monkeypatch.setattr(module, "_ask", asked)
    monkeypatch.setattr(module, "_divisions", lambda *_: divisions)
    monkeypatch.setattr(module, "stability_of", lambda *_, **__: 1.0)
    found = groups_of(camps((30, 20), 20), factors=2)
    assert (found.verdict, found.reason, found.n_groups) == (verdict, reason, groups)


def test_clouds_that_lie_on_each_other_are_not_even_compared():
    votes = matrix(camps((60, 40), 40))
    opinion_map = find_opinion_map(votes)
    asked = module._ask(votes, opinion_map, fit_bridging(votes, opinion_map), 2000)
    d = len(asked.axes)
    near = Mixture(np.full(2, 0.5), np.zeros((2, d)) + np.array([[0.0], [0.01]]), np.eye(d), 0.0)
    found = module._weakest_separation(asked, near, 1)
    assert found is not None
    assert (found.gain, found.gap) == (0.0, 0.0)


def test_no_more_groups_are_found_than_are_asked_for():
    assert groups_of(camps((50, 40, 30), 40), max_groups=2).n_groups <= 2


def test_small_splinters_are_no_groups():
    found = groups_of(camps((60, 40, 3), 40))
    assert found.n_groups == 2


def test_a_thinned_fit_gives_the_same_groups():
    votes = matrix(camps((600, 400), 40))
    whole, thinned, sparse = groups_in(votes), groups_in(votes, max_fitted=200), groups_in(votes, max_fitted=40)
    assert (whole.labels == thinned.labels).mean() > 0.99
    assert (whole.labels == sparse.labels).mean() > 0.97


def test_a_search_that_begins_with_the_groups_before_finds_them_again():
    votes = matrix(camps((60, 40), 40))
    first = groups_in(votes)
    second = groups_in(votes, start=first)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_allclose(first.membership, second.membership, atol=1e-3)


def test_the_order_of_people_permutes_the_answer():
    table = camps((60, 40), 40)
    order = np.random.default_rng(1).permutation(100)
    one, other = groups_of(table), groups_of(table[order])
    np.testing.assert_array_equal(one.labels[order], other.labels)
    assert one.gain == pytest.approx(other.gain, abs=0.05)


def sharp(points: np.ndarray) -> Evidence:
    n, d = points.shape
    return Evidence(np.tile(1e4 * np.eye(d), (n, 1, 1)), 1e4 * points, np.zeros((n, 1 + d)))


def test_stability_of_camps_is_high_and_of_a_cut_through_a_cloud_low():
    rng = np.random.default_rng(0)
    apart = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(8, 1, (40, 2))])
    cloud = rng.normal(0, 1, (100, 2))
    high, low = (
        stability_of(sharp(points), points, fit_mixture(sharp(points), points, 2), resamples=6, rng=rng) for points in (apart, cloud)
    )
    assert high > 0.95
    assert low < 0.8


def test_a_half_in_which_a_group_is_missing_divides_nobody():
    points = np.concatenate([np.zeros((30, 2)), np.full((1, 2), 9.0)]) + np.random.default_rng(0).normal(0, 0.1, (31, 2))
    evidence = sharp(points)
    assert stability_of(evidence, points, fit_mixture(evidence, points, 2), resamples=2, rng=np.random.default_rng(0)) < 0.9


def test_equal_seeds_give_equal_answers_and_the_default_is_seed_nought():
    votes = matrix(camps((60, 40), 40))
    first = groups_in(votes, rng=np.random.default_rng(0))
    assert groups_in(votes).stability == first.stability


def test_nothing_is_written_to():
    votes = matrix(camps((60, 40), 40))
    opinion_map = find_opinion_map(votes)
    bridging = fit_bridging(votes, opinion_map)
    before = (votes.codes.copy(), opinion_map.positions.copy(), bridging.person.copy(), bridging.statement.copy())
    find_groups(votes, opinion_map, bridging)
    for one, other in zip(before, (votes.codes, opinion_map.positions, bridging.person, bridging.statement), strict=True):
        np.testing.assert_array_equal(one, other)
