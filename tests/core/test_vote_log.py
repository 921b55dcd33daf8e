import numpy as np

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog


def log(codes=(1, 3), times=(1, 2)):
    return VoteLog(
        rows=np.array([0, 0], dtype=np.int32),
        columns=np.array([0, 0], dtype=np.int32),
        codes=np.array(codes, dtype=np.int8),
        times=None if times is None else np.array(times),
        participants=IdIndex.of([7, 8]),
        statements=IdIndex.of([1, 2]),
    )


def test_the_last_vote_stands():
    votes = log().to_matrix()
    assert votes.n_votes == 1
    assert votes.codes.tolist() == [3]
    assert votes.shape == (2, 2)


def test_a_clock_set_back_does_not_bring_an_old_vote_back():
    assert log(times=(5, 2)).to_matrix().codes.tolist() == [1]


def test_logs_compare_by_content():
    assert log() == log()
    assert log() != log(codes=(1, 2))
    assert log() != log(times=None)
    assert log(times=None) == log(times=None)
    assert log() != log(times=(1, 3))
    assert (log() == 5) is False
    assert len(log()) == 2
