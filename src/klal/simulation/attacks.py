"""Brigades that push one statement, and honest people who look like one: what every claim about coordination is measured on.

A tactic says what the accounts do beside agreeing with the statement they push. Those who are honest but look alike come late, all at
once, through one link, and think alike; nothing they do is made up, so whoever calls them a brigade does them wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from klal.core.arrays import Floats, Ints, frozen
from klal.core.history import History
from klal.core.index import IdIndex
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.simulation.publics import Collected, Public

_HOUR = 3_600_000.0
_PASSING = 0.12
_NEARBY = 20
_PLACED = 7
"""Votes from which people are placed on the map; fewer would be thrown away."""


class Tactic(StrEnum):
    """How a brigade hides, if it does.

    ``identical``: one ballot, cast by all in one order. ``naive``: random answers as camouflage. ``minimal``: just enough votes to be
    placed. ``copy``: ballots copied from honest people. ``mimic``: answers as honest people of every group would give them.
    ``infiltrate``: as split, but all in the group that agrees least with what they push. ``split``: divided over the groups by size,
    with an ordinary turnout. ``downvote``: mimics who disagree with what stands just above. ``slow``: as split, spread over the whole
    time at a human pace. ``sleeper``: an ordinary visit first, the push days later. ``channels``: as mimic, at random times through all
    channels. ``diligent``: as split, and answers nearly everything. ``shadow``: as slow, with the turnout of those who voted on the
    statement: made to defeat the method that finds the others.
    """

    IDENTICAL = "identical"
    NAIVE = "naive"
    MINIMAL = "minimal"
    COPY = "copy"
    MIMIC = "mimic"
    INFILTRATE = "infiltrate"
    SPLIT = "split"
    DOWNVOTE = "downvote"
    SLOW = "slow"
    SLEEPER = "sleeper"
    CHANNELS = "channels"
    DILIGENT = "diligent"
    SHADOW = "shadow"


class Lookalike(StrEnum):
    """Honest people who look coordinated.

    ``minority``: a group that thinks alike and comes late, in a burst, by one link. ``invited``: the same, and the letter that invited
    them asks for one statement, which they answer first and agree with. ``single_issue``: people of all groups who come for one
    statement and a few about the same thing, and agree with it.
    """

    MINORITY = "minority"
    INVITED = "invited"
    SINGLE_ISSUE = "single_issue"


@dataclass(frozen=True, slots=True)
class AttackSettings:
    """Size of a brigade, or of those who look like one.

    Attributes
    ----------
    share : float
        Accounts, as a share of the honest participants.
    votes : int
        Votes that each casts beside the statement pushed, where the tactic does not say otherwise.
    """

    share: float = 0.05
    votes: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """A conversation that accounts have joined.

    Attributes
    ----------
    votes : VoteMatrix
        Shape (n + k, m): the honest people as before, then the k accounts.
    history : History
        Of these votes.
    accounts : ndarray of int64
        Shape (k,): rows of those who joined.
    target : int
        The statement they came for.
    """

    votes: VoteMatrix
    history: History
    accounts: Ints
    target: int


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """What those who join know and may do."""

    rng: np.random.Generator
    public: Public
    collected: Collected
    target: int
    settings: AttackSettings
    opened: Floats
    begin: float
    end: float

    def others(self, when: float) -> Ints:
        """Return the statements other than the target that are there at a time."""
        there = self.opened <= when
        there[self.target] = False
        return np.flatnonzero(there)

    def member(self, group: int) -> int:
        """Draw an honest member of a true group."""
        return int(self.rng.choice(np.flatnonzero(self.public.groups == group)))

    def some(self, when: float, count: int) -> Ints:
        """Draw statements other than the target."""
        there = self.others(when)
        return self.rng.choice(there, min(count, len(there)), replace=False)

    def somebody(self) -> int:
        """Draw the true group of anybody."""
        return int(self.rng.choice(self.public.groups))

    def turnout(self) -> int:
        """Draw how many votes an ordinary participant casts, enough to be placed."""
        return max(int(self.rng.choice(self.collected.votes.votes_per_participant)), _PLACED)


@dataclass(frozen=True, slots=True, eq=False)
class _Ballot:
    """What one account votes beside the target, and when; ``push`` is when it agrees with the target."""

    columns: Ints
    codes: Ints
    times: Floats
    push: float
    channel: int


def attack(
    public: Public, collected: Collected, tactic: Tactic, target: int, seed: int, *, settings: AttackSettings | None = None
) -> Joined:
    """Let a brigade push a statement.

    Parameters
    ----------
    public : Public
        Whom the brigade imitates.
    collected : Collected
        The honest votes, shape (n, m), with their times.
    tactic : Tactic
        What the accounts do.
    target : int
        The statement they push.
    seed : int
        Equal seeds give equal brigades.
    settings : AttackSettings, optional
        How many, and how busy.

    Returns
    -------
    Joined
        All votes; those of the honest are the same as before.
    """
    scene = _scene(public, collected, target, np.random.default_rng([seed, 3]), settings)
    count = _count(public, scene.settings)
    return _join(scene, _TACTICS[tactic](scene, count))


def join_honest(
    public: Public, collected: Collected, lookalike: Lookalike, target: int, seed: int, *, settings: AttackSettings | None = None
) -> Joined:
    """Let honest people join who look coordinated.

    Parameters
    ----------
    public : Public
        The public they belong to.
    collected : Collected
        The votes of the others, shape (n, m), with their times.
    lookalike : Lookalike
        Who they are.
    target : int
        The statement of which the letter speaks, or for which they come.
    seed : int
        Equal seeds give equal people.
    settings : AttackSettings, optional
        How many; how busy they are, they draw like everybody.

    Returns
    -------
    Joined
        All votes; those of the others are the same as before.
    """
    scene = _scene(public, collected, target, np.random.default_rng([seed, 4]), settings)
    count = _count(public, scene.settings)
    if lookalike is Lookalike.SINGLE_ISSUE:
        return _join(scene, _single_issue(scene, count))
    invited = lookalike is Lookalike.INVITED
    return _join(scene, _minority(scene, count, invited=invited), pushes=invited)


def _scene(public: Public, collected: Collected, target: int, rng: np.random.Generator, settings: AttackSettings | None) -> _Scene:
    times = collected.history.times.astype(np.float64)
    opened = np.full(public.agreement.shape[1], np.inf)
    np.minimum.at(opened, collected.votes.columns.astype(np.int64), times)
    end = float(times.max())
    begin = min(float(opened[target]), end)
    return _Scene(rng, public, collected, target, settings or AttackSettings(), opened, begin, end)


def _count(public: Public, settings: AttackSettings) -> int:
    return max(round(settings.share * len(public.groups)), 1)


# ------------------------------------------------------------------ tactics


def _identical(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    columns = scene.some(burst, scene.settings.votes)
    codes = scene.rng.choice([AGREE, DISAGREE], len(columns))
    gaps = np.exp(scene.rng.normal(np.log(2000), 0.8, len(columns) + 1))
    ballots = []
    for _ in range(count):
        at = burst + scene.rng.exponential(0.3 * _HOUR) + np.cumsum(gaps)
        ballots.append(_Ballot(columns, codes, at[1:], float(at[0]), 0))
    return ballots


def _naive(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    ballots = []
    for _ in range(count):
        columns = scene.some(burst, scene.settings.votes)
        codes = scene.rng.choice([AGREE, DISAGREE], len(columns), p=[0.6, 0.4])
        ballots.append(_visit(scene, columns, codes, burst + scene.rng.exponential(2 * _HOUR), pace=4.0))
    return ballots


def _minimal(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    ballots = []
    for _ in range(count):
        columns = scene.some(burst, _PLACED - 1)
        ballots.append(_as_member(scene, _any_group(scene), columns, burst + scene.rng.exponential(3 * _HOUR)))
    return ballots


def _copy(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    votes = scene.collected.votes
    busy = np.flatnonzero(votes.votes_per_participant >= _PLACED)
    ballots = []
    for _ in range(count):
        i = int(scene.rng.choice(busy))
        own = slice(votes.indptr[i], votes.indptr[i + 1])
        columns, codes = votes.columns[own].astype(np.int64), votes.codes[own]
        kept = columns != scene.target
        ballots.append(_visit(scene, columns[kept], codes[kept], burst + scene.rng.exponential(6 * _HOUR)))
    return ballots


def _mimic(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    return [_mimicking(scene, _any_group(scene), burst + scene.rng.exponential(6 * _HOUR)) for _ in range(count)]


def _infiltrate(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    weakest = int(np.argmin(scene.public.truth[:, scene.target]))
    return [_ordinary(scene, burst + scene.rng.exponential(6 * _HOUR), group=weakest) for _ in range(count)]


def _split(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    return [_ordinary(scene, burst + scene.rng.exponential(12 * _HOUR)) for _ in range(count)]


def _downvote(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    weakest = scene.public.weakest
    others = scene.others(burst)
    above = others[weakest[others] > weakest[scene.target]]
    nearby = above[np.argsort(weakest[above])][:_NEARBY]
    ballots = []
    for _ in range(count):
        down = scene.rng.choice(nearby, min(scene.settings.votes // 2, len(nearby)), replace=False)
        rest = np.setdiff1d(scene.some(burst, scene.settings.votes - len(down)), down)
        i = scene.member(_any_group(scene))
        codes = np.concatenate([np.full(len(down), DISAGREE), _answers(scene, i, rest)])
        ballots.append(_visit(scene, np.concatenate([down, rest]), codes, burst + scene.rng.exponential(6 * _HOUR)))
    return ballots


def _slow(scene: _Scene, count: int) -> list[_Ballot]:
    return [_ordinary(scene, scene.rng.uniform(scene.begin, scene.end), channel=None) for _ in range(count)]


def _sleeper(scene: _Scene, count: int) -> list[_Ballot]:
    push = _moment(scene)
    first = float(scene.collected.history.times.min())
    ballots = []
    for _ in range(count):
        ballot = _ordinary(scene, scene.rng.uniform(first, push), channel=None)
        ballots.append(replace(ballot, push=push + float(scene.rng.exponential(6 * _HOUR))))
    return ballots


def _channels(scene: _Scene, count: int) -> list[_Ballot]:
    return [_mimicking(scene, _any_group(scene), scene.rng.uniform(scene.begin, scene.end), channel=None) for _ in range(count)]


def _diligent(scene: _Scene, count: int) -> list[_Ballot]:
    burst = _moment(scene)
    ballots = []
    for _ in range(count):
        when = burst + scene.rng.exponential(12 * _HOUR)
        many = int(scene.rng.uniform(0.6, 1.0) * len(scene.others(when)))
        ballots.append(_as_member(scene, scene.somebody(), scene.some(when, many), when))
    return ballots


def _shadow(scene: _Scene, count: int) -> list[_Ballot]:
    votes = scene.collected.votes
    voters = votes.row_of_vote()[votes.columns == scene.target]
    turnout = np.append(votes.votes_per_participant[voters], _PLACED)
    ballots = []
    for _ in range(count):
        when = scene.rng.uniform(scene.begin, scene.end)
        many = max(int(scene.rng.choice(turnout)), _PLACED) - 1
        ballots.append(_as_member(scene, scene.somebody(), scene.some(when, many), when, channel=None))
    return ballots


_TACTICS: dict[Tactic, Callable[[_Scene, int], list[_Ballot]]] = {
    Tactic.IDENTICAL: _identical,
    Tactic.NAIVE: _naive,
    Tactic.MINIMAL: _minimal,
    Tactic.COPY: _copy,
    Tactic.MIMIC: _mimic,
    Tactic.INFILTRATE: _infiltrate,
    Tactic.SPLIT: _split,
    Tactic.DOWNVOTE: _downvote,
    Tactic.SLOW: _slow,
    Tactic.SLEEPER: _sleeper,
    Tactic.CHANNELS: _channels,
    Tactic.DILIGENT: _diligent,
    Tactic.SHADOW: _shadow,
}


# ------------------------------------------------------------------ honest people


def _minority(scene: _Scene, count: int, *, invited: bool) -> list[_Ballot]:
    """Draw people close to one mind: the mean opinion of a random group, turned at random and sharpened."""
    rng, burst = scene.rng, _moment(scene)
    m = scene.public.agreement.shape[1]
    mind = 1.5 * np.log(scene.public.truth.mean(axis=0) / (1 - scene.public.truth.mean(axis=0))) + rng.normal(0, 1.5, m)
    ballots = []
    for _ in range(count):
        chance = 1 / (1 + np.exp(-(mind + rng.normal(0, 0.4) + rng.normal(0, 0.3, m))))
        when = burst + rng.exponential(2 * _HOUR)
        columns = scene.some(when, scene.turnout()) if invited else _with_target(scene, when)
        ballot = _visit(scene, columns, _cast(rng, chance[columns]), when)
        ballots.append(_push_first(ballot) if invited else ballot)
    return ballots


def _single_issue(scene: _Scene, count: int) -> list[_Ballot]:
    """Draw people of all groups who answer one statement and the few most like it, each as they think."""
    burst = _moment(scene)
    centred = scene.public.agreement - scene.public.agreement.mean(axis=0)
    likeness = np.abs(centred.T @ centred[:, scene.target])
    ballots = []
    for _ in range(count):
        when = burst + scene.rng.exponential(24 * _HOUR)
        others = scene.others(when)
        near = others[np.argsort(-likeness[others])][:12]
        columns = scene.rng.choice(near, min(int(scene.rng.integers(2, 9)), len(near)), replace=False)
        i = int(scene.rng.integers(len(scene.public.groups)))
        ballots.append(_push_first(_visit(scene, columns, _answers(scene, i, columns), when)))
    return ballots


def _with_target(scene: _Scene, when: float) -> Ints:
    there = np.flatnonzero(scene.opened <= when)
    return scene.rng.choice(there, min(scene.turnout(), len(there)), replace=False)


# ------------------------------------------------------------------ visits


def _moment(scene: _Scene) -> float:
    """Draw when a burst begins: in the later half of the time in which the target is there."""
    return float(scene.begin + (scene.end - scene.begin) * scene.rng.uniform(0.5, 0.9))


def _any_group(scene: _Scene) -> int:
    return int(scene.rng.integers(len(scene.public.truth)))


def _mimicking(scene: _Scene, group: int, when: float, *, channel: int | None = 0) -> _Ballot:
    return _as_member(scene, group, scene.some(when, scene.settings.votes), when, channel=channel)


def _ordinary(scene: _Scene, when: float, *, group: int | None = None, channel: int | None = 0) -> _Ballot:
    """Answer as a member of a group might, or anybody, with anybody's turnout."""
    group = scene.somebody() if group is None else group
    return _as_member(scene, group, scene.some(when, scene.turnout()), when, channel=channel)


def _as_member(scene: _Scene, group: int, columns: Ints, when: float, *, channel: int | None = 0) -> _Ballot:
    return _visit(scene, columns, _answers(scene, scene.member(group), columns), when, channel=channel)


def _answers(scene: _Scene, i: int, columns: Ints) -> Ints:
    return _cast(scene.rng, scene.public.agreement[i, columns])


def _cast(rng: np.random.Generator, agreement: Floats) -> Ints:
    codes = np.where(rng.random(len(agreement)) < agreement, AGREE, DISAGREE)
    passes = _PASSING * (6.4 * agreement * (1 - agreement) + 0.3)
    return np.where(rng.random(len(agreement)) < passes, PASS, codes)


def _visit(scene: _Scene, columns: Ints, codes: Ints, when: float, *, pace: float = 6.0, channel: int | None = 0) -> _Ballot:
    """Cast votes one after the other, seconds apart; the push at a random place among them."""
    gaps = np.exp(scene.rng.normal(np.log(1000 * pace), 0.8, len(columns) + 1))
    at = when + np.cumsum(gaps)
    order = scene.rng.permutation(len(columns) + 1)
    chosen = int(scene.rng.integers(3)) if channel is None else channel
    return _Ballot(columns, codes, at[order[:-1]], float(at[order[-1]]), chosen)


def _push_first(ballot: _Ballot) -> _Ballot:
    """Let the push change places with the first vote."""
    times = ballot.times.copy()
    first = int(np.argmin(times))
    if times[first] > ballot.push:
        return ballot
    earliest, times[first] = float(times[first]), ballot.push
    return replace(ballot, times=times, push=earliest)


def _join(scene: _Scene, ballots: list[_Ballot], *, pushes: bool = True) -> Joined:
    votes, history = scene.collected.votes, scene.collected.history
    n, m = votes.shape
    rows, columns, codes, times = [votes.row_of_vote()], [votes.columns.astype(np.int64)], [votes.codes], [history.times]
    for k, ballot in enumerate(ballots):
        extra = int(pushes)
        rows.append(np.full(len(ballot.columns) + extra, n + k))
        columns.append(np.concatenate([ballot.columns, np.full(extra, scene.target)]))
        codes.append(np.concatenate([ballot.codes, np.full(extra, AGREE)]).astype(np.int8))
        times.append(np.concatenate([ballot.times, np.full(extra, ballot.push)]).astype(np.int64))
    row, column, code = np.concatenate(rows), np.concatenate(columns), np.concatenate(codes)
    count = n + len(ballots)
    everybody = VoteMatrix.from_rows(row, column, code, participants=IdIndex(np.arange(count)), statements=IdIndex(np.arange(m)))
    stamp = np.concatenate(times)[np.lexsort((column, row))]
    channels = np.concatenate([history.channels, [ballot.channel for ballot in ballots]])
    return Joined(everybody, History(frozen(stamp), history.authors, frozen(channels)), frozen(np.arange(n, count)), scene.target)
