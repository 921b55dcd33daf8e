"""Correct for who was asked what: votes of those who were likelier to be asked a statement count for less.

Whoever chooses the next statement chooses who answers it. Where the chance of each choice is known, that can be undone.
"""

from __future__ import annotations

import numpy as np

from klal.core.arrays import Floats, Ints, frozen
from klal.core.votes import PASS, VoteMatrix

_MOST_WEIGHT = 20.0


def exposure_weights(votes: VoteMatrix, chances: Floats, turns: Ints, *, most: float = _MOST_WEIGHT) -> Floats:
    """Weigh votes so that the votes on a statement stand for everybody who could have been asked it.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m), with v votes.
    chances : ndarray of float
        Shape (v,), 0 … 1: the chance with which each statement was drawn when it was, in the order of the matrix; nan where klal did
        not draw it.
    turns : ndarray of int
        Shape (v,), 1 … T of each participant: the turn at which they were asked it.
    most : float
        Greatest weight, in multiples of the median; it trades a little bias for much less noise.

    Returns
    -------
    ndarray of float
        Shape (v,), >= 0, mean 1 over the votes drawn by klal; 1 where the chance is not known.

    Notes
    -----
    Somebody who answered T statements drawn without replacement, statement j at turn t with the chance p, has the weight
    (1/p + T − t) / T: before, the statement may have been drawn and was not; at t it was, with chance p; after, its answer is known. Summed
    over people that is unbiased for the mean over everybody, whatever the draw looked at [farquhar2021]_.
    """
    known = ~np.isnan(chances)
    weights = np.ones(len(chances))
    if not known.any():
        return frozen(weights)
    total = votes.votes_per_participant[votes.row_of_vote()][known]
    raw = (1 / np.maximum(chances[known], 1e-12) + total - turns[known]) / total
    raw = np.minimum(raw, most * np.median(raw))
    weights[known] = raw / raw.mean()
    return frozen(weights)


def corrected_agreement(votes: VoteMatrix, weights: Floats, expected: Floats) -> Floats:
    """Estimate how far everybody agrees with each statement from those who were asked.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m), of the people whose mean is wanted.
    weights : ndarray of float
        Shape (v,): from ``exposure_weights``.
    expected : ndarray of float
        Shape (n, m), 0 … 1: the chance that each agrees, by a model.

    Returns
    -------
    ndarray of float
        Shape (m,), 0 … 1: the mean of what the model expects of everybody, put right by how far it missed those who answered (a doubly
        robust estimate: right if the model is, and right if the chances are). Passes do not count. Where nobody answered, the model's.
    """
    m = votes.shape[1]
    decided = votes.codes != PASS
    rows, columns, weight = votes.row_of_vote()[decided], votes.columns[decided].astype(np.int64), weights[decided]
    missed = (votes.codes[decided] - 1) / 2 - expected[rows, columns]
    weighed = np.bincount(columns, weights=weight, minlength=m)
    error = np.bincount(columns, weights=weight * missed, minlength=m) / np.maximum(weighed, 1e-12)
    return frozen(np.clip(expected.mean(axis=0) + error, 0.0, 1.0))
