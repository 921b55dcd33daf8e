"""What the claims are measured by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]

CHOOSE = range(0, 40, 2)
"""Seeds that constants may be chosen on."""
REPORT = range(1, 41, 2)
"""Seeds that figures are reported on; nothing is ever chosen on them."""


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over seeds and its 90 % interval."""

    value: float
    lower: float
    upper: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.lower:.3f} … {self.upper:.3f})"


def mean_over_seeds(values: Sequence[float] | Floats) -> Mean:
    """Return the mean of one figure a seed, with Student's 90 % interval; a single seed has no width to tell."""
    found = np.asarray(values, dtype=np.float64)
    found = found[~np.isnan(found)]
    middle = float(found.mean())
    if len(found) < 2:
        return Mean(middle, float("nan"), float("nan"))
    half = float(student.ppf(0.95, len(found) - 1)) * float(found.std(ddof=1)) / np.sqrt(len(found))
    return Mean(middle, middle - half, middle + half)


def reported(figure: Callable[[int], float], *, quick: bool = False) -> Mean:
    """Measure one figure on the seeds that are reported: ten, or three to try it out."""
    return mean_over_seeds([figure(seed) for seed in list(REPORT)[: 3 if quick else 10]])


def ndcg_at(score: Floats, truth: Floats, *, top: int = 10) -> float:
    """Return how good the first statements of a ranking are, 0 … 1.

    A statement is worth twice what the group that agrees least has over one half, and less the later it stands; 1 is the best order.
    Ties are broken by position.
    """
    worth = np.maximum(truth - 0.5, 0) * 2
    discount = 1 / np.log2(np.arange(2, top + 2))
    best = float((np.sort(worth)[::-1][:top] * discount[: len(worth)]).sum())
    found = float((worth[np.argsort(-score, kind="stable")[:top]] * discount[: len(worth)]).sum())
    return found / best if best > 0 else 1.0


def coverage(lower: Floats, upper: Floats, truth: Floats) -> float:
    """Return the share of truths that lie in their intervals."""
    return float(np.mean((lower <= truth) & (truth <= upper)))


def calibration_error(chance: Floats, happened: Floats, *, bins: int = 10) -> float:
    """Return the mean distance between what was expected and what happened, over bins of equal count (expected calibration error)."""
    order = np.argsort(chance, kind="stable")
    parts = np.array_split(order, bins)
    return float(sum(len(part) * abs(chance[part].mean() - happened[part].mean()) for part in parts if len(part)) / len(chance))


def rank_of(score: Floats, statement: int) -> int:
    """Return the place of a statement in a ranking, 1 the first; equals share the best place."""
    return int((score > score[statement]).sum()) + 1
