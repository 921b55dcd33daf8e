"""What agreement on a statement is worth: little where nobody could disagree, much where the subject divides."""

from __future__ import annotations

import numpy as np

from klal.core.arrays import Floats
from klal.core.bridging import full_covariance
from klal.core.results import Bridging

_OWN = 0.5
"""Weight of what the votes on a statement say, against those on statements near it in subject."""


def find_worth(bridging: Bridging, *, similarity: Floats | None = None) -> Floats:
    """Say how far statements touch on what divides the public.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    similarity : ndarray of float, optional
        Shape (m, m), >= 0: how near statements are in subject; the diagonal is not read.

    Returns
    -------
    ndarray of float
        Shape (m,), 0 … 1: the pull of people's positions on the log-odds of agreeing, squared and expected under the posterior, over
        the same plus its median; one half for the statement in the middle, near 0 for a platitude.
    """
    weights, doubt = bridging.statement[:, 1:], full_covariance(bridging.statement_cov)[:, 1:, 1:]
    if not weights.size or not len(bridging.person):
        return np.full(len(weights), 0.5)
    spread = np.cov(bridging.person[:, 1:], rowvar=False, bias=True).reshape(weights.shape[1], -1)
    pull = np.einsum("ja,ab,jb->j", weights, spread, weights) + np.einsum("jab,ab->j", doubt, spread)
    if similarity is not None:
        pull = _with_neighbours(pull, similarity)
    return np.asarray(pull / np.maximum(pull + np.median(pull), 1e-12))


def _with_neighbours(pull: Floats, similarity: Floats) -> Floats:
    """Mix in the pull of statements near in subject; those without any keep their own."""
    near = np.array(similarity, dtype=np.float64)
    np.fill_diagonal(near, 0.0)
    total = near.sum(axis=1)
    of_others = near @ pull / np.where(total > 0, total, 1.0)
    return np.where(total > 0, _OWN * pull + (1 - _OWN) * of_others, pull)
