import numpy as np
import pytest

from klal.core.votes import AGREE, DISAGREE
from klal.simulation.attacks import AttackSettings, Lookalike, Tactic, attack, join_honest
from klal.simulation.publics import KINDS, collect_votes, draw_public

HOUR = 3_600_000


@pytest.fixture(scope="module")
def scene():
    public = draw_public(KINDS["50/30/20 axes"], 2, participants=200, statements=40)
    return public, collect_votes(public, 2), int(np.argsort(-public.weakest)[35])


def ballot(joined, i):
    own = slice(joined.votes.indptr[i], joined.votes.indptr[i + 1])
    return joined.votes.columns[own].astype(int), joined.votes.codes[own], joined.history.times[own]


@pytest.mark.parametrize("tactic", list(Tactic))
def test_every_account_agrees_with_the_target_and_the_honest_stay_as_they_were(scene, tactic):
    public, collected, target = scene
    joined = attack(public, collected, tactic, target, 1)
    assert joined.accounts.tolist() == list(range(200, 210))
    assert joined.votes.shape == (210, 40)
    assert joined.history.times.shape == joined.votes.codes.shape
    assert joined.history.channels.shape == (210,)
    for i in joined.accounts:
        columns, codes, _ = ballot(joined, i)
        assert codes[columns == target].tolist() == [AGREE]
    honest = collected.votes.n_votes
    np.testing.assert_array_equal(joined.votes.codes[:honest], collected.votes.codes)
    np.testing.assert_array_equal(joined.history.times[:honest], collected.history.times)


@pytest.mark.parametrize("tactic", list(Tactic))
def test_equal_seeds_make_equal_brigades(scene, tactic):
    public, collected, target = scene
    one, same, other = (attack(public, collected, tactic, target, seed) for seed in (1, 1, 2))
    assert one.votes.digest() == same.votes.digest()
    np.testing.assert_array_equal(one.history.times, same.history.times)
    assert one.votes.digest() != other.votes.digest()


def test_the_size_of_a_brigade_is_a_share_of_the_honest_and_at_least_one(scene):
    public, collected, target = scene
    for share, count in ((0.1, 20), (0.001, 1)):
        assert len(attack(public, collected, Tactic.MIMIC, target, 1, settings=AttackSettings(share=share)).accounts) == count


def test_identical_ballots_are_cast_in_one_order(scene):
    public, collected, target = scene
    joined = attack(public, collected, Tactic.IDENTICAL, target, 1)
    first = ballot(joined, 200)
    for i in joined.accounts[1:]:
        columns, codes, times = ballot(joined, i)
        np.testing.assert_array_equal(columns, first[0])
        np.testing.assert_array_equal(codes, first[1])
        np.testing.assert_array_equal(np.argsort(times), np.argsort(first[2]))


def test_copies_repeat_somebody(scene):
    public, collected, target = scene
    joined = attack(public, collected, Tactic.COPY, target, 1)
    honest = [set(zip(*(part.tolist() for part in ballot(joined, i)[:2]), strict=True)) for i in range(200)]
    for i in joined.accounts:
        columns, codes, _ = ballot(joined, i)
        own = {pair for pair in zip(columns.tolist(), codes.tolist(), strict=True) if pair[0] != target}
        assert any(own <= other for other in honest)


def test_downvoters_disagree_with_what_stands_above(scene):
    public, collected, target = scene
    joined = attack(public, collected, Tactic.DOWNVOTE, target, 1)
    above = public.weakest > public.weakest[target]
    for i in joined.accounts:
        columns, codes, _ = ballot(joined, i)
        assert (codes[above[columns]] == DISAGREE).sum() >= 4


def test_slow_accounts_and_sleepers_take_their_time(scene):
    public, collected, target = scene
    quick, slow, sleeper = (attack(public, collected, tactic, target, 1) for tactic in (Tactic.MIMIC, Tactic.SLOW, Tactic.SLEEPER))
    spread = [np.ptp([ballot(one, i)[2].min() for i in one.accounts]) for one in (quick, slow)]
    assert spread[0] < 60 * HOUR < spread[1]
    waits = []
    for i in sleeper.accounts:
        columns, _, times = ballot(sleeper, i)
        waits.append(times[columns == target][0] - times[columns != target].max())
    assert min(waits) > 0
    assert np.median(waits) > 24 * HOUR


def test_diligent_accounts_answer_most_statements_and_minimal_ones_few(scene):
    public, collected, target = scene
    busy, lazy = (attack(public, collected, tactic, target, 1) for tactic in (Tactic.DILIGENT, Tactic.MINIMAL))
    assert np.diff(busy.votes.indptr)[busy.accounts].min() > 15
    assert np.diff(lazy.votes.indptr)[lazy.accounts].tolist() == [7] * 10


@pytest.mark.parametrize("lookalike", list(Lookalike))
def test_honest_people_who_look_alike_come_by_one_link_within_days(scene, lookalike):
    public, collected, target = scene
    joined = join_honest(public, collected, lookalike, target, 1, settings=AttackSettings(share=0.1))
    assert set(joined.history.channels[joined.accounts].tolist()) == {0}
    starts = [ballot(joined, i)[2].min() for i in joined.accounts]
    assert np.ptp(starts) < 24 * 8 * HOUR


def test_those_invited_by_a_letter_answer_its_statement_first(scene):
    public, collected, target = scene
    for lookalike in (Lookalike.INVITED, Lookalike.SINGLE_ISSUE):
        joined = join_honest(public, collected, lookalike, target, 1)
        for i in joined.accounts:
            columns, codes, times = ballot(joined, i)
            assert columns[np.argmin(times)] == target
            assert codes[columns == target].tolist() == [AGREE]


def test_a_minority_answers_what_it_likes_and_mostly_alike(scene):
    public, collected, target = scene
    joined = join_honest(public, collected, Lookalike.MINORITY, target, 1, settings=AttackSettings(share=0.2))
    table = joined.votes.to_array()[joined.accounts]
    asked = (~np.isnan(table)).sum(axis=0) >= 8
    assert np.abs(np.nanmean(table[:, asked], axis=0)).mean() > 0.5
    assert len({tuple(np.flatnonzero(~np.isnan(row))) for row in table}) > 25
