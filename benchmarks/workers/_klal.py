"""Votes for klal's workers."""

from __future__ import annotations

import numpy as np

from klal.core.index import IdIndex
from klal.core.votes import VoteMatrix
from klal.simulation.conversation import simulate_votes


def read_matrix(path: str) -> VoteMatrix:
    """Return the votes of a file, as they are kept in memory."""
    with np.load(path) as data:
        n, m = len(data["indptr"]) - 1, len(data["rejected"])
        people, statements = IdIndex.of(np.arange(n)), IdIndex.of(np.arange(m))
        return VoteMatrix(data["indptr"], data["columns"], data["codes"], people, statements)


def small() -> VoteMatrix:
    """Return a small conversation to warm up on: compiled functions are read from the cache, thread pools start."""
    return simulate_votes(400, 100, 20.0, seed=1)
