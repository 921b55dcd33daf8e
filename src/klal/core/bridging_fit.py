"""Fitting the bridging model: where it starts, what a sweep does, and how the priors are learnt.

After every sweep the coordinates are chosen afresh – people's parameters get mean 0, their factors unit second moment, uncorrelated
with their readiness – and what that changes is put into the statements' side, so that no prediction changes (parameter expansion). The
priors are then read off in coordinates in which they hold, and far fewer sweeps are needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Bools, Floats, Ints
from klal.core.blocks import row_blocks, run_blocks
from klal.core.bridging_kernels import sweep_block, triangle
from klal.core.opinion_map import leading_directions
from klal.core.results import Bridging, OpinionMap, VoteTally
from klal.core.settings import BridgingSettings
from klal.core.votes import PASS, VoteMatrix

_APPEAL_VARIANCE, _PERSON_VARIANCE, _FACTOR_VARIANCE = 1.5**2, 0.7**2, 0.7**2
"""Starting variances of the priors, on the log-odds scale."""
_PRIOR_COUNT, _PRIOR_VALUE = 5.0, 0.1
"""The learnt covariance of statements is held off zero by five imaginary ones of variance 0.1 each way."""
_PERSON_COUNT = 2.0
_LEARN_AFTER = 1
_START_VARIANCE = 0.1
_CHUNK = 1 << 16
_LEAST_SECOND_MOMENT = 1e-6


@dataclass(slots=True, eq=False)
class Fit:
    """The state of a fit; people's part is rewritten in place by every sweep. The overall mean is part of the appeals.

    Attributes
    ----------
    person, person_cov, statement, statement_cov
        As in ``Bridging``.
    person_precision : ndarray of float
        Shape (1 + k,): prior precision of people's parameters, whose prior mean is 0.
    prior_mean, prior_precision : ndarray of float
        Shapes (1 + k,) and (1 + k, 1 + k): of the statements' parameters.
    moved : tuple of ndarray of float
        Shapes (1 + k,) and (1 + k, 1 + k), middle and turn: people still stand in coordinates from which ``turn @ (· - middle)`` leads to
        those of the statements.
    """

    person: Floats
    person_cov: Floats
    statement: Floats
    statement_cov: Floats
    person_precision: Floats
    prior_mean: Floats
    prior_precision: Floats
    moved: tuple[Floats, Floats]

    def take_statements(self, other: Fit) -> None:
        """Take over statements and priors of a fit to some of the people; people start anew."""
        self.statement, self.statement_cov = other.statement, other.statement_cov
        self.person_precision, self.prior_mean, self.prior_precision = other.person_precision, other.prior_mean, other.prior_precision
        self.person, self.person_cov = _unknown_people(len(self.person), self.person_precision)
        self.moved = _unmoved(len(self.prior_mean))

    def of_people(self, rows: Bools | Ints) -> Fit:
        """Return the same fit of some people only."""
        return replace(self, person=self.person[rows].copy(), person_cov=self.person_cov[rows].copy())


def start_fit(votes: VoteMatrix, opinion_map: OpinionMap, tally: VoteTally, factors: int) -> Fit:
    """Start statements at their share of agrees and at the directions in which agreement varies most, people nowhere.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    opinion_map : OpinionMap
        Of the same votes; the search for directions begins at its axes.
    tally : VoteTally
        Votes per statement.
    factors : int
        k, 0 … 4.

    Returns
    -------
    Fit
        Ready for its first sweep.
    """
    n, m = votes.shape
    side = 1 + factors
    agree, decided = float(tally.agree.sum()), float(tally.decided.sum())
    overall = (agree + 1) / (decided + 2)
    share = (tally.agree + 2 * overall) / (tally.decided + 2)
    statement = np.zeros((m, side))
    statement[:, 0] = np.log(share / (1 - share))
    if factors:
        cells = np.zeros((m, 4))
        cells[:, 1], cells[:, 3] = -share, 1 - share
        values, directions = leading_directions(votes, cells, opinion_map.axes)
        voters = int(who_decided(votes).sum())
        slope = np.sqrt(voters * np.maximum(values, 0.0)) * directions
        known = (tally.decided * share * (1 - share))[:, None] + 1 / _FACTOR_VARIANCE
        statement[:, 1:] = (slope / known)[:, :factors]
    person_precision = np.array([1 / _PERSON_VARIANCE] + [1.0] * factors)
    prior_precision = np.diag([1 / _APPEAL_VARIANCE] + [1 / _FACTOR_VARIANCE] * factors)
    prior_mean = np.zeros(side)
    prior_mean[0] = np.log(overall / (1 - overall))
    person, person_cov = _unknown_people(n, person_precision)
    statement_cov = np.zeros((m, side * (side + 1) // 2))
    statement_cov[:, [triangle(d, d) for d in range(side)]] = _START_VARIANCE
    return Fit(person, person_cov, statement, statement_cov, person_precision, prior_mean, prior_precision, _unmoved(side))


def restart_fit(previous: Bridging, people: Ints, statements: Ints) -> Fit:
    """Start from an earlier result, whatever has come and gone since.

    Parameters
    ----------
    previous : Bridging
        Of earlier votes.
    people, statements : ndarray of int64
        Shapes (n,) and (m,): where each of today's stood in the earlier result, −1 if new.

    Returns
    -------
    Fit
        Those known start where they were, the new ones at their prior.
    """
    person, person_cov = _unknown_people(len(people), previous.person_precision)
    person[people >= 0] = previous.person[people[people >= 0]]
    person_cov[people >= 0] = previous.person_cov[people[people >= 0]]
    known = statements >= 0
    shift = np.zeros(previous.statement.shape[1])
    shift[0] = previous.mean
    statement = np.tile(previous.statement_mean + shift, (len(statements), 1))
    statement[known] = previous.statement[statements[known]] + shift
    lower = np.tril_indices(len(shift))
    statement_cov = np.tile(np.linalg.inv(previous.statement_precision)[lower], (len(statements), 1))
    statement_cov[known] = previous.statement_cov[statements[known]]
    return Fit(
        person,
        person_cov,
        statement,
        statement_cov,
        previous.person_precision.copy(),
        previous.statement_mean + shift,
        previous.statement_precision.copy(),
        _unmoved(len(shift)),
    )


def sweep_until_still(votes: VoteMatrix, fit: Fit, settings: BridgingSettings, *, most: int, again: bool = False) -> tuple[int, bool]:
    """Sweep until statements' chances stand still.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    fit : Fit
        Changed in place.
    settings : BridgingSettings
        Tolerance of the root mean square change of chances.
    most : int
        Most sweeps.
    again : bool
        Whether the fit comes from an earlier result. Its priors are right from the start, and it is nearer the end than a fresh fit whose
        last sweep changed as much, so twice the tolerance will do.

    Returns
    -------
    sweeps : int
        Sweeps done.
    converged : bool
        Whether they met the tolerance.
    """
    learn_after, tolerance = (0, 2 * settings.tolerance) if again else (_LEARN_AFTER, settings.tolerance)
    for sweep in range(1, most + 1):
        before = _chances(fit)
        _sweep(votes, fit, learn=sweep > learn_after)
        if sweep > learn_after + 1 and _root_mean_square(_chances(fit) - before) <= tolerance:
            return sweep, True
    return most, False


def place_people(votes: VoteMatrix, fit: Fit) -> None:
    """Give everybody the posterior that follows from the final statements; twice, because the weights depend on it."""
    for _ in range(2):
        for _ in _run(votes, fit, add=False):
            pass
        fit.moved = _unmoved(len(fit.prior_mean))


def settle(fit: Fit, counted: Bools) -> None:
    """Choose the final coordinates: as after every sweep, and factors turned so that statements' factors are uncorrelated, largest first.

    Parameters
    ----------
    fit : Fit
        With everybody placed; changed in place.
    counted : ndarray of bool
        Shape (n,): who agreed or disagreed with anything.
    """
    if not counted.any():
        return
    side = fit.statement.shape[1]
    weights = counted.astype(np.float64)
    second = (fit.person * weights[:, None]).T @ fit.person + full_covariance((weights @ fit.person_cov)[None])[0]
    middle, turn = _recentre(fit, float(weights.sum()), weights @ fit.person, second)
    if side > 1:
        about = fit.statement[:, 1:] - fit.statement[:, 1:].mean(axis=0)
        _, vectors = np.linalg.eigh(about.T @ about)
        vectors = vectors[:, ::-1]
        vectors = vectors * _signs(fit.statement[:, 1:] @ vectors)
        full = np.eye(side)
        full[1:, 1:] = vectors.T
        turn = full @ turn
        _turn_statements(fit, full)
        fit.prior_mean = full @ fit.prior_mean
        fit.prior_precision = full @ fit.prior_precision @ full.T
    for first in range(0, len(fit.person), _CHUNK):  # in place, so that a million people need no second copy
        part = slice(first, first + _CHUNK)
        fit.person[part] = (fit.person[part] - middle) @ turn.T
        fit.person_cov[part] = _turned(fit.person_cov[part], turn)


def who_decided(votes: VoteMatrix) -> Bools:
    """Say who agreed or disagreed with anything, shape (n,)."""
    decided = np.concatenate([[0], np.cumsum(votes.codes != PASS)])
    return np.asarray(np.diff(decided[votes.indptr]) > 0)


def full_covariance(lower: Floats) -> Floats:
    """Unfold lower triangles, shape (q, k(k+1)/2), into matrices, shape (q, k, k)."""
    size = triangle_side(lower.shape[1])
    full = np.empty((len(lower), size, size))
    for a in range(size):
        for b in range(a + 1):
            full[:, a, b] = full[:, b, a] = lower[:, triangle(a, b)]
    return full


def triangle_side(entries: int) -> int:
    """Return the side of a matrix whose lower triangle has so many entries."""
    return int((np.sqrt(8 * entries + 1) - 1) / 2)


def _unknown_people(n: int, precision: Floats) -> tuple[Floats, Floats]:
    side = len(precision)
    cov = np.zeros((n, side * (side + 1) // 2))
    cov[:, [triangle(d, d) for d in range(side)]] = 1 / precision
    return np.zeros((n, side)), cov


def _chances(fit: Fit) -> Floats:
    """Return what a statement is whichever way the factors are turned, shape (m, 3).

    The chance of agreeing of somebody in the middle, and of two who stand one unit from it where agreement rises and falls most.
    """
    appeal, slope = fit.statement[:, 0], np.sqrt((fit.statement[:, 1:] ** 2).sum(axis=1))
    logit = np.stack([appeal, appeal + slope, appeal - slope], axis=1)
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -500, 500))))


def _root_mean_square(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2))) if values.size else 0.0


def _unmoved(side: int) -> tuple[Floats, Floats]:
    return np.zeros(side), np.eye(side)


def _run(votes: VoteMatrix, fit: Fit, *, add: bool) -> Iterator[tuple[Floats, Floats]]:
    """Place people block by block; yield what each block tells of the statements, and the sums over its people."""
    m, side = fit.statement.shape
    width = side + side * (side + 1) // 2
    data = (votes.indptr, votes.columns, votes.codes)
    statements, people = (fit.statement, fit.statement_cov), (fit.person, fit.person_cov)

    def work(first: int, last: int) -> tuple[Floats, Floats]:
        out = np.zeros((m if add else 0, width)), np.zeros(1 + width if add else 0)
        sweep_block(data, statements, (0,) * side, fit.moved, fit.person_precision, (first, last), people, out)
        return out

    return run_blocks(work, row_blocks(votes.indptr))


def _sweep(votes: VoteMatrix, fit: Fit, *, learn: bool) -> None:
    """Place people block by block, then all statements from the sums, then choose coordinates and learn the priors."""
    side = fit.statement.shape[1]
    parts = _run(votes, fit, add=True)
    told, people = next(parts)
    for more, others in parts:
        told += more
        people += others
    fit.moved = _unmoved(side)
    cov = np.linalg.inv(full_covariance(told[:, side:]) + fit.prior_precision)
    fit.statement = np.einsum("jab,jb->ja", cov, told[:, :side] + fit.prior_precision @ fit.prior_mean)
    rows, columns = np.tril_indices(side)
    fit.statement_cov = np.ascontiguousarray(cov[:, rows, columns])
    if learn and people[0] > 0:
        second = full_covariance(people[None, 1 + side :])[0]
        fit.moved = _recentre(fit, people[0], people[1 : 1 + side], second)
        _learn_priors(fit)


def _recentre(fit: Fit, count: float, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Put the statements into coordinates in which people have mean 0 and uncorrelated factors of unit second moment.

    Parameters
    ----------
    fit : Fit
        Its statements and the prior precision of people's readiness are changed; people are left to the caller.
    count : float
        People.
    first, second : ndarray of float
        Shapes (1 + k,) and (1 + k, 1 + k): sums over people of their parameters and of the second moments of these.

    Returns
    -------
    middle, turn : ndarray of float
        Shapes (1 + k,), (1 + k, 1 + k): people's new parameters are ``turn @ (old - middle)``.
    """
    middle = first / count
    spread = second / count - np.outer(middle, middle)
    side = len(middle)
    turn, back = np.eye(side), np.eye(side)
    back[0, 1:] = middle[1:]  # a statement's new appeal takes in its factors at the middle
    fit.statement[:, 0] += middle[0]
    fit.prior_mean[0] += middle[0]
    readiness = spread[0, 0]
    if side > 1:
        values, vectors = np.linalg.eigh(spread[1:, 1:])
        roots = np.sqrt(np.maximum(values, _LEAST_SECOND_MOMENT))
        grow, shrink = (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
        along = shrink @ (shrink @ spread[1:, 0])  # readiness that goes with the factors becomes part of the statements'
        readiness = max(readiness - float(spread[0, 1:] @ along), 0.0)
        turn[0, 1:] = -along
        turn[1:, 1:] = shrink
        back[1:, 1:] = grow
        fit.statement[:, 1:] += along
        fit.prior_mean[1:] += along
        # the appeal was read at the old factors: take out again what was added at the middle
        fit.statement[:, 0] -= float(along @ middle[1:])
        fit.prior_mean[0] -= float(along @ middle[1:])
    _turn_statements(fit, back)
    fit.prior_mean = back @ fit.prior_mean
    inverse = np.linalg.inv(back)
    fit.prior_precision = inverse.T @ fit.prior_precision @ inverse
    fit.person_precision = np.ones(side)
    fit.person_precision[0] = (count + _PERSON_COUNT) / (count * readiness + _PERSON_COUNT * _PRIOR_VALUE)
    return middle, turn


def _learn_priors(fit: Fit) -> None:
    """Learn mean and covariance of the statements' prior from their posteriors."""
    side = fit.statement.shape[1]
    count = len(fit.statement)
    fit.prior_mean = fit.statement.mean(axis=0)
    about = fit.statement - fit.prior_mean
    spread = about.T @ about + full_covariance(fit.statement_cov.sum(axis=0)[None])[0]
    spread[np.arange(side), np.arange(side)] += _PRIOR_COUNT * _PRIOR_VALUE
    fit.prior_precision = np.linalg.inv(spread / (count + _PRIOR_COUNT))


def _turn_statements(fit: Fit, turn: Floats) -> None:
    fit.statement = fit.statement @ turn.T
    fit.statement_cov = _turned(fit.statement_cov, turn)


def _turned(lower: Floats, turn: Floats) -> Floats:
    """Return the covariances of ``turn @ parameters``, as lower triangles."""
    side = len(turn)
    rows, columns = np.tril_indices(side)
    # one matrix for all: from lower triangles to lower triangles
    table = np.empty((len(rows), len(rows)))
    for t, (a, b) in enumerate(zip(rows, columns, strict=True)):
        whole = np.outer(turn[a], turn[b])
        table[t] = np.where(rows == columns, whole[rows, columns], whole[rows, columns] + whole[columns, rows])
    return np.ascontiguousarray(lower @ table.T)


def _signs(factors: Floats) -> Floats:
    """Return the sign of each column's largest entry, so that it can be made positive; of equals the first decides."""
    if not len(factors):
        return np.ones(factors.shape[1])
    largest = np.argmax(np.round(np.abs(factors), 9), axis=0)
    return np.where(factors[largest, np.arange(factors.shape[1])] < 0, -1.0, 1.0)
