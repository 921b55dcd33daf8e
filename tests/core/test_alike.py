import numpy as np
import pytest

from klal.core import alike as module
from klal.core.alike import same_ballots, same_order
from klal.core.bridging import fit_bridging
from klal.core.history import History
from klal.core.opinion_map import find_opinion_map
from tests.core.tables import matrix


def crowd(n=120, m=50, *, seed=0, seen=0.3):
    rng = np.random.default_rng(seed)
    table = np.where(rng.random((n, m)) < rng.uniform(0.2, 0.9, m), 1.0, -1.0)
    table[rng.random((n, m)) < 0.1] = 0.0
    table[rng.random((n, m)) > seen] = np.nan
    return table


def ballots(table):
    votes = matrix(table)
    return same_ballots(votes, fit_bridging(votes, find_opinion_map(votes)))


def timed(table, *, orders=None, seed=0):
    """Votes at distinct times: of each participant in a random order, or as given for some."""
    votes, rng = matrix(table), np.random.default_rng(seed)
    times = np.zeros(votes.n_votes, dtype=np.int64)
    for i in range(votes.shape[0]):
        own = slice(votes.indptr[i], votes.indptr[i + 1])
        place = rng.permutation(own.stop - own.start) if orders is None or i not in orders else np.argsort(orders[i][votes.columns[own]])
        times[own][place] = 1_000_000 * (i + 1) + 5000 * np.arange(len(place))
    return votes, History(times, np.full(votes.shape[1], -1), np.full(votes.shape[0], -1))


def test_people_who_answer_what_they_like_are_not_alike():
    assert ballots(crowd()) == ()


def test_copies_of_one_ballot_are_one_set():
    table = crowd()
    table[100:112] = table[100]
    ((members, surprise),) = ballots(table)
    assert members.tolist() == list(range(100, 112))
    assert surprise > 20


def test_a_copy_with_a_slip_and_a_vote_more_is_found():
    table = crowd(seen=0.5)
    table[[101, 102, 103]] = table[100]
    table[101, np.flatnonzero(~np.isnan(table[101]))[0]] *= -1
    table[102, np.flatnonzero(np.isnan(table[102]))[0]] = 1.0
    ((members, _),) = ballots(table)
    assert members.tolist() == [100, 101, 102, 103]


def test_two_sets_stay_two():
    table = crowd(seen=0.5)
    table[100:105], table[110:114] = table[100], table[110]
    assert [members.tolist() for members, _ in ballots(table)] == [list(range(100, 105)), list(range(110, 114))]


def test_a_group_that_thinks_alike_and_answers_different_statements_is_not_alike():
    table = crowd()
    mind = np.where(np.random.default_rng(5).random(50) < 0.5, 1.0, -1.0)
    table[100:] = np.where(np.isnan(table[100:]), np.nan, mind)
    assert ballots(table) == ()


def test_where_everybody_answers_everything_alike_nobody_stands_out():
    table = np.ones((60, 12))
    table[np.random.default_rng(0).random(table.shape) < 0.03] = -1.0
    assert ballots(table) == ()


def test_short_ballots_are_not_compared():
    table = np.full((40, 30), np.nan)
    table[:, :6] = 1.0
    assert ballots(table) == ()


def test_the_same_order_of_the_same_statements_is_seen():
    table = crowd()
    table[50:55] = np.where(np.isnan(table[50]), np.nan, np.where(np.random.default_rng(2).random((5, 50)) < 0.5, 1.0, -1.0))
    script = np.random.default_rng(3).permutation(50)
    votes, history = timed(table, orders=dict.fromkeys(range(50, 55), script))
    ((members, surprise),) = same_order(votes, history)
    assert members.tolist() == list(range(50, 55))
    assert surprise > 20


def test_people_who_answer_as_they_come_share_no_order():
    assert same_order(*timed(crowd())) == ()


def test_the_order_in_which_the_tool_asks_says_nothing():
    table = crowd(seen=0.9)
    table[:, :8] = 1.0
    votes, history = timed(table, orders=dict.fromkeys(range(60), np.arange(50)))
    assert same_order(votes, history) == ()


def test_without_times_or_with_all_votes_at_once_there_is_no_order():
    votes, history = timed(crowd())
    assert same_order(votes, History.unknown(votes)) == ()
    at_once = History(np.zeros(votes.n_votes, dtype=np.int64), history.authors, history.channels)
    assert same_order(votes, at_once) == ()


def test_other_numbers_for_people_permute_the_sets():
    table = crowd(seen=0.5)
    table[100:106] = table[100]
    order = np.random.default_rng(4).permutation(len(table))
    ((members, surprise),), ((moved, moved_surprise),) = ballots(table), ballots(table[order])
    assert sorted(order[moved].tolist()) == members.tolist()
    assert moved_surprise == pytest.approx(surprise, rel=0.01)


def test_sets_that_chance_could_have_made_are_left_out():
    found = [(np.array([3, 4]), -0.1), (np.array([7, 8]), 2.0), (np.array([1, 2]), 1.0)]
    assert [members.tolist() for members, _ in module._ordered(found)] == [[1, 2], [7, 8]]
