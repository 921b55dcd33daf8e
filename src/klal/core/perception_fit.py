"""Mean guesses of statements that few people guessed: a small linear model, and the mean of a distance whose ends are in doubt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from klal.core.arrays import Floats, Ints

_SWEEPS = 60
_RIDGE = 0.02
"""Keeps the line flat where a handful of statements cannot tell its slope: as much as a statement far out from the others tells."""
_MOST_LEVERAGE = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Mean guesses of q statements, drawn towards a line as far as they are in doubt.

    Attributes
    ----------
    mean, variance, drawn : ndarray of float
        Shape (q,): mean guess, its variance, and that part of it which drawing adds.
    smoother : ndarray of float
        Shape (q, q): from plain mean guesses to these.
    weight : ndarray of float
        Shape (q,), > 0: of all guesses at each statement.
    """

    mean: Floats
    variance: Floats
    drawn: Floats
    smoother: Floats
    weight: Floats

    def moved_by(self, shares: Floats, weights: Floats, cells: Ints, slopes: Floats) -> Floats:
        """Say how far each guess moves a sum over the statements.

        Parameters
        ----------
        shares, weights, cells : ndarray
            Shape (k,): as in ``fit_means``.
        slopes : ndarray of float
            Shape (q,): how much the sum moves with each mean.

        Returns
        -------
        ndarray of float
            Shape (k,): compared with what the other guesses alone would have given in its place.
        """
        pull = weights / self.weight[cells]
        leverage = np.minimum(self.smoother.diagonal()[cells] * pull, _MOST_LEVERAGE)
        return np.asarray((self.smoother.T @ slopes)[cells] * pull * (shares - self.mean[cells]) / (1 - leverage))

    def drawn_sum(self, slopes: Floats) -> float:
        """Return what drawing adds to the variance of a sum over the statements that moves so much with each mean; ``slopes`` (q,)."""
        return float(slopes**2 @ self.drawn)


def predictors(theirs: Floats, ours: Floats) -> Floats:
    """Return what a mean guess may depend on: a constant, the share guessed at and the guessers' own, centred; shape (q, 3)."""
    return np.stack([np.ones_like(theirs), theirs - theirs.mean(), ours - ours.mean()], axis=1)


def fit_means(shares: Floats, weights: Floats, cells: Ints, design: Floats, prior: tuple[float, float, float, float]) -> Means:
    """Estimate the mean guess of each statement, few guesses topped up by what the line through all statements says.

    Parameters
    ----------
    shares, weights, cells : ndarray
        Shape (k,): guesses 0 … 1, their weights > 0, and their statements 0 … q − 1, each of which has at least one.
    design : ndarray of float
        Shape (q, 3): from ``predictors``.
    prior : tuple of float
        Standard deviation of a guess around its mean and for how many guesses it counts; of means around the line, and for how many
        statements that counts.

    Returns
    -------
    Means
        Empirical Bayes [efron1973]_; both variances by expectation and maximisation from where the prior puts them.
    """
    noise, noise_weight, spread, spread_weight = prior
    q = len(design)
    weight: Floats = np.bincount(cells, weights=weights, minlength=q).astype(np.float64)
    plain = np.bincount(cells, weights=weights * shares, minlength=q) / weight
    rest = float(weights @ (shares - plain[cells]) ** 2)
    sampling = (noise_weight * noise**2 + rest) / (noise_weight + len(shares) - q) / weight
    between = spread**2
    smoother, drawn, pull = np.eye(q), sampling, np.ones(q)
    for _ in range(_SWEEPS):
        pull = between / (between + sampling)
        precision = design / (between + sampling)[:, None]
        line = design @ np.linalg.solve(design.T @ precision + np.diag([0.0, 1.0, 1.0]) / (between + _RIDGE), precision.T)
        smoother = np.diag(pull) + (1 - pull)[:, None] * line
        mean = smoother @ plain
        drawn = (1 - pull) ** 2 * between
        squares = (mean - line @ plain) ** 2 + pull * sampling
        between = (spread_weight * spread**2 + float(squares.sum())) / (spread_weight + q)
    return Means(smoother @ plain, pull * sampling, drawn, smoother, weight)


def distances(differences: Floats, doubt: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Estimate distances |x| from differences that are off in two ways.

    Parameters
    ----------
    differences : ndarray of float
        Shape (q,).
    doubt : ndarray of float
        Shape (q,): variance of the true difference around the given one, as after drawing a mean towards a line.
    noise : ndarray of float
        Shape (q,): variance of the given difference around the true one, as of an observed share.

    Returns
    -------
    distances, slopes : ndarray of float
        Shape (q,): doubt makes the expected distance longer than the given one, noise made the given one longer than it should be; and
        how much each moves with its difference, −1 … 1.
    """
    spare = doubt - noise
    longer, shorter = _fold(differences, np.maximum(spare, 0)), _unfold(differences, np.maximum(-spare, 0))
    return np.where(spare >= 0, longer, shorter), erf(differences / np.sqrt(2 * np.maximum(doubt + noise, 1e-12)))


def _fold(differences: Floats, variance: Floats) -> Floats:
    """Return the expected distance |x| of x ~ N(difference, variance)."""
    deviation = np.sqrt(np.maximum(variance, 1e-12))
    bump = deviation * np.sqrt(2 / np.pi) * np.exp(-(differences**2) / (2 * deviation**2))
    return np.asarray(bump + differences * erf(differences / (np.sqrt(2) * deviation)))


def _unfold(differences: Floats, variance: Floats) -> Floats:
    """Return distances |x| less what chance alone adds to them.

    Two corrections, one that takes off too little near 0 and one that takes off too much beyond it, are averaged: no estimate is
    unbiased at a corner; this one is within a fifth of a standard error but at the corner itself.
    """
    once = np.maximum(2 * np.abs(differences) - _fold(differences, variance), 0.0)
    return np.asarray((once + np.sqrt(np.maximum(differences**2 - variance, 0.0))) / 2)
