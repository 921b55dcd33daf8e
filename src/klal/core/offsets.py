"""How sets of people answer: each set's agreement with each statement, from its own votes and from how it follows the statement's appeal.

The log-odds that member i of set g agrees with statement j are ``mean + readiness_i + appeal_j + offset_gj``, the first three as the
bridging model found them. Offsets of one set are drawn around a line, ``a_g + c_g · appeal_j``, with a variance of its own; line and
variance are learnt from the votes of all statements together (empirical Bayes). So a set that few votes are known of on a statement is
expected to answer as it does on others like it, and how much that expectation counts against its own votes is learnt, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Bools, Floats
from klal.core.blocks import row_blocks, run_blocks, sum_blocks
from klal.core.offsets_kernels import Against, Weighted, add_offset_sums, expect_members
from klal.core.results import Bridging
from klal.core.votes import VoteMatrix

_LEAST_SPREAD = 0.1
"""Least variance of offsets around their line: below it intervals of large sets miss the truth too often."""
_LINE_VARIANCE = 1.0
"""Prior variance of the line's intercept and slope."""
_LONGEST_STEP, _FARTHEST = 1.0, 3.0
_MOST_STEPS, _STILL = 12, 1e-3
_FAR = 100.0
"""Log-odds beyond which nothing is told apart."""
_NODES = 16
"""Points that stand for the readiness of a set's members."""


@dataclass(frozen=True, slots=True, eq=False)
class Offsets:
    """Posterior of the offsets of g sets.

    Attributes
    ----------
    offset, variance : ndarray of float
        Shape (g, m): mean and variance on the log-odds scale.
    line : ndarray of float
        Shape (g, 2): intercept and slope on the appeal.
    spread : ndarray of float
        Shape (g,): variance of the offsets around the line.
    information : ndarray of float
        Shape (g, m): what the set's own votes tell of each offset, inverse variance.
    """

    offset: Floats
    variance: Floats
    line: Floats
    spread: Floats
    information: Floats

    def penalty(self, appeal: Floats) -> float:
        """Return by how much the evidence for these offsets is less than the log-likelihood of the votes (Laplace's approximation)."""
        away = (self.offset - _line_at(self.line, appeal)) ** 2 / self.spread[:, None]
        return float(0.5 * away.sum() + 0.5 * np.log1p(self.information * self.spread[:, None]).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Votes, what each counts for, and what the bridging model expects of them before anybody's side is known.

    Attributes
    ----------
    votes : VoteMatrix
        Shape (n, m).
    weights : ndarray of float
        Shape (v,), 0 … 1, in the order of the votes; empty where every vote counts for one.
    mean : float
        Overall log-odds.
    readiness, appeal : ndarray of float
        Shapes (n,) and (m,).
    """

    votes: VoteMatrix
    weights: Floats
    mean: float
    readiness: Floats
    appeal: Floats

    @classmethod
    def of(cls, votes: VoteMatrix, bridging: Bridging, weights: Floats | None = None) -> Answers:
        """Take votes of the people and on the statements of the model."""
        given = np.zeros(0) if weights is None else np.asarray(weights, dtype=np.float64)
        person, statement = np.ascontiguousarray(bridging.person[:, 0]), np.ascontiguousarray(bridging.statement[:, 0])
        return cls(votes, given, bridging.mean, person, statement)

    @property
    def presence(self) -> Floats:
        """Return how much each participant counts, shape (n,): the mean weight of their votes, 0 without a vote."""
        cast = self.votes.votes_per_participant
        if not len(self.weights):
            return np.asarray(cast > 0, dtype=np.float64)
        return np.bincount(self.votes.row_of_vote(), weights=self.weights, minlength=len(cast)) / np.maximum(cast, 1)

    def keep(self, people: Bools) -> Answers:
        """Keep some participants."""
        weights = self.weights[np.repeat(people, self.votes.votes_per_participant)] if len(self.weights) else self.weights
        return replace(self, votes=self.votes.select_rows(people), weights=weights, readiness=self.readiness[people])

    @property
    def weighted(self) -> Weighted:
        """Return the votes as the kernels take them."""
        return self.votes.indptr, self.votes.columns, self.votes.codes, self.weights

    def against(self, offset: Floats) -> Against:
        """Return the odds against agreeing, of people and of sets whose offsets are given, as the kernels take them."""
        sets = np.exp(np.clip(-(self.mean + self.appeal + offset), -_FAR, _FAR))
        return np.exp(np.clip(-self.readiness, -_FAR, _FAR)), sets


def fit_offsets(answers: Answers, membership: Floats, *, steps: int = _MOST_STEPS, learnt: Offsets | None = None) -> Offsets:
    """Fit the offsets of sets whose members are given.

    Parameters
    ----------
    answers : Answers
        Of n participants on m statements.
    membership : ndarray of float
        Shape (n, g), 0 … 1: how far each participant belongs to each set.
    steps : int
        Most passes over the votes.
    learnt : Offsets, optional
        Of the same sets and other statements: their line and spread are held instead of being learnt.

    Returns
    -------
    Offsets
        Of shape (g, m).
    """
    found = _no_offsets(membership.shape[1], len(answers.appeal))
    if learnt is not None:
        found = replace(found, offset=_line_at(learnt.line, answers.appeal), line=learnt.line, spread=learnt.spread)
    for _ in range(steps):
        before = found.offset
        found = learn(found, _sums(answers, found.offset, membership), answers.appeal, hold=learnt is not None)
        if np.abs(found.offset - before).max(initial=0.0) < _STILL:
            break
    return found


def learn(offsets: Offsets, sums: Floats, appeal: Floats, *, hold: bool = False) -> Offsets:
    """Take one Newton step along every offset, then learn line and spread anew.

    Parameters
    ----------
    offsets : Offsets
        At which the sums were taken, shape (g, m).
    sums : ndarray of float
        Shape (2, g, m), from the kernels.
    appeal : ndarray of float
        Shape (m,).
    hold : bool
        Leave line and spread as they are.

    Returns
    -------
    Offsets
        The next ones.
    """
    slope, information = sums
    spread = offsets.spread[:, None]
    expected = _line_at(offsets.line, appeal)
    step = (slope - (offsets.offset - expected) / spread) / (information + 1 / spread)
    offset = offsets.offset + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    precision = information + 1 / spread
    if hold:
        return Offsets(offset, 1 / precision, offsets.line, offsets.spread, information)
    # what a set's own votes alone would say, as far as they say anything
    alone = offset + np.clip(slope / np.maximum(information, 1e-9), -_FARTHEST, _FARTHEST)
    weight = information / (1 + information * spread)
    design = np.stack([np.ones_like(appeal), appeal], axis=1)
    gram = np.einsum("jp,gj,jq->gpq", design, weight, design) + np.eye(2) / _LINE_VARIANCE
    doubt = np.linalg.inv(gram)
    line = np.einsum("gpq,jq,gj,gj->gp", doubt, design, weight, alone)
    of_line = np.einsum("jp,gpq,jq->gj", design, doubt, design)
    # the mean over statements; with none of them the spread is the least there is
    apart = ((offset - _line_at(line, appeal)) ** 2 + 1 / precision).sum(axis=1) / max(len(appeal), 1)
    learnt = np.maximum(apart, _LEAST_SPREAD)
    return Offsets(offset, 1 / precision + of_line / (spread * precision) ** 2, line, learnt, information)


def expect(answers: Answers, offsets: Offsets, shares: Floats) -> tuple[Floats, Floats, float]:
    """Say to which set everybody belongs by their votes.

    Parameters
    ----------
    answers : Answers
        Of n participants on m statements.
    offsets : Offsets
        Of shape (g, m).
    shares : ndarray of float
        Shape (g,), > 0.

    Returns
    -------
    membership : ndarray of float
        Shape (n, g); rows sum to 1.
    sums : ndarray of float
        Shape (2, g, m), for ``learn``.
    likelihood : float
        Logarithm.
    """
    n, m = answers.votes.shape
    membership, against = np.empty((n, len(shares))), answers.against(offsets.offset)

    def work(first: int, last: int) -> tuple[Floats, float]:
        part = np.zeros((2, len(shares), m))
        return part, expect_members(answers.weighted, against, np.log(shares), (first, last), membership, part)

    sums, likelihood = np.zeros((2, len(shares), m)), 0.0
    for part, gained in run_blocks(work, row_blocks(answers.votes.indptr)):
        sums += part
        likelihood += gained
    return membership, sums, likelihood


def agreement_of(offsets: Offsets, bridging: Bridging, weights: Floats) -> tuple[Floats, Floats]:
    """Return the agreement of each set, as a normal distribution of its log-odds.

    Parameters
    ----------
    offsets : Offsets
        Of shape (g, m).
    bridging : Bridging
        The fitted model.
    weights : ndarray of float
        Shape (n, g), >= 0: how much each participant counts in each set.

    Returns
    -------
    middle, doubt : ndarray of float
        Shape (g, m): mean and standard deviation.
    """
    middle, doubt = np.empty_like(offsets.offset), np.empty_like(offsets.offset)
    readiness = bridging.person[:, 0]
    order = np.argsort(readiness, kind="stable")
    for g in range(len(middle)):
        nodes = _nodes(readiness[order], weights[order, g])
        chance = 1 / (1 + np.exp(-np.clip(bridging.mean + nodes[:, None] + bridging.statement[:, 0] + offsets.offset[g], -30, 30)))
        share = chance.mean(axis=0)
        middle[g] = np.log(share / (1 - share))
        flatter = (chance * (1 - chance)).mean(axis=0) / (share * (1 - share))
        doubt[g] = flatter * np.sqrt(offsets.variance[g] + bridging.statement_cov[:, 0])
    return middle, doubt


def _nodes(readiness: Floats, weights: Floats) -> Floats:
    """Return points of equal weight that stand for the readiness of a set, given in ascending order; 0 for nobody."""
    total = float(weights.sum())
    if not total > 0:
        return np.zeros(1)
    wanted = (np.arange(_NODES) + 0.5) / _NODES * total
    return readiness[np.minimum(np.searchsorted(np.cumsum(weights), wanted), len(readiness) - 1)]


def _no_offsets(sets: int, statements: int) -> Offsets:
    zero = np.zeros((sets, statements))
    return Offsets(zero, zero, np.zeros((sets, 2)), np.ones(sets), zero)


def _line_at(line: Floats, appeal: Floats) -> Floats:
    return np.asarray(line[:, :1] + line[:, 1:] * appeal)


def _sums(answers: Answers, offset: Floats, membership: Floats) -> Floats:
    against = answers.against(offset)

    def work(first: int, last: int) -> Floats:
        part = np.zeros((2, *offset.shape))
        add_offset_sums(answers.weighted, against, membership, (first, last), part)
        return part

    return np.asarray(sum_blocks(work, row_blocks(answers.votes.indptr)))
