from dataclasses import replace

import numpy as np
import pytest

from klal.core import grouping as module
from klal.core.grouping import find_groups, stability_of
from klal.core.mixture import evidence_of
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Reason, Verdict
from klal.core.settings import GroupingSettings
from klal.simulation.conversation import PopulationSettings, simulate_conversation
from tests.core.tables import camps, matrix


def groups_of(table, **settings):
    return find_groups(find_opinion_map(matrix(table)), settings=GroupingSettings(**settings))


@pytest.mark.parametrize("sizes", [(60, 40), (90, 15), (50, 40, 30)])
def test_real_camps_are_found_and_called_clear(sizes):
    found = groups_of(camps(sizes, 40))
    truth = np.repeat(np.arange(len(sizes)), sizes)
    assert found.verdict is Verdict.CLEAR
    assert found.reason is Reason.SEPARATE
    assert found.n_groups == len(sizes)
    assert found.sizes.tolist() == sorted(sizes, reverse=True)
    assert all(len(set(found.labels[truth == camp])) == 1 for camp in range(len(sizes)))
    assert found.stability > 0.9
    assert found.gap > 0.9


def test_group_zero_is_the_largest():
    found = groups_of(camps((20, 70), 40))
    assert found.sizes.tolist() == [69, 21]  # one person of the large camp votes like the small one
    assert found.labels[-1] == 0


def test_membership_is_a_probability_and_agrees_with_the_label():
    found = groups_of(camps((60, 40), 40))
    placed = found.labels >= 0
    np.testing.assert_allclose(found.membership[placed].sum(axis=1), 1)
    np.testing.assert_array_equal(found.membership[placed].argmax(axis=1), found.labels[placed])


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
    assert (found.verdict, found.reason) == (Verdict.NONE, Reason.ONE_CLOUD)
    assert found.n_groups == 1
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


def test_a_spectrum_is_at_most_weak():
    settings = PopulationSettings(participants=400, statements=80, group_shares=(1.0,), pull=3.0, mean_votes=50)
    verdicts = [find_groups(find_opinion_map(simulate_conversation(settings, seed=s).votes)).verdict for s in range(6)]
    assert Verdict.CLEAR not in verdicts


def test_people_of_no_leaning_groups_are_called_none_nine_times_in_ten():
    settings = PopulationSettings(participants=300, statements=60, group_shares=(1.0,), mean_votes=25)
    verdicts = [find_groups(find_opinion_map(simulate_conversation(settings, seed=s).votes)).verdict for s in range(20)]
    assert verdicts.count(Verdict.NONE) >= 18


def test_two_true_groups_are_called_clear_nine_times_in_ten():
    settings = PopulationSettings(participants=300, statements=120, group_shares=(0.6, 0.4), within=0.3)
    verdicts = [find_groups(find_opinion_map(simulate_conversation(settings, seed=s).votes)).verdict for s in range(20)]
    assert verdicts.count(Verdict.CLEAR) >= 18


def division(stability, gap, criterion=0.0, clouds=2, doubt=0.01):
    return module._Division(mixture=_mixture(clouds), criterion=criterion, gap=gap, stability=stability, doubt=doubt)


def _mixture(clouds):
    from klal.core.mixture import Mixture

    centres = np.stack([np.linspace(-1, 1, clouds), np.zeros(clouds)], axis=1)
    return Mixture(np.full(clouds, 1 / clouds), centres, np.array([0.1, 0, 0.1]), 0.0)


@pytest.mark.parametrize(
    ("divisions", "verdict", "reason", "groups"),
    [
        ([division(0.95, 0.95)], Verdict.CLEAR, Reason.SEPARATE, 2),
        ([division(0.95, 0.95), division(0.95, 0.95, -50, 3)], Verdict.CLEAR, Reason.SEPARATE, 3),
        ([division(0.95, 0.95), division(0.95, 0.95, -5, 3)], Verdict.CLEAR, Reason.SEPARATE, 2),
        ([division(0.95, 0.5)], Verdict.WEAK, Reason.SPECTRUM, 2),
        ([division(0.95, 0.95, doubt=0.055)], Verdict.WEAK, Reason.SPECTRUM, 2),
        ([division(0.95, 0.95, doubt=0.08)], Verdict.NONE, Reason.SPECTRUM, 1),
        ([division(0.75, 0.95), division(0.8, 0.95, 0, 3)], Verdict.WEAK, Reason.UNSTABLE, 3),
        ([division(0.5, 0.95)], Verdict.NONE, Reason.UNSTABLE, 1),
        ([], Verdict.NONE, Reason.UNSTABLE, 1),
    ],
)
def test_the_verdict_follows_stability_and_gap(monkeypatch, divisions, verdict, reason, groups):
    monkeypatch.setattr(module, "_divisions", lambda *_: (divisions, False))
    found = groups_of(camps((30, 20), 20))
    assert (found.verdict, found.reason, found.n_groups) == (verdict, reason, groups)


def test_small_splinters_are_no_groups():
    found = groups_of(camps((60, 40, 3), 40))
    assert found.n_groups == 2


def test_a_thinned_fit_gives_the_same_groups():
    votes = matrix(camps((600, 400), 40))
    opinion_map = find_opinion_map(votes)
    whole = find_groups(opinion_map)
    thinned = find_groups(opinion_map, settings=GroupingSettings(max_fitted=200))
    sparse = find_groups(opinion_map, settings=GroupingSettings(max_fitted=40))
    np.testing.assert_array_equal(whole.labels, thinned.labels)
    np.testing.assert_array_equal(whole.labels, sparse.labels)


def test_stability_of_noise_is_low_and_of_camps_high():
    rng = np.random.default_rng(0)
    camp_map = find_opinion_map(matrix(camps((60, 40), 40)))
    noise_map = find_opinion_map(matrix(np.where(rng.random((100, 40)) < 0.5, 1.0, -1.0)))
    stability = []
    for opinion_map in (camp_map, noise_map):
        stability.append(stability_of(evidence_of(opinion_map), opinion_map.positions, 2, resamples=6, rng=rng))
    high, low = stability
    assert high > 0.95
    assert low < 0.4


def test_equal_seeds_give_equal_answers_and_the_default_is_seed_nought():
    opinion_map = find_opinion_map(matrix(camps((60, 40), 40)))
    first = find_groups(opinion_map, rng=np.random.default_rng(0))
    assert find_groups(opinion_map).stability == first.stability


def test_the_map_is_not_written_to():
    opinion_map = find_opinion_map(matrix(camps((60, 40), 40)))
    before = replace(opinion_map, positions=opinion_map.positions.copy())
    find_groups(opinion_map)
    np.testing.assert_array_equal(before.positions, opinion_map.positions)


def test_many_undecided_between_two_camps_do_not_hide_the_camps():
    table = np.concatenate([camps((80, 80), 60, seen=0.6), np.full((200, 60), 0.0)])
    table[160:][np.random.default_rng(0).random((200, 60)) > 0.6] = np.nan
    found = groups_of(table)
    assert found.verdict is not Verdict.NONE
    assert found.n_groups >= 2
    assert found.labels[0] != found.labels[80]
