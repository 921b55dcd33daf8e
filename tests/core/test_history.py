"""History: what is known about votes beside their content."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from klal.core.history import UNKNOWN, History
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.core.votes import VoteMatrix


def test_nothing_is_known_unless_it_is_given() -> None:
    votes = VoteMatrix.from_array(np.array([[1, np.nan], [-1, 0]]))
    history = History.unknown(votes)
    assert [len(known) for known in (history.times, history.authors, history.channels)] == [3, 2, 2]
    assert not history.has_times


def test_times_count_only_if_every_vote_has_one() -> None:
    history = History(np.array([5, UNKNOWN]), np.full(1, UNKNOWN), np.full(2, UNKNOWN))
    assert not history.has_times
    assert History(np.array([5, 6]), history.authors, history.channels).has_times


def log() -> VoteLog:
    """Return three votes of two people on two statements, the first of them cast again later."""
    return VoteLog(
        rows=np.array([1, 0, 1], dtype=np.int32),
        columns=np.array([1, 0, 1], dtype=np.int32),
        codes=np.array([1, 3, 3], dtype=np.int8),
        times=np.array([5, 6, 9]),
        participants=IdIndex.of([7, 8]),
        statements=IdIndex.of([1, 2]),
    )


def test_the_times_are_those_of_the_votes_that_stand_in_their_order() -> None:
    history = History.of(log(), authors=np.array([1, UNKNOWN]), channels=np.array([UNKNOWN, 0]))
    assert history.times.tolist() == [6, 9]
    assert history.authors.tolist() == [1, UNKNOWN]
    assert history.channels.tolist() == [UNKNOWN, 0]


def test_a_log_without_times_knows_none() -> None:
    history = History.of(replace(log(), times=None))
    assert history.times.tolist() == [UNKNOWN, UNKNOWN]
    assert history.authors.tolist() == history.channels.tolist() == [UNKNOWN, UNKNOWN]


def test_a_selection_of_statements_keeps_times_and_authors_beside_their_votes() -> None:
    votes, history = log().to_matrix(), History.of(log(), authors=np.array([1, 0]))
    only = history.select(votes, np.array([False, True]))
    assert only.times.tolist() == [9]
    assert only.authors.tolist() == [0]
    assert len(only.times) == votes.select(np.array([False, True])).n_votes
    assert history.select(votes, np.array([True, True])) is history
