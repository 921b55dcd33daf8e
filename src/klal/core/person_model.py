"""One person under the fitted model, everybody else held as they are: quick enough to ask "what if" for every vote.

A person's readiness to agree r and factors x follow from their own votes alone once statements are fixed: the mode of a logistic
regression with Gaussian priors, of 1 + d unknowns. Group membership follows from it by the clouds in which the groups stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Codes, Floats, Ints, frozen
from klal.core.bridging import full_covariance
from klal.core.results import Analysis, Bridging
from klal.core.votes import PASS

_BLUR = np.pi / 8
_MOST_FITTED = 2000
_ROUNDS = 40
_LEAST_SPREAD = 1e-4
_STEPS, _LONGEST, _STILL = 12, 2.0, 1e-9

Rows = tuple[Ints, NDArray[Any], Codes]
"""Votes by row: where each row starts, statements, codes."""


@dataclass(frozen=True, slots=True, eq=False)
class PersonModel:
    """What is needed to place a person from their votes: ``logit P(agree) = offset + design · (r, x)``.

    Attributes
    ----------
    offset : ndarray of float
        Shape (m,): log-odds of somebody at the centre, drawn towards 0 by the doubt about the statement.
    design : ndarray of float
        Shape (m, 1 + d): how readiness and each of d factors act on each statement, drawn in the same way.
    prior : ndarray of float
        Shape (1 + d,): prior precision of readiness and factors, whose prior mean is 0.
    shares, centres, shape : ndarray of float
        Shapes (g,), (g, d), (d, d): the groups as clouds of one shape.
    """

    offset: Floats
    design: Floats
    prior: Floats
    shares: Floats
    centres: Floats
    shape: Floats

    @classmethod
    def of(cls, analysis: Analysis) -> PersonModel:
        """Read the model off an analysis; the clouds are fitted to the memberships found, on at most 2,000 people evenly spread."""
        offset, design, prior = _regression(analysis.bridging)
        votes, grouping = analysis.votes, analysis.grouping
        placed = np.flatnonzero(grouping.labels >= 0)
        if len(placed) > _MOST_FITTED:
            placed = placed[np.linspace(0, len(placed) - 1, _MOST_FITTED).astype(np.int64)]
        one = cls(offset, design, prior, np.ones(1), np.zeros((1, len(prior) - 1)), np.eye(len(prior) - 1))
        if grouping.n_groups < 2 or not len(placed):
            return one
        _, precision, pull = one.solve(rows_of((votes.indptr, votes.columns, votes.codes), placed))
        clouds = _clouds(precision, pull, grouping.membership[placed])
        return cls(offset, design, prior, *(frozen(part) for part in clouds))

    @property
    def n_groups(self) -> int:
        """Return how many groups there are."""
        return len(self.shares)

    def solve(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Place people, or the same person with other votes.

        Parameters
        ----------
        rows : tuple
            Votes of q people on the model's m statements.

        Returns
        -------
        mode, precision, pull : ndarray of float
            Shapes (q, 1 + d), (q, d, d), (q, d): the likeliest readiness and factors, and what the votes alone say of the factors.
        """
        q, side = len(rows[0]) - 1, len(self.prior)
        mode, hessian = np.zeros((q, side)), np.zeros((q, side, side))
        _solve(*rows, self.offset, self.design, self.prior, mode, hessian)
        held = hessian[:, 0, 0] + self.prior[0]
        cross = hessian[:, 1:, 0]
        precision = hessian[:, 1:, 1:] - cross[:, :, None] * cross[:, None, :] / held[:, None, None]
        # at the mode the pull of the votes on x balances the prior's: precision · x − pull = −prior · x
        pull = np.einsum("qab,qb->qa", precision, mode[:, 1:]) + self.prior[1:] * mode[:, 1:]
        return mode, precision, pull

    def log_odds(self, rows: Rows) -> Floats:
        """Return the logarithm of how likely each row's votes put it into each group, shape (q, g), up to a constant a row."""
        _, precision, pull = self.solve(rows)
        return _log_membership(precision, pull, self.shares, self.centres, self.shape)


def rows_of(votes: Rows, people: Ints) -> Rows:
    """Return the votes of some people as rows of their own."""
    indptr, columns, codes = votes
    counts = np.diff(indptr)[people]
    start = np.concatenate([[0], np.cumsum(counts)])
    at = np.repeat(indptr[people] - start[:-1], counts) + np.arange(start[-1])
    return start, columns[at], codes[at]


def _regression(bridging: Bridging) -> tuple[Floats, Floats, Floats]:
    """Return offset, design and prior; a doubtful statement says less, as a blurred logistic function is a flatter one."""
    side = bridging.person.shape[1]
    doubt = np.einsum("jaa->j", full_covariance(bridging.statement_cov))
    flat = 1 / np.sqrt(1 + _BLUR * doubt)
    design = np.concatenate([np.ones((len(flat), 1)), bridging.statement[:, 1:]], axis=1) * flat[:, None]
    voted = bridging.person_cov[:, 0] < bridging.person_cov[:, 0].max(initial=0.0)
    readiness = float(np.mean(bridging.person[voted, 0] ** 2 + bridging.person_cov[voted, 0])) if voted.any() else 1.0
    prior = np.concatenate([[1 / max(readiness, 1e-3)], np.ones(side - 1)])
    offset = (bridging.mean + bridging.statement[:, 0]) * flat
    return frozen(offset), frozen(np.ascontiguousarray(design)), frozen(prior)


def _clouds(precision: Floats, pull: Floats, membership: Floats) -> tuple[Floats, Floats, Floats]:
    """Return shares, centres and common shape of the clouds whose members are given, everybody's position being uncertain."""
    d = pull.shape[1]
    weight = membership.sum(axis=0)
    shares = weight / weight.sum()
    prior = np.eye(d) * 0.1
    where = np.einsum("iab,ib->ia", np.linalg.inv(precision + np.eye(d)), pull)
    centres, shape = membership.T @ where / np.maximum(weight, 1e-12)[:, None], prior
    for _ in range(_ROUNDS):
        inverse = np.linalg.inv(shape)
        cov = np.linalg.inv(inverse + precision)
        mean = np.einsum("iab,igb->iga", cov, (centres @ inverse)[None] + pull[:, None, :])
        centres = np.einsum("ig,iga->ga", membership, mean) / np.maximum(weight, 1e-12)[:, None]
        apart = mean - centres
        shape = np.einsum("ig,iga,igb->ab", membership, apart, apart) + np.einsum("ig,iab->ab", membership, cov)
        shape = shape / weight.sum() + _LEAST_SPREAD * np.eye(d)
    return shares, centres, shape


def _log_membership(precision: Floats, pull: Floats, shares: Floats, centres: Floats, shape: Floats) -> Floats:
    inverse = np.linalg.inv(shape)
    toward = (centres @ inverse)[None] + pull[:, None, :]
    cov = np.linalg.inv(inverse + precision)
    own = np.einsum("ga,ab,gb->g", centres, inverse, centres)
    return np.asarray(np.log(shares + 1e-300) + 0.5 * (np.einsum("qga,qab,qgb->qg", toward, cov, toward) - own))


@numba.njit(cache=True, nogil=True)
def _solve(  # noqa: PLR0913 - compiled: plain arrays, one loop
    indptr: Ints, columns: NDArray[Any], codes: Codes, offset: Floats, design: Floats, prior: Floats, mode: Floats, hessian: Floats
) -> None:
    pull = np.empty(len(prior))
    for i in range(len(indptr) - 1):
        part = slice(indptr[i], indptr[i + 1])
        for _ in range(_STEPS):
            _add_votes(columns[part], codes[part], offset, design, mode[i], hessian[i], pull)
            move = np.linalg.solve(hessian[i] + np.diag(prior), pull - prior * mode[i])
            mode[i] += np.minimum(np.maximum(move, -_LONGEST), _LONGEST)
            if np.abs(move).max() < _STILL:
                break
        _add_votes(columns[part], codes[part], offset, design, mode[i], hessian[i], pull)


@numba.njit(cache=True, nogil=True)
def _add_votes(columns: NDArray[Any], codes: Codes, offset: Floats, design: Floats, theta: Floats, hessian: Floats, pull: Floats) -> None:  # noqa: PLR0913 - compiled: plain arrays, one loop
    """Fill the gradient of the votes' log-likelihood and its negative curvature."""
    hessian[:] = 0.0
    pull[:] = 0.0
    for k in range(len(columns)):
        if codes[k] == PASS:
            continue
        row = design[columns[k]]
        value = offset[columns[k]]
        for a in range(len(row)):
            value += row[a] * theta[a]
        chance = 1 / (1 + np.exp(-value))
        weight, left = chance * (1 - chance), 0.5 * (codes[k] - 1) - chance
        for a in range(len(row)):
            pull[a] += left * row[a]
            for b in range(len(row)):
                hessian[a, b] += weight * row[a] * row[b]
