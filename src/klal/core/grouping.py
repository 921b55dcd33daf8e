"""Opinion groups: people who vote alike, and how well the votes support telling them apart.

A division is accepted only if there is a gap between every two of its groups: the votes must be likelier under two clouds than under any
way of standing that thickens in one place only, and so much likelier as chance hardly ever makes them in publics that have no groups.
Where no division passes, the answer is that there are no groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.blocks import row_blocks, run_blocks
from klal.core.evidence import Evidence, Line, evidence_of, likelihood_along, path_along, readiness_variance
from klal.core.labels import adjusted_rand
from klal.core.mixture import Mixture, add_small_cloud, apart, assign, fit_from_labels, fit_mixture, pairs_by_distance
from klal.core.reading import Walk, compare_readings
from klal.core.results import Bridging, Grouping, OpinionMap, Reason, Verdict
from klal.core.separation import Separation, measure_separation, places_between
from klal.core.settings import GroupingSettings
from klal.core.votes import PASS, VoteMatrix

_CLEAR_GAIN, _WEAK_GAIN = 4.0, 3.5
_CLEAR_GAP, _WEAK_GAP = 0.5, 0.2
_NEAR = 2.0
"""Clouds of equal size nearer than this, in standard deviations, have no dip between them."""
_IN_DOUBT = (0.5, 15.0)
"""Gains between which the statements are learnt anew under either answer, which takes longer."""
_MEMBER = 0.02
"""Least membership in either of two clouds at which a person's votes count in comparing them."""
_FEW, _FEW_OF, _WITHOUT_THEM = 3, 20, 0.5
"""So many statements, and no more than one in twenty, are left out on trial: some that say the same in other words would else make groups
of one question. Of the gain that a weak division needs, this part must remain."""
_TRIES = 3
"""Searches, each without the statements on which alone the divisions before hung."""
_TOLD = 0.5
"""Least variance of positions along a factor, relative to what a person's votes leave open, at which groups are sought along it."""
_LEAST_SHARE = 0.01
_SAME = 0.1
"""Two searches whose log-likelihoods are this near have found the same clouds."""
_LEAST_PEOPLE = 12
_HALVED = 600
"""People on whom stability is measured, nearly; it is told beside the verdict and does not decide it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """Whom a division is sought among, and what their votes say."""

    votes: VoteMatrix
    bridging: Bridging
    rows: Ints
    axes: Ints
    readiness: float
    evidence: Evidence
    positions: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Division:
    """Several clouds, and what separates those two of them that are hardest to tell apart; the statements it hangs on if these are few."""

    mixture: Mixture
    gain: float
    gap: float
    narrow: Ints = field(default_factory=lambda: np.arange(0))

    @property
    def is_clear(self) -> bool:
        return self.is_weak and self.gain >= _CLEAR_GAIN and self.gap >= _CLEAR_GAP

    @property
    def is_weak(self) -> bool:
        return self.is_apart and not len(self.narrow)

    @property
    def is_apart(self) -> bool:
        return self.gain >= _WEAK_GAIN and self.gap >= _WEAK_GAP


def find_groups(
    votes: VoteMatrix,
    opinion_map: OpinionMap,
    bridging: Bridging,
    *,
    settings: GroupingSettings | None = None,
    rng: np.random.Generator | None = None,
    start: Grouping | None = None,
) -> Grouping:
    """Find the opinion groups, and say how well they are supported.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    opinion_map : OpinionMap
        Of these votes: who is placed, and where groups are shown.
    bridging : Bridging
        Fitted to these votes: where people stand on its factors is what groups are sought in.
    settings : GroupingSettings, optional
        Most groups, fewest members, resamples.
    rng : numpy.random.Generator, optional
        Draws the halves; seed 0 if left out. The same people in another order give the same answer, up to the thinning of more than
        ``max_fitted`` people.
    start : Grouping, optional
        Found before, for the same n participants (−1 for new ones): its groups are where the search for as many begins.

    Returns
    -------
    Grouping
        With one group holding everybody placed if the verdict is "none".
    """
    settings = settings or GroupingSettings()
    rng = rng if rng is not None else np.random.default_rng(0)
    if np.count_nonzero(opinion_map.placed) < _LEAST_PEOPLE:
        return _one_group(opinion_map, Reason.TOO_FEW)
    if not opinion_map.spread[0] > 0:
        return _one_group(opinion_map, Reason.ALL_ALIKE, 1.0)
    asked = _ask(votes, opinion_map, bridging, settings.max_fitted)
    everything, by_few = asked, None
    for _ in range(_TRIES):
        divisions = list(_divisions(asked, settings, start)) if len(asked.axes) else []
        chosen = _best(divisions)
        narrow = np.unique(np.concatenate([division.narrow for division in divisions])) if divisions else np.arange(0)
        if chosen or not len(narrow):
            break
        by_few = by_few or next((division for division in divisions if division.is_apart), None)
        asked = _ask(_unasked(asked.votes, narrow), opinion_map, bridging, settings.max_fitted)
    if not chosen and by_few:  # a question or two divides people: that is said, and no more
        chosen, asked = by_few, everything
    if not chosen:
        return _one_group(opinion_map, _why_none(divisions), gain=max((one.gain for one in divisions), default=0.0))
    some = np.arange(0, len(asked.rows), max(len(asked.rows) // _HALVED, 1))
    stability = stability_of(asked.evidence.take(some), asked.positions[some], chosen.mixture, resamples=settings.resamples, rng=rng)
    return _grouping(opinion_map, asked, chosen, stability)


def stability_of(evidence: Evidence, positions: Floats, mixture: Mixture, *, resamples: int, rng: np.random.Generator) -> float:
    """Measure how far a division comes out the same from two random halves of the people.

    Parameters
    ----------
    evidence : Evidence
        Of n participants.
    positions : ndarray of float
        Shape (n, d).
    mixture : Mixture
        The division: where each half begins.
    resamples : int
        Pairs of halves.
    rng : numpy.random.Generator
        Draws the halves.

    Returns
    -------
    float
        0 … 1: mean adjusted Rand index between the two ways of dividing everybody, floored at 0.
    """
    n, clouds = len(evidence), len(mixture.shares)
    labels = np.argmax(assign(mixture, evidence), axis=1)
    halves = [rng.permutation(n) < n // 2 for _ in range(resamples)]

    def labels_from(half: Bools) -> Ints:
        part, places = evidence.take(half), positions[half]
        own = fit_from_labels(part, places, labels[half], clouds, fit_mixture(part, places, 1))
        return np.zeros(n, dtype=np.int64) if own is None else np.asarray(np.argmax(assign(own, evidence), axis=1))

    with ThreadPoolExecutor() as pool:
        found = list(pool.map(labels_from, [part for half in halves for part in (half, ~half)]))
    agreement = [adjusted_rand(a, b) for a, b in zip(found[::2], found[1::2], strict=True)]
    return float(np.clip(np.mean(agreement), 0.0, 1.0))


def _best(divisions: list[_Division]) -> _Division | None:
    """Return the clear division into the most groups, or else the weak one into the most."""
    supported = [division for division in divisions if division.is_clear] or [division for division in divisions if division.is_weak]
    return supported[-1] if supported else None


def _unasked(votes: VoteMatrix, statements: Ints) -> VoteMatrix:
    """Return the same votes as if everybody had passed on some statements."""
    out = np.zeros(votes.shape[1], dtype=np.bool_)
    out[statements] = True
    return replace(votes, codes=np.where(out[votes.columns], PASS, votes.codes))


def _ask(votes: VoteMatrix, opinion_map: OpinionMap, bridging: Bridging, most: int) -> _Asked:
    """Ask everybody who voted, not only those placed: the undecided vote less, and without them there is a gap where they stand."""
    voted = np.asarray(votes.votes_per_participant > 0)
    rows = _canonical_sample(opinion_map.positions, voted, most)
    readiness = readiness_variance(bridging, voted)
    axes = _telling_axes(votes, bridging, rows, readiness)
    evidence = evidence_of(votes, bridging, rows, axes, readiness)
    return _Asked(votes, bridging, rows, axes, readiness, evidence, bridging.person[np.ix_(rows, axes + 1)])


def _telling_axes(votes: VoteMatrix, bridging: Bridging, rows: Ints, readiness: float) -> Ints:
    """Return the factors along which people still differ when no vote is judged by itself; the others only follow the votes they fit."""
    axes = np.arange(bridging.person.shape[1] - 1)
    if not len(axes):
        return axes
    evidence = evidence_of(votes, bridging, rows, axes, readiness)
    everybody = fit_mixture(evidence, bridging.person[rows][:, 1:], 1)
    told = np.diag(everybody.shape) * np.einsum("iaa->a", evidence.precision) / len(rows)
    return np.flatnonzero((told >= _TOLD) | (told == told.max()))


def _divisions(asked: _Asked, settings: GroupingSettings, start: Grouping | None) -> Iterator[_Division]:
    """Yield divisions into two clouds, three and so on, until one more no longer has a chance."""
    labels = None if start is None else start.labels[asked.rows]
    least = max(settings.min_group, _LEAST_SHARE * len(asked.rows))
    fewer = everybody = fit_mixture(asked.evidence, asked.positions, 1)
    for clouds in range(2, settings.max_groups + 1):
        known = None if labels is None else fit_from_labels(asked.evidence, asked.positions, labels, clouds, everybody)
        likely = known or fit_mixture(asked.evidence, asked.positions, clouds, everybody)
        tries = [likely] if known else [likely, add_small_cloud(asked.evidence, asked.positions, fewer, everybody)]
        if len(tries) > 1 and abs(tries[0].log_likelihood - tries[1].log_likelihood) < _SAME:
            del tries[1]
        found = [division for division in (_weakest_separation(asked, one, least) for one in tries) if division]
        best = max(found, key=lambda division: division.gain, default=None)
        if best:
            yield best
        # three groups can be plainer than any two of them together; more than that are looked for only one by one
        if clouds > 2 and not (best and best.is_weak):
            return
        fewer = best.mixture if best and best.is_weak else likely


def _weakest_separation(asked: _Asked, mixture: Mixture, least: float) -> _Division | None:
    """Measure pairs of clouds, the nearest first, as long as the division can still be supported; None if a cloud is too small."""
    membership = assign(mixture, asked.evidence)
    if np.bincount(np.argmax(membership, axis=1), minlength=len(mixture.shares)).min() < least:
        return None
    weakest = _Division(mixture, np.inf, 1.0)
    for a, b in pairs_by_distance(mixture):
        if apart(mixture, a, b) < _NEAR:
            return _Division(mixture, 0.0, 0.0)
        way = _way(asked, mixture, membership, (a, b))
        found = _separation(asked.votes, asked.bridging, way)
        weakest = replace(weakest, gain=min(weakest.gain, found.gain), gap=min(weakest.gap, found.gap))
        if weakest.gain < _WEAK_GAIN:
            break
        strongest = _strongest(asked.votes, way)
        if _separation(_unasked(asked.votes, strongest), asked.bridging, way).gain < _WITHOUT_THEM * _WEAK_GAIN:
            return replace(weakest, narrow=strongest)
    return weakest


def _way(asked: _Asked, mixture: Mixture, membership: Floats, pair: tuple[int, int]) -> Walk:
    """Lay a line between two clouds, and follow those along it who belong to either."""
    a, b = pair
    lower = np.linalg.cholesky(mixture.shape)
    way = np.linalg.solve(lower, mixture.centres[b] - mixture.centres[a])
    distance = float(np.linalg.norm(way))
    # where a cloud is round and of spread 1: one axis along the way, the others across it
    turned = np.linalg.qr(np.column_stack([way / distance, np.eye(len(way))]))[0][:, : len(way)]
    turned[:, 0] = way / distance
    axes = lower @ turned
    line = Line((mixture.centres[a] + mixture.centres[b]) / 2, axes[:, 0], axes[:, 1:], places_between(distance))
    weights = membership[:, a] + membership[:, b]
    near = np.flatnonzero(weights >= _MEMBER)
    path = path_along(asked.evidence.take(near), asked.axes, line, sides=asked.bridging.person.shape[1], readiness=asked.readiness)
    slopes = asked.bridging.statement[:, asked.axes + 1] @ line.direction
    return Walk(asked.rows[near], weights[near], path, line.places, slopes, distance)


def _separation(votes: VoteMatrix, bridging: Bridging, way: Walk) -> Separation:
    """Compare two clouds with a single heap along the way between them."""
    likelihood = likelihood_along(votes, bridging, way.rows, way.path)
    found = measure_separation(likelihood, way.weights, way.places, way.distance)
    return compare_readings(votes, bridging, way) if _IN_DOUBT[0] <= found.gain < _IN_DOUBT[1] else found


def _strongest(votes: VoteMatrix, way: Walk) -> Ints:
    """Return the statements whose votes tell most about where people stand along the way."""
    told = way.slopes**2 * np.bincount(votes.columns[votes.codes != PASS], minlength=len(way.slopes))
    return np.argsort(-told, kind="stable")[: max(min(_FEW, len(told) // _FEW_OF), 1)]


def _why_weak(division: _Division) -> Reason:
    return Reason.NARROW if len(division.narrow) else Reason.SPECTRUM if division.gap < _CLEAR_GAP else Reason.UNSTABLE


def _why_none(divisions: list[_Division]) -> Reason:
    return Reason.SPECTRUM if any(division.gap >= _WEAK_GAP for division in divisions) else Reason.ONE_CLOUD


def _canonical_sample(positions: Floats, voted: Bools, most: int) -> Ints:
    """Return rows of people who voted, ordered by position (so that the order of the input does not matter), thinned evenly."""
    rows = np.flatnonzero(voted)
    rounded = np.round(positions[rows], 9)
    if len(rows) > 20 * most:  # thinned before sorting, which would be the dearest step at a million people
        rows, rounded = rows[:: len(rows) // (10 * most)], rounded[:: len(rows) // (10 * most)]
    ordered = rows[np.lexsort((rounded[:, 1], rounded[:, 0]))]
    if len(ordered) > most:
        ordered = ordered[np.linspace(0, len(ordered) - 1, most).astype(np.int64)]
    return ordered


def _grouping(opinion_map: OpinionMap, asked: _Asked, division: _Division, stability: float) -> Grouping:
    """Assign everybody placed, and number the groups by size."""
    placed = opinion_map.placed
    membership = _assign_all(asked, division.mixture) * placed[:, None]
    labels = np.where(placed, np.argmax(membership, axis=1), -1)
    sizes = np.bincount(labels[placed], minlength=membership.shape[1])
    centres = membership.T @ opinion_map.positions / np.maximum(membership.sum(axis=0), 1e-9)[:, None]
    order = np.lexsort((centres[:, 1], centres[:, 0], -sizes))
    place = np.argsort(order)
    clear = division.is_clear
    return Grouping(
        labels=frozen(np.where(placed, place[labels], -1).astype(np.int32)),
        membership=frozen(membership[:, order]),
        centres=frozen(centres[order]),
        verdict=Verdict.CLEAR if clear else Verdict.WEAK,
        stability=stability,
        gap=division.gap,
        reason=Reason.SEPARATE if clear else _why_weak(division),
        gain=division.gain,
    )


def _assign_all(asked: _Asked, mixture: Mixture) -> Floats:
    """Return the membership of everybody, block by block."""

    def work(first: int, last: int) -> Floats:
        rows = np.arange(first, last)
        return assign(mixture, evidence_of(asked.votes, asked.bridging, rows, asked.axes, asked.readiness))

    return np.concatenate(list(run_blocks(work, row_blocks(asked.votes.indptr))))


def _one_group(opinion_map: OpinionMap, reason: Reason, stability: float = 0.0, *, gain: float = 0.0) -> Grouping:
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
        gain=gain,
    )
