"""The bridging model: how much a statement is agreed with beyond what people's positions explain.

``logit P(agree) = mean + person + appeal + person_factors · statement_factors``. Passes are left out of the likelihood. The posterior of
every person and statement is Gaussian with a full covariance, found by variational updates in closed form (Pólya–Gamma bound), sweep
after sweep; the priors are learnt from the votes. Each sweep is one pass over row blocks that returns sums per statement, so it runs
on blocks anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Floats, Ints, frozen
from klal.core.bridging_fit import (
    Fit,
    full_covariance,
    place_people,
    restart_fit,
    settle,
    start_fit,
    sweep_until_still,
    triangle_side,
    who_decided,
)
from klal.core.results import Bridging, OpinionMap, VoteTally
from klal.core.settings import BridgingSettings
from klal.core.tally import tally_votes
from klal.core.votes import VoteMatrix

__all__ = ["Earlier", "expected_agreement", "fit_bridging", "full_covariance", "predict", "triangle_side"]

_FINAL_SWEEPS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """A result of earlier votes of the same conversation to start from.

    Attributes
    ----------
    bridging : Bridging
        The result.
    people, statements : ndarray of int64
        Shapes (n,) and (m,): where each of today's participants and statements stood in it, −1 if new.
    """

    bridging: Bridging
    people: Ints
    statements: Ints


def fit_bridging(
    votes: VoteMatrix,
    opinion_map: OpinionMap,
    *,
    settings: BridgingSettings | None = None,
    tally: VoteTally | None = None,
    earlier: Earlier | None = None,
) -> Bridging:
    """Fit the factor model to the votes.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    opinion_map : OpinionMap
        Of the same votes; where the search for the factors starts.
    settings : BridgingSettings, optional
        Factors (0 … 4), sweeps, tolerance.
    tally : VoteTally, optional
        Votes per statement, if counted already.
    earlier : Earlier, optional
        Where to start instead; ignored if it has another number of factors.

    Returns
    -------
    Bridging
        Posterior of every person and statement, and the bridging score of each statement.
    """
    settings = settings or BridgingSettings()
    if earlier is not None and earlier.bridging.statement.shape[1] == 1 + settings.n_factors:
        fit = restart_fit(earlier.bridging, earlier.people, earlier.statements)
        sweeps, converged = sweep_until_still(votes, fit, settings, most=settings.sweeps, again=True)
    else:
        fit = start_fit(votes, opinion_map, tally or tally_votes(votes), settings.n_factors)
        sweeps, converged = _sweep_cold(votes, fit, settings)
    place_people(votes, fit)
    settle(fit, who_decided(votes))
    mean = float(fit.prior_mean[0])
    fit.statement[:, 0] -= mean
    fit.prior_mean[0] = 0.0
    return Bridging(
        mean=mean,
        person=frozen(fit.person),
        person_cov=frozen(fit.person_cov),
        statement=frozen(fit.statement),
        statement_cov=frozen(fit.statement_cov),
        score=frozen(_expected(mean + fit.statement[:, 0], fit.statement_cov[:, 0])),
        sweeps=sweeps,
        converged=converged,
        person_precision=frozen(fit.person_precision),
        statement_mean=frozen(fit.prior_mean),
        statement_precision=frozen(fit.prior_precision),
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


def _expected(mean: Floats, variance: Floats) -> Floats:
    """Return the mean of the logistic function under a Gaussian (MacKay's approximation)."""
    return np.asarray(1 / (1 + np.exp(-np.clip(mean / np.sqrt(1 + np.pi * variance / 8), -500, 500))))


def _sweep_cold(votes: VoteMatrix, fit: Fit, settings: BridgingSettings) -> tuple[int, bool]:
    """Learn statements on an even sample of very many people first, then on everybody for a few sweeps."""
    n = votes.shape[0]
    if n <= 2 * settings.max_fitted:
        return sweep_until_still(votes, fit, settings, most=settings.sweeps)
    sample = np.zeros(n, dtype=np.bool_)
    sample[np.linspace(0, n - 1, settings.max_fitted).astype(np.int64)] = True
    part = fit.of_people(sample)
    sweeps, converged = sweep_until_still(votes.select_rows(sample), part, settings, most=settings.sweeps)
    fit.take_statements(part)
    more, _ = sweep_until_still(votes, fit, settings, most=_FINAL_SWEEPS)
    return sweeps + more, converged
