"""A plain rewrite of the bridging model with its alternatives built in: for the table of what was tried, not for use.

Everything is as in ``klal.core.bridging_fit`` – the start aside, which is a plain decomposition – but two things can be chosen: what a
vote tells one side given the other (``Doubt``), and what is made of passes (``Passes``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from benchmarks._models import Floats, Ints
from klal.core.votes import AGREE, PASS, VoteMatrix

_IMAGINED, _VARIANCE = 5.0, 0.1


class Doubt(IntEnum):
    """What a vote tells one side given the other: all of its doubt held against it, half, none, or the other side without the vote."""

    ALL = 0
    HALF = 1
    NONE = 2
    LEFT_OUT = 3


class Passes(IntEnum):
    """What is made of passes: left out, a tenth, a quarter or all of a vote for both sides, or a process of their own.

    The process is logistic in the person's and the statement's readiness to be passed on and in how torn the model takes the person to
    be: passing says that somebody stands near the middle, voting that they do not.
    """

    LEFT_OUT = 0
    TENTH = 1
    QUARTER = 2
    HALF_OF_BOTH = 3
    PROCESS = 4


WEIGHTS = {Passes.LEFT_OUT: 0.0, Passes.TENTH: 0.1, Passes.QUARTER: 0.25, Passes.HALF_OF_BOTH: 1.0, Passes.PROCESS: 0.0}


@dataclass(slots=True, eq=False)
class Side:
    """People or statements: means (q, 1 + k), covariances, prior mean and precision; and their votes."""

    mean: Floats
    cov: Floats
    centre: Floats
    precision: Floats
    start: Ints
    order: Ints
    partner: Ints


def fit_and_predict(votes: VoteMatrix, rows: Ints, columns: Ints, *, doubt: Doubt, passes: Passes, factors: int = 4) -> Floats:
    """Fit the model one of the ways and return the chance of agreeing, shape (q,)."""
    people, statements = _start(votes, factors)
    halves = 0.5 * (votes.codes.astype(np.float64) - 2)
    weights = np.where(votes.codes == PASS, WEIGHTS[passes], 1.0)
    process = _Process(votes) if passes is Passes.PROCESS else None
    extra = np.zeros(len(halves))
    for sweep in range(25):
        for own, other in ((people, statements), (statements, people)):
            pull = own.precision @ own.centre
            given = (halves[own.order], weights[own.order], extra[own.order])
            _update((own.start, own.partner), given, (own.mean, own.cov), (other.mean, other.cov), (own.precision, pull), int(doubt))
        if sweep > 0:
            _learn(people, statements)
        if process is not None and sweep > 2:
            extra = process.update(people, statements)
    return _chance(people, statements, rows, columns)


@numba.njit(cache=True, nogil=True)
def _update(votes, given, own, other, prior, doubt):  # type: ignore[no-untyped-def]  # noqa: C901 - compiled: one loop
    (start, partner), (halves, weights, extra), (x, xx), (y, yy), (precision, pull) = votes, given, own, other, prior
    size = x.shape[1]
    u, v, pulled, left, right = np.ones(size), np.ones(size), np.empty(size), np.empty((size, size)), np.empty(size)
    for i in range(len(start) - 1):
        left[:], right[:] = precision, pull
        u[1:] = x[i, 1:]
        for k in range(start[i], start[i + 1]):
            if weights[k] == 0.0 and extra[k] == 0.0:
                continue
            j = partner[k]
            v[1:] = y[j, 1:]
            value, theirs, mine = x[i, 0] + y[j, 0], 0.0, 0.0
            for a in range(size):
                pulled[a] = 0.0
                for b in range(size):
                    pulled[a] += yy[j, a, b] * u[b]
                    mine += v[a] * xx[i, a, b] * v[b]
                    if a > 0 and b > 0:
                        mine += xx[i, a, b] * yy[j, a, b]
                theirs += u[a] * pulled[a]
                value += u[a] * v[a] if a > 0 else 0.0
            root = max(np.sqrt(value * value + theirs + mine), 1e-6)
            omega, half, offset = max(weights[k] * np.tanh(root / 2) / (2 * root) + extra[k], 1e-4), halves[k], y[j, 0]
            if doubt == 3:
                rest = 1 - min(omega * theirs, 0.98)
                step = (half - omega * value) / rest
                offset -= pulled[0] * step
                for a in range(1, size):
                    v[a] -= pulled[a] * step
                omega, half = omega * rest, half * rest
            share = omega if doubt == 0 else 0.5 * omega if doubt == 1 else 0.0
            for a in range(size):
                right[a] += (half - omega * offset) * v[a] - (share * yy[j, 0, a] if a > 0 else 0.0)
                for b in range(size):
                    left[a, b] += omega * v[a] * v[b] + (share * yy[j, a, b] if a > 0 and b > 0 else 0.0)
        xx[i] = np.linalg.inv(left)
        x[i] = xx[i] @ right


class _Process:
    """Passing as a logistic process of its own, fitted by one Newton step a sweep."""

    def __init__(self, votes: VoteMatrix) -> None:
        self.rows, self.columns, self.shape = votes.row_of_vote(), votes.columns.astype(np.int64), votes.shape
        self.passed = (votes.codes == PASS).astype(np.float64)
        self.person, self.statement = np.zeros(self.shape[0]), np.zeros(self.shape[1])
        share = np.clip(self.passed.mean(), 0.01, 0.99)
        self.level, self.distance = float(np.log(share / (1 - share))), 0.0

    def update(self, people: Side, statements: Side) -> Floats:
        """Return what passing adds to the precision of every vote's log-odds around 0; less than 0 for votes."""
        square = _second_moments(people, statements, self.rows, self.columns)
        far, falls = 1 - np.exp(-square / 6), np.exp(-square / 6) / 6
        for one, keys in ((self.person, self.rows), (self.statement, self.columns)):
            chance = self._chance(far)
            gradient = np.bincount(keys, self.passed - chance, len(one)) - one
            one += gradient / (np.bincount(keys, chance * (1 - chance), len(one)) + 1)
        chance = self._chance(far)
        design = np.stack([np.ones_like(far), -far])
        bend = (design * chance * (1 - chance)) @ design.T + np.eye(2)
        step = np.linalg.solve(bend, design @ (self.passed - chance))
        self.level, self.distance = self.level + step[0], max(self.distance + step[1], 0.0)
        chance = self._chance(far)
        return np.asarray(2 * self.distance * falls * (self.passed - chance))

    def _chance(self, far: Floats) -> Floats:
        logit = self.level + self.person[self.rows] + self.statement[self.columns] - self.distance * far
        return np.asarray(1 / (1 + np.exp(-np.clip(logit, -30, 30))))


def _start(votes: VoteMatrix, factors: int) -> tuple[Side, Side]:
    n, m = votes.shape
    rows, columns, decided = votes.row_of_vote(), votes.columns.astype(np.int64), votes.codes != PASS
    agrees, counts = np.bincount(columns, votes.codes == AGREE, m), np.bincount(columns, decided, m)
    overall = agrees.sum() / counts.sum()
    share = (agrees + 2 * overall) / (counts + 2)
    rest = np.where(decided, (votes.codes == AGREE) - share[columns], 0.0)
    kept = min(factors, min(n, m) - 1)
    left, values, _ = svds(csr_matrix((rest, (rows, columns)), shape=(n, m)), k=kept, v0=np.ones(min(n, m)))
    side = 1 + factors
    people = Side(np.zeros((n, side)), *_blank(n, side), np.diag([2.0] + [1.0] * factors), *_grouped(rows, columns, n))
    statements = Side(np.zeros((m, side)), *_blank(m, side), np.diag([0.5] + [2.0] * factors), *_grouped(columns, rows, m))
    statements.mean[:, 0] = np.log(share / (1 - share))
    statements.centre[0] = np.log(overall / (1 - overall))
    slope = (rest[:, None] * (left[:, np.argsort(-values)] * np.sqrt(n))[rows]).T
    known = counts * share * (1 - share) + 2
    statements.mean[:, 1 : 1 + kept] = np.stack([np.bincount(columns, one, m) for one in slope], axis=1) / known[:, None]
    return people, statements


def _blank(size: int, side: int) -> tuple[Floats, Floats]:
    return np.tile(0.1 * np.eye(side), (size, 1, 1)), np.zeros(side)


def _grouped(keys: Ints, partner: Ints, size: int) -> tuple[Ints, Ints, Ints]:
    order = np.argsort(keys, kind="stable")
    start = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(keys, minlength=size), out=start[1:])
    return start, order, partner[order]


def _learn(people: Side, statements: Side) -> None:
    """Choose coordinates in which people have mean 0 and uncorrelated factors of unit size; learn the priors in them."""
    voted = np.diff(people.start) > 0
    middle = people.mean[voted].mean(axis=0)
    about = people.mean[voted] - middle
    spread = (about.T @ about + people.cov[voted].sum(axis=0)) / voted.sum()
    side = len(middle)
    values, vectors = np.linalg.eigh(spread[1:, 1:])
    roots = np.sqrt(np.maximum(values, 1e-6))
    grow, shrink = (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
    along = shrink @ (shrink @ spread[1:, 0])
    turn, back = np.eye(side), np.eye(side)
    turn[0, 1:], turn[1:, 1:] = -along, shrink
    people.mean, people.cov = (people.mean - middle) @ turn.T, turn @ people.cov @ turn.T
    statements.mean[:, 0] += middle[0] + statements.mean[:, 1:] @ middle[1:]
    back[0, 1:] = middle[1:]
    statements.cov = back @ statements.cov @ back.T
    statements.mean[:, 1:] = (statements.mean[:, 1:] + along) @ grow
    grown = np.eye(side)
    grown[1:, 1:] = grow
    statements.cov = grown @ statements.cov @ grown.T
    readiness = spread[0, 0] - spread[0, 1:] @ along
    people.precision = np.eye(side)
    people.precision[0, 0] = (voted.sum() + 2) / (voted.sum() * readiness + 2 * _VARIANCE)
    statements.centre = statements.mean.mean(axis=0)
    about = statements.mean - statements.centre
    total = about.T @ about + statements.cov.sum(axis=0) + _IMAGINED * _VARIANCE * np.eye(side)
    statements.precision = np.linalg.inv(total / (len(about) + _IMAGINED))


def _moments(people: Side, statements: Side, rows: Ints, columns: Ints) -> tuple[Floats, Floats]:
    x, y = people.mean[rows], statements.mean[columns]
    mean = x[:, 0] + y[:, 0] + (x[:, 1:] * y[:, 1:]).sum(axis=1)
    u, v = x.copy(), y.copy()
    u[:, 0] = v[:, 0] = 1.0
    spread = np.einsum("qa,qab,qb->q", v, people.cov[rows], v) + np.einsum("qa,qab,qb->q", u, statements.cov[columns], u)
    return mean, spread + (people.cov[rows][:, 1:, 1:] * statements.cov[columns][:, 1:, 1:]).sum(axis=(1, 2))


def _second_moments(people: Side, statements: Side, rows: Ints, columns: Ints) -> Floats:
    mean, spread = _moments(people, statements, rows, columns)
    return mean**2 + spread


def _chance(people: Side, statements: Side, rows: Ints, columns: NDArray[np.int64]) -> Floats:
    mean, spread = _moments(people, statements, rows, columns)
    return np.asarray(1 / (1 + np.exp(-np.clip(mean / np.sqrt(1 + np.pi * spread / 8), -500, 500))))
