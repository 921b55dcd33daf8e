"""Opinion groups: people who vote alike, and how well the votes support telling them apart.

A division is accepted only if four things hold together: a mixture of several clouds explains the map much better than one cloud, the
map is emptier between the clouds than in them, two halves of the participants, divided each for itself, put the same people together,
and hardly anybody could as well belong to another group. Where that fails the answer is that there are no groups.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.blocks import row_blocks, run_blocks
from klal.core.labels import adjusted_rand
from klal.core.mixture import Evidence, Mixture, assign, evidence_of, fit_mixture, gap_between
from klal.core.results import Grouping, OpinionMap, Reason, Verdict
from klal.core.settings import GroupingSettings

_BETTER_BY = 20.0
"""Least gain of the information criterion that justifies more clouds; 10 already counts as "very strong" on the usual scale."""
_CLEAR_STABILITY, _CLEAR_GAP, _CLEAR_DOUBT = 0.9, 0.9, 0.05
_WEAK_STABILITY, _WEAK_GAP, _WEAK_DOUBT = 0.7, 0.2, 0.057
"""Stability and gap needed at least, doubt allowed at most for each group but the first: set on simulated populations."""
_SPECTRUM_STABILITY = 0.7
"""A division that comes out the same this often without being supported is a cut through a spectrum."""
_LEAST_SHARE = 0.02
_HALF_STEPS = 25
"""Steps from each start for a half; twenty halves are fitted for every whole."""
_LEAST_PEOPLE = 12


@dataclass(frozen=True, slots=True, eq=False)
class _Division:
    mixture: Mixture
    criterion: float
    gap: float
    stability: float
    doubt: float

    @property
    def is_clear(self) -> bool:
        allowed = _CLEAR_DOUBT * (len(self.mixture.shares) - 1)
        return self.stability >= _CLEAR_STABILITY and self.gap >= _CLEAR_GAP and self.doubt <= allowed

    @property
    def is_weak(self) -> bool:
        allowed = _WEAK_DOUBT * (len(self.mixture.shares) - 1)
        return self.stability >= _WEAK_STABILITY and self.gap >= _WEAK_GAP and self.doubt <= allowed


def find_groups(opinion_map: OpinionMap, *, settings: GroupingSettings | None = None, rng: np.random.Generator | None = None) -> Grouping:
    """Find the opinion groups on the map, and say how well they are supported.

    Parameters
    ----------
    opinion_map : OpinionMap
        Positions of shape (n, 2) with their uncertainty.
    settings : GroupingSettings, optional
        Most groups, fewest members, resamples.
    rng : numpy.random.Generator, optional
        Draws the halves; seed 0 if left out. The same people in another order give the same answer, up to the thinning of more than
        ``max_fitted`` people.

    Returns
    -------
    Grouping
        With one group holding everybody placed if the verdict is "none".
    """
    settings = settings or GroupingSettings()
    rng = rng if rng is not None else np.random.default_rng(0)
    everybody = evidence_of(opinion_map)
    people = _canonical_sample(opinion_map, settings.max_fitted)
    if len(people) < _LEAST_PEOPLE:
        return _one_group(opinion_map, Reason.TOO_FEW, 0.0)
    if not opinion_map.spread[0] > 0:
        return _one_group(opinion_map, Reason.ALL_ALIKE, 1.0)
    divisions, one_cloud = _divisions(everybody.take(people), opinion_map.positions[people], settings, rng)
    clear = [division for division in divisions if division.is_clear]
    weak = [division for division in divisions if division.is_weak]
    if clear:
        return _grouping(opinion_map, everybody, _justified(clear), Verdict.CLEAR, Reason.SEPARATE)
    if weak:
        chosen = max(weak, key=lambda division: division.stability)
        reason = Reason.UNSTABLE if chosen.stability < _CLEAR_STABILITY else Reason.SPECTRUM
        return _grouping(opinion_map, everybody, chosen, Verdict.WEAK, reason)
    best = max((division.stability for division in divisions), default=0.0)
    reason = Reason.ONE_CLOUD if one_cloud else Reason.SPECTRUM if best >= _SPECTRUM_STABILITY else Reason.UNSTABLE
    return _one_group(opinion_map, reason, best)


def stability_of(evidence: Evidence, positions: Floats, n_clouds: int, *, resamples: int, rng: np.random.Generator) -> float:
    """Measure how far a division comes out the same from two random halves of the people.

    Parameters
    ----------
    evidence : Evidence
        Of n participants.
    positions : ndarray of float
        Shape (n, 2).
    n_clouds : int
        Number of clouds >= 2.
    resamples : int
        Pairs of halves.
    rng : numpy.random.Generator
        Draws the halves.

    Returns
    -------
    float
        0 … 1: mean adjusted Rand index between the two ways of dividing everybody, floored at 0.
    """
    n = len(evidence)
    halves = [rng.permutation(n) < n // 2 for _ in range(resamples)]

    def labels_from(half: Bools) -> Ints:
        own = fit_mixture(evidence.take(half), positions[half], n_clouds, first_steps=_HALF_STEPS)
        return np.asarray(np.argmax(assign(own, evidence), axis=1))

    with ThreadPoolExecutor() as pool:
        labels = list(pool.map(labels_from, [part for half in halves for part in (half, ~half)]))
    agreement = [adjusted_rand(a, b) for a, b in zip(labels[::2], labels[1::2], strict=True)]
    return float(np.clip(np.mean(agreement), 0.0, 1.0))


def _divisions(evidence: Evidence, positions: Floats, settings: GroupingSettings, rng: np.random.Generator) -> tuple[list[_Division], bool]:
    """Return the divisions worth considering, and whether one cloud explains the map as well as any of several."""
    n = len(evidence)
    numbers = range(settings.max_groups, 0, -1)  # the dearest first, so that no core waits for it at the end
    with ThreadPoolExecutor() as pool:
        mixtures = dict(zip(numbers, pool.map(lambda clouds: fit_mixture(evidence, positions, clouds), numbers), strict=True))
    single = mixtures[1].criterion(n)
    found, one_cloud = [], True
    for clouds in range(2, settings.max_groups + 1):
        mixture = mixtures[clouds]
        if single - mixture.criterion(n) < _BETTER_BY:
            continue
        one_cloud = False
        gap = gap_between(mixture)
        membership = assign(mixture, evidence)
        sizes = np.bincount(np.argmax(membership, axis=1), minlength=clouds)
        if gap >= _WEAK_GAP and sizes.min() >= max(settings.min_group, _LEAST_SHARE * n):
            doubt = 1 - float(membership.max(axis=1).mean())
            found.append(_Division(mixture, mixture.criterion(n), gap, stability=1.0, doubt=doubt))
    # stability is the dearest to measure: only of divisions that could be accepted, or else of the likeliest, to say how it fails
    worth = [division for division in found if division.is_weak] or sorted(found, key=lambda division: division.criterion)[:1]
    measured = (stability_of(evidence, positions, len(one.mixture.shares), resamples=settings.resamples, rng=rng) for one in worth)
    return [replace(division, stability=stability) for division, stability in zip(worth, measured, strict=True)], one_cloud


def _justified(divisions: list[_Division]) -> _Division:
    """Return the division into the fewest clouds, unless more explain the map much better."""
    chosen = divisions[0]
    for division in divisions[1:]:
        if chosen.criterion - division.criterion >= _BETTER_BY:
            chosen = division
    return chosen


def _canonical_sample(opinion_map: OpinionMap, most: int) -> Ints:
    """Return rows of placed participants ordered by position (so that the order of the input does not matter), thinned evenly."""
    placed = np.flatnonzero(opinion_map.placed)
    rounded = np.round(opinion_map.positions[placed], 9)
    if len(placed) > 20 * most:  # thinned before sorting, which would be the dearest step at a million people
        placed, rounded = placed[:: len(placed) // (10 * most)], rounded[:: len(placed) // (10 * most)]
    ordered = placed[np.lexsort((rounded[:, 1], rounded[:, 0]))]
    if len(ordered) > most:
        ordered = ordered[np.linspace(0, len(ordered) - 1, most).astype(np.int64)]
    return ordered


def _grouping(opinion_map: OpinionMap, evidence: Evidence, division: _Division, verdict: Verdict, reason: Reason) -> Grouping:
    """Assign everybody placed, and number the groups by size."""
    membership = _assign_all(division.mixture, evidence)
    labels = np.argmax(membership, axis=1).astype(np.int32)
    labels[~opinion_map.placed] = -1
    sizes = np.bincount(labels[labels >= 0], minlength=membership.shape[1])
    centres = division.mixture.centres
    order = np.lexsort((centres[:, 1], centres[:, 0], -sizes))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    membership = membership[:, order] * opinion_map.placed[:, None]
    labels = np.where(labels >= 0, rank[labels], -1).astype(np.int32)
    return Grouping(
        labels=frozen(labels),
        membership=frozen(membership),
        centres=frozen(centres[order]),
        verdict=verdict,
        stability=division.stability,
        gap=division.gap,
        reason=reason,
    )


def _assign_all(mixture: Mixture, evidence: Evidence) -> Floats:
    """Return the membership of everybody, block by block."""
    edges = np.arange(len(evidence) + 1)
    parts = run_blocks(
        lambda first, last: assign(mixture, Evidence(evidence.precision[first:last], evidence.pull[first:last])), row_blocks(edges)
    )
    return np.concatenate(list(parts))


def _one_group(opinion_map: OpinionMap, reason: Reason, stability: float) -> Grouping:
    """Return the answer that there are no groups: one that holds everybody placed."""
    placed = opinion_map.placed
    centre = opinion_map.positions[placed].mean(axis=0) if placed.any() else np.zeros(2)
    return Grouping(
        labels=frozen(np.where(placed, 0, -1).astype(np.int32)),
        membership=frozen(placed[:, None].astype(np.float64)),
        centres=frozen(centre[None, :]),
        verdict=Verdict.NONE,
        stability=stability,
        gap=0.0,
        reason=reason,
    )
