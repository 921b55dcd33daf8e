"""Tables of votes for tests: hypothesis strategies and populations with a known structure."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from klal.core.votes import VoteMatrix


def vote_tables(max_participants: int = 12, max_statements: int = 8):
    """Tables of −1, 0, 1 and NaN of any small shape, at least one by one."""
    shapes = st.tuples(st.integers(1, max_participants), st.integers(1, max_statements))
    cells = st.sampled_from([-1.0, 0.0, 1.0, np.nan])
    return shapes.flatmap(
        lambda shape: st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
            lambda values: np.array(values).reshape(shape)
        )
    )


def camps(sizes: tuple[int, ...] = (60, 40), statements: int = 30, *, seed: int = 0, seen: float = 0.8, shared: int = 8) -> np.ndarray:
    """Return votes of camps that differ on most statements and agree on the first ``shared`` ones."""
    rng = np.random.default_rng(seed)
    chance = rng.choice([0.08, 0.92], (len(sizes), statements))
    chance[:, :shared] = 0.93
    chance = np.repeat(chance, sizes, axis=0)
    table = np.where(rng.random(chance.shape) < chance, 1.0, -1.0)
    table[rng.random(chance.shape) < 0.08] = 0.0
    table[rng.random(chance.shape) > seen] = np.nan
    return table


def matrix(table: np.ndarray) -> VoteMatrix:
    return VoteMatrix.from_array(table)
