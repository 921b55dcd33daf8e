import numpy as np
from hypothesis import given

from klal.core import blocks
from klal.core.tally import tally_groups, tally_votes
from tests.core.tables import matrix, vote_tables


@given(vote_tables())
def test_counts_equal_a_recount_of_the_table(table):
    tally = tally_votes(matrix(table))
    np.testing.assert_array_equal(tally.agree, (table == 1).sum(axis=0))
    np.testing.assert_array_equal(tally.disagree, (table == -1).sum(axis=0))
    np.testing.assert_array_equal(tally.passed, (table == 0).sum(axis=0))
    np.testing.assert_array_equal(tally.seen, (~np.isnan(table)).sum(axis=0))
    np.testing.assert_array_equal(tally.decided, (np.abs(table) == 1).sum(axis=0))


def test_groups_leave_out_who_is_in_none():
    table = np.array([[1.0, -1], [1, 0], [np.nan, 1]])
    tally = tally_groups(matrix(table), np.array([1, -1, 0], dtype=np.int32), 2)
    assert tally.agree.tolist() == [[0, 1], [1, 0]]
    assert tally.disagree.tolist() == [[0, 0], [0, 1]]
    assert tally.passed.tolist() == [[0, 0], [0, 0]]


def test_many_blocks_count_the_same(monkeypatch):
    table = np.random.default_rng(1).choice([-1.0, 0.0, 1.0, np.nan], (200, 20))
    whole = tally_votes(matrix(table))
    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 100)
    parts = tally_votes(matrix(table))
    np.testing.assert_array_equal(parts.agree, whole.agree)
    np.testing.assert_array_equal(parts.passed, whole.passed)
