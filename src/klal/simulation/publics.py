"""Divided publics whose truth is known, and the votes one would get from them: what every claim about common ground is measured on.

A kind says how opinions are made: people around group centres on two axes, groups that differ statement by statement as no axes can
explain, or nobody divided at all. The votes come as in life: statements are written late and seen by few, a minority arrives in a
burst of its own, people choose what they answer, the far-out vote more, and passing is personal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from klal.core.arrays import Bools, Codes, Floats, Ints, Labels, frozen
from klal.core.history import History
from klal.core.index import IdIndex
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix

_FEWEST_MEMBERS = 6
_TURNOUT_SHAPE, _MEAN_OVER_MEDIAN = 0.5, 2.2
"""Shape of the turnout fitted to seventeen public conversations, and how far its mean lies above its median."""
_DAY = 86_400_000


class Shape(StrEnum):
    """How opinions are spread over a public."""

    CENTRES = "centres"
    CLASSES = "classes"
    CLOUD = "cloud"
    LINE = "line"
    SKEWED = "skewed"
    HEAVY = "heavy"


class Routing(StrEnum):
    """Who is shown what: anything at random, what few have seen first, or what the person feels strongly about."""

    RANDOM = "random"
    NEW_FIRST = "new_first"
    SELF_SELECTED = "self_selected"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of public.

    Attributes
    ----------
    name : str
        How tables call it.
    shape : Shape
        How opinions are spread.
    shares : tuple of float
        Shares of the true groups, summing to 1; one share: no groups.
    separation : float
        Distance of group centres from the middle, in units in which statements' weights are about 1.
    spread : float
        Standard deviation of people around the centre of their group, per axis.
    """

    name: str
    shape: Shape
    shares: tuple[float, ...] = (1.0,)
    separation: float = 1.6
    spread: float = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Public:
    """A public and what it truly thinks.

    Attributes
    ----------
    kind : Kind
        What it is.
    groups : ndarray of int32
        Shape (n,): true group.
    agreement : ndarray of float
        Shape (n, m), 0 … 1: true chance that each person would agree rather than disagree.
    truth : ndarray of float
        Shape (g, m), 0 … 1: mean of it in each group.
    positions : ndarray of float
        Shape (n, 2): true positions; zeros where the kind has none.
    """

    kind: Kind
    groups: Labels
    agreement: Floats
    truth: Floats
    positions: Floats

    @property
    def weakest(self) -> Floats:
        """Return the true agreement of the group that agrees least, shape (m,)."""
        return np.asarray(self.truth.min(axis=0))


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """How votes come in.

    Attributes
    ----------
    median_votes : float
        Median votes a person, before running out of statements.
    turnout_spread : float
        Standard deviation of the logarithm of votes a person.
    seed_share : float
        Share of statements that are there from the start; the others are written by participants as they come.
    routing : Routing
        Who is shown what.
    passing : float
        Strength of passing; people pass where they are torn.
    late_minority : bool
        Whether all groups but the largest arrive late, in a burst.
    as_measured : bool
        Turnout and passing as fitted to the public conversations: one vote plus a negative binomial of shape ½, far more uneven than
        the log-normal one, and passing that depends on person and statement instead of on how torn somebody is.
    """

    median_votes: float = 20.0
    turnout_spread: float = 0.8
    seed_share: float = 0.4
    routing: Routing = Routing.SELF_SELECTED
    passing: float = 0.12
    late_minority: bool = True
    as_measured: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """Votes of a public, of shape (n, m), and when they were cast."""

    votes: VoteMatrix
    history: History


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("50/30/20 axes", Shape.CENTRES, (0.5, 0.3, 0.2)),
        Kind("50/30/20 classes", Shape.CLASSES, (0.5, 0.3, 0.2)),
        Kind("60/40 axes", Shape.CENTRES, (0.6, 0.4)),
        Kind("85/10/5 axes", Shape.CENTRES, (0.85, 0.10, 0.05)),
        Kind("85/10/5 classes", Shape.CLASSES, (0.85, 0.10, 0.05)),
        Kind("95/5 axes", Shape.CENTRES, (0.95, 0.05)),
    )
}
"""The six kinds of divided publics that rules for common ground are compared on."""

UNDIVIDED: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("one cloud", Shape.CLOUD, separation=1.0),
        Kind("spectrum", Shape.LINE, separation=1.6),
        Kind("skewed", Shape.SKEWED, separation=1.0),
        Kind("heavy tails", Shape.HEAVY, separation=0.8),
    )
}
"""Publics without groups, for which the verdict must be that there are none."""

SEPARATED: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("50/50 apart", Shape.CENTRES, (0.5, 0.5), separation=2.0, spread=0.4),
        Kind("60/40 apart", Shape.CENTRES, (0.6, 0.4), separation=2.0, spread=0.4),
        Kind("85/15 apart", Shape.CENTRES, (0.85, 0.15), separation=2.0, spread=0.4),
        Kind("50/30/20 apart", Shape.CENTRES, (0.5, 0.3, 0.2), separation=2.2, spread=0.4),
    )
}
"""Publics whose groups are well separated, for which the verdict must be clear."""


def draw_public(kind: Kind, seed: int, *, participants: int = 600, statements: int = 100) -> Public:
    """Draw a public of one kind.

    Parameters
    ----------
    kind : Kind
        How opinions are spread.
    seed : int
        Equal seeds give equal publics.
    participants, statements : int
        n and m.

    Returns
    -------
    Public
        With its truth.
    """
    rng = np.random.default_rng([seed, 1])
    n, m = participants, statements
    groups = _groups(rng, kind, n)
    ready, appeal = rng.normal(0, 0.5, n), rng.normal(0.7, 0.9, m)
    positions = np.zeros((n, 2))
    logit = ready[:, None] + appeal[None, :]
    if kind.shape is Shape.CLASSES:
        apart = rng.gamma(1.2, 0.8, m)
        offsets = rng.standard_t(4, (len(kind.shares), m)) * apart
        offsets -= 0.5 * np.array(kind.shares) @ offsets
        logit = logit + offsets[groups] + rng.normal(0, 0.8, (n, m))
    else:
        positions = _positions(rng, kind, groups)
        weights = rng.normal(0, 1, (m, 2)) * rng.gamma(2.0, 0.35, (m, 1))
        logit = logit + positions @ weights.T
    agreement = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))  # nobody is so sure that no number holds it
    truth = np.stack([agreement[groups == g].mean(axis=0) for g in range(len(kind.shares))])
    return Public(kind, frozen(groups), frozen(agreement), frozen(truth), frozen(positions))


def collect_votes(public: Public, seed: int, *, settings: CollectSettings | None = None) -> Collected:
    """Let a public vote.

    Parameters
    ----------
    public : Public
        Of n people and m statements.
    seed : int
        Equal seeds give equal votes.
    settings : CollectSettings, optional
        How votes come in.

    Returns
    -------
    Collected
        Votes of shape (n, m) under the ids 0 … n−1 and 0 … m−1; statements that somebody wrote have an author who came before they
        were there.
    """
    settings = settings or CollectSettings()
    rng = np.random.default_rng([seed, 2])
    n, m = public.agreement.shape
    order = np.argsort(_arrival(rng, public, settings))
    since, authors = _written(rng, order, m, settings)
    wanted = _turnout(rng, public, settings)
    passing = _passing(rng, public, settings)
    seen = np.zeros(m)
    came = np.sort(rng.random(n)) * 20 * _DAY
    rows, columns, codes, times = [], [], [], []
    for turn, i in enumerate(order):
        there = np.flatnonzero(since <= turn)
        chosen = _chosen(rng, public.agreement[i, there], seen[there], min(wanted[i], len(there)), settings.routing)
        shown = there[chosen]
        seen[shown] += 1
        rows.append(np.full(len(shown), i))
        columns.append(shown)
        codes.append(_cast(rng, public.agreement[i, shown], passing[i, shown]))
        times.append(came[turn] + np.cumsum(np.exp(rng.normal(np.log(6000), 0.8, len(shown)))))
    row, column, code = np.concatenate(rows), np.concatenate(columns), np.concatenate(codes)
    stamp = np.concatenate(times).astype(np.int64)
    votes = VoteMatrix.from_rows(row, column, code, participants=IdIndex(np.arange(n)), statements=IdIndex(np.arange(m)))
    in_order = np.lexsort((column, row))
    channels = np.asarray(rng.integers(0, 3, n))
    return Collected(votes, History(frozen(stamp[in_order]), frozen(authors), frozen(channels)))


def _groups(rng: np.random.Generator, kind: Kind, n: int) -> Labels:
    """Draw true groups; none smaller than a handful."""
    groups = rng.choice(len(kind.shares), n, p=kind.shares).astype(np.int32)
    for g in range(len(kind.shares)):
        if (groups == g).sum() < _FEWEST_MEMBERS:
            groups[rng.choice(n, _FEWEST_MEMBERS, replace=False)] = g
    return groups


def _positions(rng: np.random.Generator, kind: Kind, groups: Labels) -> Floats:
    n = len(groups)
    if kind.shape is Shape.CENTRES:
        return _around_centres(rng, kind, groups)
    if kind.shape is Shape.LINE:
        along = rng.uniform(-1, 1, n) * kind.separation
        return np.stack([along, rng.normal(0, kind.spread, n)], axis=1)
    if kind.shape is Shape.SKEWED:
        return np.asarray((rng.gamma(2.0, 1.0, (n, 2)) - 2.0) / np.sqrt(2.0) * kind.separation)
    if kind.shape is Shape.HEAVY:
        return np.asarray(rng.standard_t(4, (n, 2)) * kind.separation)
    return np.asarray(rng.normal(0, kind.separation, (n, 2)))


def _around_centres(rng: np.random.Generator, kind: Kind, groups: Labels) -> Floats:
    """Put centres on a circle, turned at random, and people around them."""
    count = len(kind.shares)
    turn = rng.uniform(0, 2 * np.pi)
    angles = 2 * np.pi * np.arange(count) / count + turn
    centres = kind.separation * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.asarray(centres[groups] + rng.normal(0, kind.spread, (len(groups), 2)))


def _arrival(rng: np.random.Generator, public: Public, settings: CollectSettings) -> Floats:
    """Draw when people come, 0 … 1; smaller groups late and close together."""
    when = rng.random(len(public.groups))
    sizes = np.bincount(public.groups)
    if settings.late_minority and len(sizes) > 1:
        small: Bools = public.groups != int(np.argmax(sizes))
        when[small] = np.clip(rng.normal(0.6, 0.25, int(small.sum())), 0, 1)
    return when


def _written(rng: np.random.Generator, order: Ints, m: int, settings: CollectSettings) -> tuple[Ints, Ints]:
    """Draw the turn from which each statement is there, and who wrote it: somebody whose turn it just was."""
    since, authors = np.zeros(m, dtype=np.int64), np.full(m, -1)
    late = rng.permutation(m)[int(settings.seed_share * m) :]
    since[late] = rng.integers(1, max(int(0.9 * len(order)), 2), len(late))
    authors[late] = order[since[late] - 1]
    return since, authors


def _turnout(rng: np.random.Generator, public: Public, settings: CollectSettings) -> Ints:
    """Draw how many votes each person is willing to cast; those with strong opinions cast more."""
    n, m = public.agreement.shape
    strength = np.abs(np.log(public.agreement) - np.log1p(-public.agreement)).mean(axis=1)
    strength = (strength - strength.mean()) / max(float(strength.std()), 1e-9)
    if settings.as_measured:
        mean = settings.median_votes * _MEAN_OVER_MEDIAN * np.exp(0.25 * strength)
        return np.asarray(np.clip(1 + rng.negative_binomial(_TURNOUT_SHAPE, _TURNOUT_SHAPE / (_TURNOUT_SHAPE + mean)), 1, m))
    votes = np.exp(rng.normal(np.log(settings.median_votes), settings.turnout_spread, n) + 0.25 * strength)
    return np.asarray(np.clip(votes, 2, m).astype(np.int64))


def _chosen(rng: np.random.Generator, agreement: Floats, seen: Floats, count: int, routing: Routing) -> Ints:
    """Draw which of the statements that are there a person answers."""
    weights = np.ones(len(agreement))
    if routing is Routing.NEW_FIRST:
        weights = (1 + 8 * 2.0 ** (-seen / 5)) ** 2
    elif routing is Routing.SELF_SELECTED:
        weights = 0.5 + np.abs(agreement - 0.5) * 2
    return rng.choice(len(agreement), count, replace=False, p=weights / weights.sum())


def _passing(rng: np.random.Generator, public: Public, settings: CollectSettings) -> Floats:
    """Return the chance of each person passing on each statement, shape (n, m)."""
    n, m = public.agreement.shape
    if settings.as_measured:
        return np.asarray(1 / (1 + np.exp(2.1 - rng.normal(0, 1.2, (n, 1)) - rng.normal(0, 0.9, (1, m)))))
    return np.asarray(settings.passing * (6.4 * public.agreement * (1 - public.agreement) + 0.3))


def _cast(rng: np.random.Generator, agreement: Floats, passing: Floats) -> Codes:
    """Draw votes."""
    codes = np.where(rng.random(len(agreement)) < agreement, AGREE, DISAGREE)
    return np.where(rng.random(len(agreement)) < passing, PASS, codes).astype(np.int8)
