"""Which statements to ask guesses at: where people are expected to be wrong about each other, and the truth is well known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.perception import Figures

MOST_OF_KIND = 6
"""Most statements of each kind: few, so that each is guessed often."""
WIDEST = 0.3
"""Widest interval of a share that is called well known."""
_ONE_SIDE = 0.25
"""Furthest apart groups may be on a statement that they see alike."""
_APART = 0.35
"""Least distance between some two groups on a statement that divides them."""
_MIRRORED = 0.5
"""How far others are expected to be taken for the opposite of oneself: 0 not at all, 1 wholly."""
_LIKENESS = 0.3
"""How much a statement loses that is answered exactly as one chosen before."""


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Statements to ask guesses at.

    Attributes
    ----------
    shared, dividing : ndarray of int64
        Statements that all see alike, and statements that divide; at most six of each, those that teach most first.
    """

    shared: Ints
    dividing: Ints


def choose_questions(figures: Figures, factors: Floats) -> Questions:
    """Choose the statements to ask guesses at.

    Parameters
    ----------
    figures : Figures
        Shape (g + 1, m), NaN where a figure must not be published. A statement is asked if the figures of the whole and of two groups
        are well known; with g = 0 that of the whole.
    factors : ndarray of float
        Shape (m, k): how positions pull the answers, to tell statements that are answered alike.

    Returns
    -------
    Questions
        Statements come in by the same figures whatever their order; equal ones by their place.
    """
    share, width = figures.share, figures.upper - figures.lower
    known = well_known(figures)
    own_known = known[:-1] if figures.n_groups else known
    places = np.flatnonzero(known[-1] & (own_known.sum(axis=0) >= min(2, len(own_known))))
    own = np.where(own_known, share[: len(own_known)], np.nan)[:, places]
    doubt = np.where(known, width, 0.0).max(axis=0)[places]
    high, low = (np.max(own, axis=0, initial=0, where=np.isfinite(own)), np.min(own, axis=0, initial=1, where=np.isfinite(own)))
    if figures.n_groups:
        alike, divided = (high - low <= _ONE_SIDE) & ((low > 0.5) | (high < 0.5)), high - low >= _APART
    else:  # nobody to be apart from: what most agree on, and what is nearly even
        alike, divided = np.abs(high - 0.5) >= _ONE_SIDE, np.abs(high - 0.5) < _ONE_SIDE
    wrong, likeness = _expected_error(own), _likeness(factors[places])
    shared = _pick(np.flatnonzero(alike), wrong - doubt, likeness)
    dividing = _pick(np.flatnonzero(divided), high - low + wrong - doubt, likeness)
    return Questions(frozen(places[shared]), frozen(places[dividing]))


def well_known(figures: Figures) -> Bools:
    """Say which figures are published and narrow enough to be guessed at, shape (g + 1, m)."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.isfinite(figures.share) & (figures.upper - figures.lower <= WIDEST))


def _expected_error(share: Floats) -> Floats:
    """Return how wrong groups would be about each other who took others half for their own opposite, mean over pairs; shape (q,)."""
    if len(share) < 2:
        return np.asarray(_MIRRORED * np.abs(2 * share[0] - 1))
    wrong = _MIRRORED * np.abs(1 - share[:, None, :] - share[None, :, :])[~np.eye(len(share), dtype=np.bool_)]
    told = np.isfinite(wrong)
    return np.asarray(np.where(told, wrong, 0.0).sum(axis=0) / np.maximum(told.sum(axis=0), 1))


def _likeness(factors: Floats) -> Floats:
    """Return how alike statements are answered beyond their own appeal, shape (q, q), 0 … 1: near 0 where positions hardly matter."""
    length = np.sqrt(1 + (factors**2).sum(axis=1))
    return np.asarray(np.abs(factors @ factors.T) / (length[:, None] * length[None, :]))


def _pick(candidates: Ints, score: Floats, likeness: Floats) -> Ints:
    """Take the best one, then each time the best one less its likeness to those taken."""
    chosen: list[int] = []
    left = candidates.tolist()
    while left and len(chosen) < MOST_OF_KIND:
        worth = [round(float(score[j] - _LIKENESS * likeness[j, chosen].max(initial=0.0)), 9) for j in left]
        chosen.append(left.pop(int(np.argmax(worth))))
    return np.array(chosen, dtype=np.int64)
