"""History: what is known about votes beside their content."""

from __future__ import annotations

import numpy as np

from klal.core.history import UNKNOWN, History
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
