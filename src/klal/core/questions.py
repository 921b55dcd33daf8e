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
        Shape (g + 1, m), NaN where a figure must not be published: such a statement is not asked. With g = 0 only the whole counts.
    factors : ndarray of float
        Shape (m, k): how positions pull the answers, to tell statements that are answered alike.

    Returns
    -------
    Questions
        Statements come in by the same figures whatever their order; equal ones by their place.
    """
    share, width = figures.share, figures.upper - figures.lower
    rows = slice(0, figures.n_groups) if figures.n_groups else slice(None)
    with np.errstate(invalid="ignore"):
        complete = np.isfinite(share).all(axis=0) & (width.max(axis=0) <= WIDEST)
    places = np.flatnonzero(complete)
    own, doubt = share[rows, places] if len(places) else share[rows, :0], width[:, places].max(axis=0)
    apart = np.ptp(own, axis=0)
    if figures.n_groups:
        alike, divided = (apart <= _ONE_SIDE) & _on_one_side(own), apart >= _APART
    else:  # nobody to be apart from: what most agree on, and what is nearly even
        alike, divided = np.abs(own[0] - 0.5) >= _ONE_SIDE, np.abs(own[0] - 0.5) < _ONE_SIDE
    wrong = _expected_error(own)
    likeness = _likeness(factors[places])
    shared = _pick(np.flatnonzero(alike), wrong - doubt, likeness)
    dividing = _pick(np.flatnonzero(divided), apart + wrong - doubt, likeness)
    return Questions(frozen(places[shared]), frozen(places[dividing]))


def _on_one_side(share: Floats) -> Bools:
    return np.asarray((share > 0.5).all(axis=0) | (share < 0.5).all(axis=0))


def _expected_error(share: Floats) -> Floats:
    """Return how wrong groups would be about each other who took others half for their own opposite, mean over pairs; shape (q,)."""
    if len(share) < 2:
        return np.asarray(_MIRRORED * np.abs(2 * share[0] - 1))
    wrong = _MIRRORED * np.abs(1 - share[:, None, :] - share[None, :, :])
    pairs = ~np.eye(len(share), dtype=np.bool_)
    return np.asarray(wrong[pairs].mean(axis=0))


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
