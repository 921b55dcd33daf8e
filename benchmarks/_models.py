"""Predictors of hidden votes that klal is compared with. Votes are 0 disagree, ½ pass, 1 agree."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """Visible votes in columns: participant, statement, value; and how many of both there are."""

    rows: Ints
    columns: Ints
    values: Floats
    n: int
    m: int

    @property
    def decided(self) -> Known:
        """Return the votes that agree or disagree."""
        keep = self.values != 0.5
        return Known(self.rows[keep], self.columns[keep], self.values[keep], self.n, self.m)


def statement_means(known: Known, *, pseudo: float = 2.0) -> Floats:
    """Return the share of agrees of each statement, drawn towards that of all votes, shape (m,)."""
    votes = known.decided
    agrees = np.bincount(votes.columns, weights=votes.values, minlength=known.m)
    return (agrees + pseudo * votes.values.mean()) / (np.bincount(votes.columns, minlength=known.m) + pseudo)


def group_means(known: Known, labels: Ints, *, pseudo: float = 2.0) -> Floats:
    """Return the share of agrees per group and statement, drawn towards the statement's; last row: people in no group."""
    votes, overall = known.decided, statement_means(known)
    groups = int(labels.max(initial=-1)) + 1
    cells = labels[votes.rows] * known.m + votes.columns
    inside = labels[votes.rows] >= 0
    agrees = np.bincount(cells[inside], weights=votes.values[inside], minlength=groups * known.m).reshape(groups, known.m)
    counts = np.bincount(cells[inside], minlength=groups * known.m).reshape(groups, known.m)
    return np.concatenate([(agrees + pseudo * overall) / (counts + pseudo), overall[None, :]])


@dataclass(frozen=True, slots=True, eq=False)
class NotesModel:
    """r = μ + b_u + b_i + f_u·f_i, as Community Notes fits it: squared loss, ridge on the means of squared parameters."""

    mean: float
    people: Floats
    statements: Floats

    def raw(self, rows: Ints, columns: Ints) -> Floats:
        """Return predicted votes; neither bounded nor probabilities."""
        u, i = self.people[rows], self.statements[columns]
        return self.mean + u[:, 0] + i[:, 0] + (u[:, 1:] * i[:, 1:]).sum(axis=1)


def fit_notes(known: Known, *, factors: int = 1, intercept: float = 0.15, factor: float = 0.03, sweeps: int = 60) -> NotesModel:
    """Fit the model by alternating least squares from a fixed start."""
    rng = np.random.default_rng(0)
    votes = len(known.values)
    people = np.concatenate([np.zeros((known.n, 1)), rng.uniform(-0.3, 0.3, (known.n, factors))], axis=1)
    statements = np.concatenate([np.zeros((known.m, 1)), rng.uniform(-0.3, 0.3, (known.m, factors))], axis=1)
    by_person, by_statement = _grouped(known.rows, known.n), _grouped(known.columns, known.m)
    penalties = [np.array([intercept] + [factor / factors] * factors) * votes / size for size in (known.n, known.m)]
    mean = float(known.values.mean())
    for _ in range(sweeps):
        _solve(*by_statement, known.rows, known.values - mean, people, penalties[1], statements)
        _solve(*by_person, known.columns, known.values - mean, statements, penalties[0], people)
        fitted = NotesModel(0.0, people, statements).raw(known.rows, known.columns)
        mean = float((known.values - fitted).sum() / (votes * (1 + intercept)))
    return NotesModel(mean, people, statements)


def recalibration(scores: Floats, agreed: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic curve that turns scores into chances of agreeing."""
    design = np.stack([scores, np.ones_like(scores)], axis=1)
    weights = np.array([4.0, -2.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        spread = np.maximum(chance * (1 - chance), 1e-6)
        step = np.linalg.solve((design * spread[:, None]).T @ design + 1e-6 * np.eye(2), design.T @ (agreed - chance))
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return float(weights[0]), float(weights[1])


def _grouped(keys: Ints, size: int) -> tuple[Ints, Ints]:
    start = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(keys, minlength=size), out=start[1:])
    return start, np.argsort(keys, kind="stable")


@numba.njit(cache=True, nogil=True)
def _solve(start: Ints, order: Ints, partner: Ints, target: Floats, other: Floats, penalty: Floats, own: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays
    """Solve the ridge regression of every person (or statement) on those it voted with; writes ``own``."""
    size = own.shape[1]
    for one in range(len(own)):
        left = np.diag(penalty)
        right = np.zeros(size)
        for k in range(start[one], start[one + 1]):
            vote = order[k]
            who = partner[vote]
            rest = target[vote] - other[who, 0]
            for a in range(size):
                first = 1.0 if a == 0 else other[who, a]
                right[a] += rest * first
                for b in range(size):
                    left[a, b] += first * (1.0 if b == 0 else other[who, b])
        own[one] = np.linalg.solve(left, right)
