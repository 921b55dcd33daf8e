"""The bridging model: how much a statement is agreed with beyond what people's positions explain.

``logit P(agree) = mean + person + appeal + person_factors · statement_factors``. Passes are left out of the likelihood. The posterior of
every person and statement is Gaussian with a full covariance, found by variational updates in closed form (Pólya–Gamma bound), sweep
after sweep; the variances of the priors are learnt from the votes. Each sweep is one pass over row blocks that returns sums per
statement, so it runs on blocks anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.blocks import row_blocks, run_blocks
from klal.core.bridging_kernels import add_statement_sums, solve_people, triangle
from klal.core.results import Bridging, OpinionMap, VoteTally
from klal.core.settings import BridgingSettings
from klal.core.tally import tally_votes
from klal.core.votes import VoteMatrix

_APPEAL_VARIANCE, _PERSON_VARIANCE, _FACTOR_VARIANCE = 1.5**2, 0.7**2, 0.7**2
"""Starting variances of the priors, on the log-odds scale."""
_PRIOR_COUNT = 2.0
_PRIOR_VALUE = 0.3
"""The learnt variances are held off zero by two imaginary entities of variance 0.3."""
_LEARN_AFTER = 3
_FINAL_SWEEPS = 3


@dataclass(slots=True, eq=False)
class _Model:
    """The state of the fit; people's part is rewritten in place by every sweep."""

    mean: float
    person: Floats
    person_cov: Floats
    statement: Floats
    statement_cov: Floats
    person_precision: Floats
    statement_precision: Floats


def fit_bridging(
    votes: VoteMatrix, opinion_map: OpinionMap, *, settings: BridgingSettings | None = None, tally: VoteTally | None = None
) -> Bridging:
    """Fit the factor model to the votes.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    opinion_map : OpinionMap
        Of the same votes; where people's factors start from.
    settings : BridgingSettings, optional
        Factors (0, 1 or 2), sweeps, tolerance.
    tally : VoteTally, optional
        Votes per statement, if counted already.

    Returns
    -------
    Bridging
        Posterior of every person and statement, and the bridging score of each statement.
    """
    settings = settings or BridgingSettings()
    tally = tally or tally_votes(votes)
    model = _start(votes, opinion_map, tally, settings.n_factors)
    n = votes.shape[0]
    if n > 2 * settings.max_fitted:
        sample = np.zeros(n, dtype=np.bool_)
        sample[np.linspace(0, n - 1, settings.max_fitted).astype(np.int64)] = True
        part = votes.select_rows(sample)
        fitted, sweeps, converged = _sweep_until_still(part, _people(model, sample), settings.sweeps, settings.tolerance)
        model = replace(fitted, person=model.person, person_cov=model.person_cov)
        model, more, _ = _sweep_until_still(votes, model, _FINAL_SWEEPS, settings.tolerance, learn=False)
        sweeps += more
    else:
        model, sweeps, converged = _sweep_until_still(votes, model, settings.sweeps, settings.tolerance)
    _place_people(votes, model)
    _centre(model, np.asarray(votes.votes_per_participant > 0))
    return Bridging(
        mean=model.mean,
        person=frozen(model.person),
        person_cov=frozen(model.person_cov),
        statement=frozen(model.statement),
        statement_cov=frozen(model.statement_cov),
        score=frozen(_expected(model.mean + model.statement[:, 0], model.statement_cov[:, 0])),
        sweeps=sweeps,
        converged=converged,
    )


def predict(bridging: Bridging, rows: Ints, columns: Ints) -> Floats:
    """Return the chance that participants agree with statements, among those who agree or disagree.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    rows, columns : ndarray of int
        Shape (q,): positions of participant and statement.

    Returns
    -------
    ndarray of float
        Shape (q,), in (0, 1); the posterior's doubt draws it towards one half.
    """
    x, y = bridging.person[rows], bridging.statement[columns]
    mean = bridging.mean + x[:, 0] + y[:, 0] + np.einsum("qd,qd->q", x[:, 1:], y[:, 1:])
    one = np.ones((len(rows), 1))
    u, v = np.concatenate([one, x[:, 1:]], axis=1), np.concatenate([one, y[:, 1:]], axis=1)
    xx, yy = full_covariance(bridging.person_cov[rows]), full_covariance(bridging.statement_cov[columns])
    doubt = np.einsum("qa,qab,qb->q", v, xx, v) + np.einsum("qa,qab,qb->q", u, yy, u)
    doubt += np.einsum("qab,qab->q", xx[:, 1:, 1:], yy[:, 1:, 1:])
    return _expected(mean, doubt)


def expected_agreement(bridging: Bridging, people: Ints) -> Floats:
    """Return the chance that each of some people agrees with every statement.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    people : ndarray of int
        Shape (s,): positions of participants.

    Returns
    -------
    ndarray of float
        Shape (s, m), in (0, 1); people's own doubt is taken in, the statement's is left to the intervals.
    """
    x, y = bridging.person[people], bridging.statement
    v = np.concatenate([np.ones((len(y), 1)), y[:, 1:]], axis=1)
    mean = bridging.mean + x[:, [0]] + y[:, 0] + x[:, 1:] @ y[:, 1:].T
    products = (v[:, :, None] * v[:, None, :]).reshape(len(v), -1)
    doubt = full_covariance(bridging.person_cov[people]).reshape(len(people), -1) @ products.T
    return _expected(mean, doubt)


def reliability(bridging: Bridging, people: Ints) -> Floats:
    """Say how well people's positions are known.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    people : ndarray of int
        Shape (s,): positions of participants.

    Returns
    -------
    ndarray of float
        Shape (s,), 0.02 … 1: one less the mean posterior variance of their factors, whose prior variance is 1; 1 without factors.
    """
    side = bridging.person.shape[1]
    if side == 1:
        return np.ones(len(people))
    variances = bridging.person_cov[people][:, [triangle(d, d) for d in range(1, side)]]
    return np.asarray(np.clip(1 - variances.mean(axis=1), 0.02, 1.0))


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


def _expected(mean: Floats, variance: Floats) -> Floats:
    """Return the mean of the logistic function under a Gaussian (MacKay's approximation)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(mean / np.sqrt(1 + np.pi * variance / 8), -500, 500))))


def _start(votes: VoteMatrix, opinion_map: OpinionMap, tally: VoteTally, factors: int) -> _Model:
    """Start people at their place on the map and statements at their share of agrees."""
    n, m = votes.shape
    side, entries = 1 + factors, (1 + factors) * (2 + factors) // 2
    agree, decided = float(tally.agree.sum()), float(tally.decided.sum())
    mean = float(np.log((agree + 1) / (decided - agree + 1)))
    share = (tally.agree + 2 * (agree + 1) / (decided + 2)) / (tally.decided + 2)
    person, person_cov = np.zeros((n, side)), np.zeros((n, entries))
    statement, statement_cov = np.zeros((m, side)), np.zeros((m, entries))
    statement[:, 0] = np.log(share / (1 - share)) - mean
    scale = np.maximum(opinion_map.spread[:factors], 1e-9)
    person[:, 1:] = opinion_map.positions[:, :factors] / scale
    for d in range(side):
        person_cov[:, triangle(d, d)] = 0.1
        statement_cov[:, triangle(d, d)] = 0.1
    person_precision = np.array([1 / _PERSON_VARIANCE] + [1.0] * factors)
    statement_precision = np.array([1 / _APPEAL_VARIANCE] + [1 / _FACTOR_VARIANCE] * factors)
    return _Model(mean, person, person_cov, statement, statement_cov, person_precision, statement_precision)


def _people(model: _Model, rows: Bools) -> _Model:
    return replace(model, person=model.person[rows].copy(), person_cov=model.person_cov[rows].copy())


def _sweep_until_still(votes: VoteMatrix, model: _Model, most: int, tolerance: float, *, learn: bool = True) -> tuple[_Model, int, bool]:
    """Sweep until no statement's parameters move by more than the tolerance."""
    voted = np.asarray(votes.votes_per_participant > 0)
    for sweep in range(1, most + 1):
        before = model.statement.copy()
        _sweep(votes, model, place=sweep > 1 or not learn)
        if learn and sweep > _LEARN_AFTER:
            _learn_priors(model, voted)
        if sweep > _LEARN_AFTER + 1 and np.abs(model.statement - before).max(initial=0.0) <= tolerance:
            return model, sweep, True
    return model, most, False


def _sweep(votes: VoteMatrix, model: _Model, *, place: bool) -> None:
    """Update people block by block (unless they have just been placed on the map), then all statements from the sums."""
    m, side = model.statement.shape
    sums = np.zeros((m, side + side * (side + 1) // 2))

    def work(first: int, last: int) -> Floats:
        if place:
            _solve_block(votes, model, first, last)
        part = np.zeros_like(sums)
        block, people, statements = (first, last), (model.person, model.person_cov), (model.statement, model.statement_cov)
        add_statement_sums((votes.indptr, votes.columns, votes.codes), statements, (0,) * side, model.mean, block, people, part)
        return part

    for part in run_blocks(work, row_blocks(votes.indptr)):
        sums += part
    precision = full_covariance(sums[:, side:])
    precision[:, np.arange(side), np.arange(side)] += model.statement_precision
    cov = np.linalg.inv(precision)
    model.statement = np.einsum("jab,jb->ja", cov, sums[:, :side])
    rows, columns = np.tril_indices(side)
    model.statement_cov = np.ascontiguousarray(cov[:, rows, columns])


def _solve_block(votes: VoteMatrix, model: _Model, first: int, last: int) -> None:
    solve_people(
        (votes.indptr, votes.columns, votes.codes),
        (model.statement, model.statement_cov),
        (0,) * model.statement.shape[1],
        (model.mean, model.person_precision),
        (first, last),
        (model.person, model.person_cov),
    )


def _place_people(votes: VoteMatrix, model: _Model) -> None:
    """Give everybody the posterior that follows from the final statements; twice, because the bound depends on it."""
    for _ in range(2):
        for _ in run_blocks(lambda first, last: _solve_block(votes, model, first, last), row_blocks(votes.indptr)):
            pass


def _learn_priors(model: _Model, voted: Bools) -> None:
    """Learn prior variances and the overall mean from the posteriors, and keep people's factors at unit size."""
    if not voted.any():
        return
    side = model.statement.shape[1]
    diagonal = [triangle(d, d) for d in range(side)]
    person = np.mean(model.person[voted] ** 2 + model.person_cov[voted][:, diagonal], axis=0)
    scale = np.sqrt(np.maximum(person[1:], 1e-6))
    _rescale(model, scale)
    statement = np.sum(model.statement**2 + model.statement_cov[:, diagonal], axis=0)
    model.statement_precision = (len(model.statement) + _PRIOR_COUNT) / (statement + _PRIOR_COUNT * _PRIOR_VALUE)
    count = float(voted.sum())
    model.person_precision[0] = (count + _PRIOR_COUNT) / (count * person[0] + _PRIOR_COUNT * _PRIOR_VALUE)
    model.mean += 0.5 * float(model.statement[:, 0].mean())


def _rescale(model: _Model, scale: Floats) -> None:
    """Divide people's factors by the scale and multiply statements', which changes no prediction."""
    model.person[:, 1:] /= scale
    model.statement[:, 1:] *= scale
    full = np.concatenate([[1.0], scale])
    for a in range(len(full)):
        for b in range(a + 1):
            model.person_cov[:, triangle(a, b)] /= full[a] * full[b]
            model.statement_cov[:, triangle(a, b)] *= full[a] * full[b]


def _centre(model: _Model, voted: Bools) -> None:
    """Move the origin to the mean of all who voted, which changes no prediction but says what the centre is."""
    if not voted.any():
        return
    middle = model.person[voted].mean(axis=0)
    model.person -= middle
    model.mean += float(middle[0])
    model.statement[:, 0] += model.statement[:, 1:] @ middle[1:]
    turn = np.concatenate([[1.0], middle[1:]])
    cov = full_covariance(model.statement_cov)
    shifted = np.einsum("a,jab->jb", turn, cov)
    model.statement_cov[:, 0] = np.einsum("jb,b->j", shifted, turn)
    for d in range(1, len(turn)):
        model.statement_cov[:, triangle(d, 0)] = shifted[:, d]
