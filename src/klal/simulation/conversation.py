"""The generator of synthetic conversations, fitted to seventeen public ones.

Turnout is one vote plus a negative binomial; a statement's own appeal varies more than anything between camps; passing is personal;
three statements in ten carry no signal of any group; late statements are seen by those who come late. Texts are never generated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Floats, Ints, Labels
from klal.core.blocks import row_blocks, run_blocks
from klal.core.index import IdIndex
from klal.core.votes import VoteMatrix

_ARRIVE_DAYS = 20.0


@dataclass(frozen=True, slots=True)
class PopulationSettings:
    """A population and how it votes; defaults are the medians of the public conversations.

    Attributes
    ----------
    participants, statements : int
        How many.
    mean_votes : float
        Mean votes a participant, before running out of statements.
    turnout_shape : float
        Shape of the negative binomial, > 0; less is more uneven.
    group_shares : tuple of float
        Shares of the true groups, summing to 1; one share: no groups.
    within : float
        Standard deviation of positions within a group, 0 … 1, of a total of 1. With one group it is 1.
    pull : float
        How strongly positions decide votes: standard deviation of a statement's weight.
    neutral_share : float
        Share of statements on which positions do not matter.
    seed_share : float
        Share of statements that are there from the start.
    """

    participants: int = 500
    statements: int = 180
    mean_votes: float = 60.0
    turnout_shape: float = 0.5
    group_shares: tuple[float, ...] = (0.72, 0.28)
    within: float = 0.4
    pull: float = 2.6
    neutral_share: float = 0.3
    seed_share: float = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedConversation:
    """Votes and the truth behind them.

    Attributes
    ----------
    votes : VoteMatrix
        Shape (n, m).
    groups : ndarray of int32
        Shape (n,): true group.
    positions : ndarray of float
        Shape (n, 2): true positions.
    person, appeal : ndarray of float
        Shape (n,) and (m,): readiness to agree and own appeal, in log-odds.
    weights : ndarray of float
        Shape (m, 2): how positions act on each statement.
    mean : float
        Overall log-odds of agreeing.
    """

    votes: VoteMatrix
    groups: Labels
    positions: Floats
    person: Floats
    appeal: Floats
    weights: Floats
    mean: float

    def agreement(self, statements: slice | Ints = slice(None)) -> Floats:
        """Return the true chance of each participant agreeing rather than disagreeing, shape (n, chosen statements)."""
        logit = self.mean + self.person[:, None] + self.appeal[statements][None, :] + self.positions @ self.weights[statements].T
        return 1 / (1 + np.exp(-logit))


def simulate_conversation(settings: PopulationSettings | None = None, *, seed: int = 0) -> SimulatedConversation:
    """Draw a population and let it vote.

    Parameters
    ----------
    settings : PopulationSettings, optional
        Who and how many.
    seed : int
        Equal seeds give equal conversations.

    Returns
    -------
    SimulatedConversation
        With ids 0 … n−1 and 0 … m−1.
    """
    settings = settings or PopulationSettings()
    rng = np.random.default_rng(seed)
    n, m = settings.participants, settings.statements
    groups = rng.choice(len(settings.group_shares), n, p=settings.group_shares).astype(np.int32)
    positions = _positions(rng, groups, settings)
    person, appeal = rng.normal(0, 0.75, n), rng.normal(0, 1.7, m)
    dimensions = 1 if len(settings.group_shares) <= 2 else 2
    weights = np.zeros((m, 2))
    weights[:, :dimensions] = rng.normal(0, settings.pull / np.sqrt(dimensions), (m, dimensions))
    weights[rng.random(m) < settings.neutral_share] = 0.0
    passing_person, passing_statement = rng.normal(-2.1, 1.2, n), rng.normal(0, 0.9, m)
    available = _available(rng, settings)
    odds = settings.turnout_shape / (settings.turnout_shape + settings.mean_votes)
    wanted = 1 + rng.negative_binomial(settings.turnout_shape, odds, n)
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.minimum(wanted, available), out=indptr[1:])
    columns, codes = np.empty(indptr[-1], np.uint16 if m <= 65535 else np.int32), np.empty(indptr[-1], np.int8)
    people = np.concatenate([(1.25 + person)[:, None], positions, passing_person[:, None]], axis=1)
    things = np.concatenate([appeal[:, None], weights, passing_statement[:, None]], axis=1)

    def work(first: int, last: int) -> None:
        _cast_block(indptr, available, people, things, np.uint64(seed), first, last, columns, codes)

    for _ in run_blocks(work, row_blocks(indptr)):
        pass
    votes = VoteMatrix(indptr, columns, codes, IdIndex(np.arange(n)), IdIndex(np.arange(m)))
    return SimulatedConversation(votes, groups, positions, person, appeal, weights, 1.25)


def simulate_votes(participants: int, statements: int, votes_per_participant: float, *, seed: int = 0) -> VoteMatrix:
    """Draw votes of a given size, for load and benchmarks; turnout is kept even so that the size is as asked.

    Parameters
    ----------
    participants, statements : int
        How many.
    votes_per_participant : float
        Mean votes a participant.
    seed : int
        Equal seeds give equal votes.

    Returns
    -------
    VoteMatrix
        Of about ``participants × votes_per_participant`` votes.
    """
    settings = PopulationSettings(
        participants=participants, statements=statements, mean_votes=votes_per_participant - 1, turnout_shape=4.0, seed_share=0.5
    )
    return simulate_conversation(settings, seed=seed).votes


def _positions(rng: np.random.Generator, groups: Labels, settings: PopulationSettings) -> Floats:
    """Return positions of unit variance: group centres on a line (two groups) or a circle (more), and people around them."""
    shares = np.array(settings.group_shares)
    count = len(shares)
    angles = 2 * np.pi * np.arange(count) / max(count, 1)
    centres = np.stack([np.cos(angles), np.sin(angles)], axis=1) if count > 1 else np.zeros((1, 2))
    centres = centres - shares @ centres
    size = np.sqrt(shares @ (centres**2).sum(axis=1))
    within = settings.within if count > 1 else 1.0
    centres = centres / size * np.sqrt(1 - within**2) if size > 0 else centres
    dimensions = 1 if count <= 2 else 2
    noise = np.zeros((len(groups), 2))
    noise[:, :dimensions] = rng.normal(0, within / np.sqrt(dimensions), (len(groups), dimensions))
    return np.asarray(centres[groups] + noise)


def _available(rng: np.random.Generator, settings: PopulationSettings) -> Ints:
    """Return how many statements there are when each participant arrives: a launch burst, then an even flow; authors write as they come."""
    n, m = settings.participants, settings.statements
    burst = rng.random(n) < 0.45
    arrival = np.where(burst, rng.exponential(_ARRIVE_DAYS / 12, n), rng.random(n) * _ARRIVE_DAYS)
    seeds = max(int(m * settings.seed_share), 1)
    written = np.sort(np.quantile(arrival, rng.random(m - seeds))) if m > seeds else np.empty(0)
    leaves = arrival + rng.exponential(_ARRIVE_DAYS / 30, n)
    return (seeds + np.searchsorted(written, leaves)).astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _uniform(seed: np.uint64, a: int, b: int) -> float:
    """Return a uniform draw that depends on its three arguments only (SplitMix64), so that any block can be drawn on its own."""
    z = np.uint64(seed * np.uint64(0x9E3779B97F4A7C15) + np.uint64(a) * np.uint64(0xBF58476D1CE4E5B9) + np.uint64(b))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * 1.1102230246251565e-16


@numba.njit(cache=True, nogil=True)
def _cast_block(  # noqa: PLR0913 - compiled: plain arrays, one loop
    indptr: Ints,
    available: Ints,
    people: Floats,
    things: Floats,
    seed: np.uint64,
    first: int,
    last: int,
    columns: NDArray[Any],
    codes: Codes,
) -> None:
    taken = np.full(len(things), -1, np.int64)
    for i in range(first, last):
        count, choices = indptr[i + 1] - indptr[i], available[i]
        draw = 0
        chosen = np.empty(count, np.int64)
        for k in range(count):  # Floyd's algorithm: distinct without trying again
            top = choices - count + k
            j = int(_uniform(seed, i, draw) * (top + 1))
            draw += 1
            if taken[j] == i:
                j = top
            taken[j] = i
            chosen[k] = j
        chosen.sort()
        for k in range(count):
            j = chosen[k]
            agree = people[i, 0] + things[j, 0] + people[i, 1] * things[j, 1] + people[i, 2] * things[j, 2]
            passes = _uniform(seed, i, draw) < 1 / (1 + np.exp(-(people[i, 3] + things[j, 3])))
            agrees = _uniform(seed, i, draw + 1) < 1 / (1 + np.exp(-agree))
            draw += 2
            columns[indptr[i] + k] = j
            codes[indptr[i] + k] = 2 if passes else (3 if agrees else 1)
