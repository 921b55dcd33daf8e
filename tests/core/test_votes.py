import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klal.core.index import IdIndex
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from tests.core.tables import vote_tables

TABLE = np.array([[1, 0, -1], [np.nan, 1, np.nan], [np.nan, np.nan, np.nan]])


def test_table_and_matrix_are_the_same_votes():
    votes = VoteMatrix.from_array(TABLE)
    assert votes.shape == (3, 3)
    assert votes.n_votes == 4
    assert votes.codes.tolist() == [AGREE, PASS, DISAGREE, AGREE]
    np.testing.assert_array_equal(votes.to_array(), TABLE)


def test_a_pass_is_not_no_vote():
    votes = VoteMatrix.from_array(TABLE)
    assert votes.signed.nnz == 4
    assert votes.passed.toarray().tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]
    assert votes.seen.toarray().sum() == 4
    assert votes.agree.toarray().sum() == 2


@pytest.mark.parametrize("odd", [2.0, 0.5, -3.0])
def test_any_other_value_is_refused(odd):
    with pytest.raises(ValueError, match=f"found the vote {odd}"):
        VoteMatrix.from_array(np.array([[1.0, odd]]))


def test_a_table_has_two_dimensions():
    with pytest.raises(ValueError, match="1 dimensions"):
        VoteMatrix.from_array(np.array([1.0, 0.0]))


def events(rows, columns, codes, times=None):
    return VoteMatrix.from_rows(
        np.array(rows, dtype=np.int32),
        np.array(columns, dtype=np.int32),
        np.array(codes, dtype=np.int8),
        participants=IdIndex.of(np.arange(3)),
        statements=IdIndex.of(np.arange(3)),
        times=None if times is None else np.array(times, dtype=np.int64),
    )


def test_of_several_votes_the_last_in_order_counts():
    votes = events([0, 1, 0, 0], [1, 1, 1, 0], [1, 3, 3, 2])
    assert votes.to_array()[0, 1] == 1
    assert votes.n_votes == 3


def test_of_several_votes_the_latest_in_time_counts():
    votes = events([0, 0, 0], [1, 1, 1], [1, 3, 2], times=[5, 9, 7])
    assert votes.to_array()[0, 1] == 1


def test_equal_times_are_resolved_by_order():
    assert events([0, 0], [1, 1], [1, 2], times=[5, 5]).to_array()[0, 1] == 0


def test_no_events_make_an_empty_matrix():
    assert events([], [], []).n_votes == 0


@given(vote_tables(), st.randoms(use_true_random=False))
def test_order_of_events_does_not_matter_where_nobody_votes_twice(table, random):
    votes = VoteMatrix.from_array(table)
    rows, columns, codes = votes.row_of_vote(), votes.columns, votes.codes
    order = list(range(len(codes)))
    random.shuffle(order)
    again = VoteMatrix.from_rows(
        rows[order], columns[order].astype(np.int64), codes[order], participants=votes.participants, statements=votes.statements
    )
    assert again.digest() == votes.digest()


def test_selecting_statements_keeps_everybody():
    votes = VoteMatrix.from_array(TABLE).select(np.array([False, True, True]))
    assert votes.statements.tolist() == [1, 2]
    np.testing.assert_array_equal(votes.to_array(), TABLE[:, 1:])


def test_selecting_everything_is_free():
    votes = VoteMatrix.from_array(TABLE)
    assert votes.select(np.ones(3, dtype=bool)) is votes
    assert votes.select_rows(np.ones(3, dtype=bool)) is votes


def test_selecting_participants():
    votes = VoteMatrix.from_array(TABLE).select_rows(np.array([False, True, True]))
    assert votes.participants.tolist() == [1, 2]
    np.testing.assert_array_equal(votes.to_array(), TABLE[1:])


def test_digest_tells_votes_and_ids_apart():
    base = VoteMatrix.from_array(TABLE)
    changed = VoteMatrix.from_array(np.where(TABLE == 0, 1, TABLE))
    renamed = VoteMatrix.from_array(TABLE, statements=IdIndex.of(["a", "b", "c"]))
    assert len({base.digest(), changed.digest(), renamed.digest()}) == 3
    assert VoteMatrix.from_array(TABLE.copy()).digest() == base.digest()


def test_digest_does_not_depend_on_the_width_of_columns():
    votes = VoteMatrix.from_array(TABLE)
    wide = VoteMatrix(votes.indptr, votes.columns.astype(np.int32), votes.codes, votes.participants, votes.statements)
    assert wide.digest() == votes.digest()


def test_many_statements_need_wide_columns():
    many = 70_000
    votes = VoteMatrix.from_rows(
        np.array([0]),
        np.array([many - 1]),
        np.array([3], dtype=np.int8),
        participants=IdIndex.of([0]),
        statements=IdIndex.of(np.arange(many)),
    )
    assert votes.columns.tolist() == [many - 1]


def test_votes_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        VoteMatrix.from_array(TABLE).codes[0] = 1
