import numpy as np
import pytest

from klal.core import blocks
from klal.core.surplus import BANDS, bounded_votes, find_surplus, lay_out_turnout
from tests.core.tables import matrix


def public(n=400, m=60, *, agrees=0.25, seed=0, pushers=0, pushing=4):
    """People of every turnout who agree with a quarter of what they answer; pushers answer four statements and agree with the first."""
    rng = np.random.default_rng(seed)
    answered = np.exp(rng.normal(np.log(12), 0.8, n)).clip(3, m) / m
    table = np.where(rng.random((n, m)) < agrees, 1.0, -1.0)
    table[rng.random((n, m)) > answered[:, None]] = np.nan
    added = np.where(rng.random((pushers, m)) < agrees, 1.0, -1.0)
    added[rng.random((pushers, m)) > pushing / m] = np.nan
    added[:, 0] = 1.0
    return np.concatenate([table, added])


def one_set(table, weights=None):
    votes = matrix(table)
    return lay_out_turnout(votes, np.zeros(len(table), dtype=np.int32), 1, weights)


def test_every_vote_of_people_in_a_set_is_laid_out_once():
    table = public(50, 20)
    labels = np.where(np.arange(50) < 10, -1, np.arange(50) % 2).astype(np.int32)
    votes = matrix(table)
    turnout = lay_out_turnout(votes, labels, 2)
    for one in (0, 1):
        np.testing.assert_array_equal(turnout.agree[one].sum(axis=0), (table[labels == one] == 1).sum(axis=0))
        np.testing.assert_array_equal(turnout.disagree[one].sum(axis=0), (table[labels == one] == -1).sum(axis=0))
    assert turnout.people.sum() == (~np.isnan(table[labels >= 0])).any(axis=1).sum()
    assert (turnout.band[labels < 0] == -1).all()
    assert turnout.band.max() < BANDS
    np.testing.assert_allclose((turnout.people * turnout.share).sum(), (~np.isnan(table[labels >= 0])).mean(axis=1).sum())


def test_people_count_as_far_as_their_weight_goes():
    table = public(60, 20)
    weights = np.zeros(60)
    weights[:30] = 0.5
    turnout = one_set(table, weights)
    np.testing.assert_allclose(turnout.agree[0].sum(axis=0), 0.5 * (table[:30] == 1).sum(axis=0))
    assert turnout.people.sum() == pytest.approx(0.5 * (~np.isnan(table[:30])).any(axis=1).sum())


def test_accounts_that_come_for_a_statement_are_its_surplus_and_others_have_little():
    surplus = find_surplus(one_set(public(pushers=30)))
    assert 20 < surplus.votes[0, 0] < 60
    assert surplus.evidence[0, 0] > 15 > 2 * np.quantile(surplus.evidence[0, 1:], 0.95)


def test_without_them_no_statement_stands_out():
    surplus = find_surplus(one_set(public()))
    assert surplus.evidence[0, 0] < 10
    assert ((surplus.expected > 0) & (surplus.expected <= 1)).all()


def test_bounded_counts_of_a_pushed_statement_stay_near_what_people_think():
    with_pushers, without = (one_set(public(pushers=count)) for count in (30, 0))
    raw = with_pushers.agree.sum(axis=1) / (with_pushers.agree + with_pushers.disagree).sum(axis=1)
    shares = []
    for turnout in (with_pushers, without):
        agree, disagree = bounded_votes(turnout, find_surplus(turnout).expected)
        assert (agree + disagree <= (turnout.agree + turnout.disagree).sum(axis=1) + 1e-9).all()
        shares.append(agree / (agree + disagree))
    assert raw[0, 0] > 0.35
    assert shares[0][0, 0] < 0.3
    assert np.median(np.abs(shares[1] - 0.25)) < 0.08


def test_nobody_and_nothing_are_no_surplus():
    empty = one_set(np.full((3, 2), np.nan))
    surplus = find_surplus(empty)
    assert surplus.votes.tolist() == [[0.0, 0.0]]
    assert surplus.evidence.tolist() == [[0.0, 0.0]]
    assert [one.tolist() for one in bounded_votes(empty, surplus.expected)] == [[[0.0, 0.0]], [[0.0, 0.0]]]


def test_blocks_of_participants_add_up_to_the_same(monkeypatch):
    whole = one_set(public(200, 40))
    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 200)
    np.testing.assert_array_equal(whole.agree, one_set(public(200, 40)).agree)


def test_other_numbers_for_people_and_statements_permute_the_answer():
    table = public(150, 30, pushers=10)
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(len(table)), rng.permutation(30)
    plain, moved = find_surplus(one_set(table)), find_surplus(one_set(table[rows][:, columns]))
    np.testing.assert_allclose(moved.votes[0], plain.votes[0, columns])
