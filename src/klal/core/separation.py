"""Say whether there is a gap between two clouds, or people stand all the way from one to the other.

Asked along the straight way between the two centres, of the votes themselves: how much likelier are they under two clouds than under the
likeliest way of standing that thickens in one place only? Such a single heap is sought twice: among *all* densities that rise to one place
and fall from it, and among the smooth ones (a point or a plateau, from which people grow fewer on each side as on a bell, or on bells of
several widths: a long tail). The first bends to anything, even to a low step that ends where a small group ends; the second takes no
account of steps. The gain is the mean of both logarithms. Two heaps in a picture are not enough: votes that say little blur, and chance
makes heaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from klal.core.arrays import Floats

PLACES = 31
"""Places along the way."""
_BEYOND = 4.0
"""How far the way goes on beyond the centres, in standard deviations of a cloud."""
_LEAST_VARIANCE = 0.15
_TWO_STEPS, _ONE_STEPS = 60, 150
_STILL = 3e-3
_NARROW, _WIDTHS = 0.4, 5
"""Bells of a smooth heap: the narrowest in steps of the way (a cliff), and how many up to a third of it."""
_TRY_STEPS, _TRY_PEOPLE = 25, 500
_MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1))
_NOUGHT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """What was found along the way between two clouds.

    Attributes
    ----------
    gain : float
        Logarithm of how much likelier the votes are with two clouds than with a single heap, mean of the comparison with any heap and
        with smooth ones; negative if a single heap is likelier.
    gap : float
        0 … 1: depth of the dip in density between the two clouds, relative to the lower of their heights.
    over_any, over_smooth : float
        The two logarithms.
    """

    gain: float
    gap: float
    over_any: float
    over_smooth: float


def places_between(distance: float) -> Floats:
    """Return evenly spaced places along the way between centres so far apart (in standard deviations), its middle at 0."""
    reach = distance / 2 + _BEYOND
    return np.linspace(-reach, reach, PLACES)


def measure_separation(likelihood: Floats, weights: Floats, places: Floats, distance: float) -> Separation:
    """Compare two clouds with every single heap.

    Parameters
    ----------
    likelihood : ndarray of float
        Shape (k, s): how likely each participant's votes are at each place.
    weights : ndarray of float
        Shape (k,), 0 … 1: how far each participant belongs to one of the two clouds.
    places : ndarray of float
        Shape (s,), from ``places_between``.
    distance : float
        Of the two centres.

    Returns
    -------
    Separation
        With the clouds' own widths fitted.
    """
    likelihood = np.ascontiguousarray(likelihood)
    two, density = two_clouds(likelihood, weights, places, distance)
    flat = np.full(len(places), 1.0 / len(places))
    over_any = two - max(single_heap(likelihood, weights, one_heap(start))[0] for start in (flat, density))
    over_smooth = two - smooth_heap(likelihood, weights, places, density)
    return Separation((over_any + over_smooth) / 2, dip(density), over_any, over_smooth)


def two_clouds(likelihood: Floats, weights: Floats, places: Floats, distance: float) -> tuple[float, Floats]:
    """Fit places, widths and shares of two bells by expectation–maximisation; return the log-likelihood and the density."""
    centres, widths, shares = np.array([-distance / 2, distance / 2]), np.ones(2), np.full(2, 0.5)
    before, value = -np.inf, -np.inf
    density = np.full(len(places), 1.0 / len(places))
    for _ in range(_TWO_STEPS):
        bells = np.exp(-0.5 * ((places[:, None] - centres) / widths) ** 2) + _NOUGHT
        bells /= bells.sum(axis=0)
        parts = bells * shares
        density = parts.sum(axis=1)
        seen = likelihood @ density
        value = float(weights @ np.log(seen))
        if value - before < _STILL:
            break
        before = value
        expected = parts * (likelihood.T @ (weights / seen))[:, None]
        total = np.maximum(expected.sum(axis=0), _NOUGHT)
        shares = total / total.sum()
        centres = (expected * places[:, None]).sum(axis=0) / total
        widths = np.sqrt(np.maximum((expected * (places[:, None] - centres) ** 2).sum(axis=0) / total, _LEAST_VARIANCE))
    return value, density


def single_heap(likelihood: Floats, weights: Floats, start: Floats) -> tuple[float, Floats]:
    """Find the likeliest density that rises to one place and falls from it; return its log-likelihood and itself.

    Each step expects how many people stand at each place and takes the nearest single heap to those counts, which is the exact
    maximisation for counts under that order.
    """
    density, before, value = start, -np.inf, -np.inf
    for _ in range(_ONE_STEPS):
        seen = likelihood @ density
        value = float(weights @ np.log(seen))
        if value - before < _STILL:
            break
        before = value
        density = one_heap(density * (likelihood.T @ (weights / seen)))
    return value, density


def smooth_heap(likelihood: Floats, weights: Floats, places: Floats, density: Floats) -> float:
    """Return the log-likelihood of the likeliest smooth heap, its plateau found by trying and moving both ends."""
    step, reach = places[1] - places[0], places[-1] - places[0]
    widths = np.geomspace(_NARROW * step, reach / 3, _WIDTHS)
    last = len(places) - 1
    known: dict[tuple[int, int], float] = {}
    # the plateau is sought among some people; what it is worth, all tell
    some = slice(None, None, max(len(weights) // _TRY_PEOPLE, 1))
    slopes = _Slopes(likelihood[some], places, widths)

    def value(ends: tuple[int, int]) -> float:
        if ends not in known:
            known[ends] = _mix(slopes.seen(ends), weights[some], _TRY_STEPS)
        return known[ends]

    low, lower, middle, upper, high = (int(place) for place in np.searchsorted(np.cumsum(density), (0.1, 0.25, 0.5, 0.75, 0.9)))
    peaks = [(place, place) for place in (low, lower, middle, upper, high)]
    best = max([*peaks, (lower, upper), (low, high), (low, middle), (middle, high)], key=value)
    stride = 4
    while stride >= 1:
        moves = [(best[0] + a * stride, best[1] + b * stride) for a, b in _MOVES]
        moves = [(max(first, 0), min(end, last)) for first, end in moves if first <= end]
        found = max((ends for ends in moves if 0 <= ends[0] <= ends[1] <= last), key=value, default=best)
        if value(found) > value(best) + _STILL:
            best = found
        else:
            stride //= 2
    return _mix(_Slopes(likelihood, places, widths).seen(best), weights, _ONE_STEPS)


class _Slopes:
    """Densities that are level between two places and fall on both sides as bells, as seen through each person's votes.

    A density is the sum of a slope up to the plateau, the plateau, and a slope after it, so each end is reckoned once for all others.
    """

    def __init__(self, likelihood: Floats, places: Floats, widths: Floats) -> None:
        self.likelihood, self.places, self.widths = likelihood, places, widths
        self.up_to = np.concatenate([np.zeros((len(likelihood), 1)), np.cumsum(likelihood, axis=1)], axis=1)
        self.rising: dict[int, tuple[Floats, Floats]] = {}
        self.falling: dict[int, tuple[Floats, Floats]] = {}

    def seen(self, ends: tuple[int, int]) -> Floats:
        """Return the likelihood of each person's votes under every pair of widths, shape (k, w²)."""
        first, last = ends
        if first not in self.rising:
            self.rising[first] = self._slope(slice(0, first), first)
        if last not in self.falling:
            self.falling[last] = self._slope(slice(last + 1, len(self.places)), last)
        (rising, rise), (falling, fall) = self.rising[first], self.falling[last]
        level = self.up_to[:, last + 1] - self.up_to[:, first]
        sizes = rise[:, None] + (last + 1 - first) + fall
        return np.asarray((((rising + level[:, None])[:, :, None] + falling[:, None, :]) / sizes).reshape(len(level), -1))

    def _slope(self, part: slice, end: int) -> tuple[Floats, Floats]:
        bells = np.exp(-0.5 * ((self.places[part] - self.places[end])[:, None] / self.widths) ** 2)
        return self.likelihood[:, part] @ bells, bells.sum(axis=0)


def _mix(seen: Floats, weights: Floats, steps: int) -> float:
    """Return the log-likelihood of the best mixture of given densities, shape (k, w²) as seen through each person's votes."""
    shares = np.full(seen.shape[1], 1.0 / seen.shape[1])
    total, before, value = weights.sum(), -np.inf, -np.inf
    for _ in range(steps):
        mixed = seen @ shares
        value = float(weights @ np.log(mixed))
        if value - before < _STILL:
            break
        before = value
        shares = shares * (seen.T @ (weights / mixed)) / total
    return value


def one_heap(counts: Floats) -> Floats:
    """Return the nearest single heap to counts at each place, as shares; nowhere quite empty."""
    fitted = np.empty_like(counts)
    _pool(counts, fitted)
    fitted = np.maximum(fitted / fitted.sum(), _NOUGHT)
    return np.asarray(fitted / fitted.sum())


@numba.njit(cache=True, nogil=True)
def _pool(counts: Floats, out: Floats) -> None:  # noqa: C901 - compiled: one loop
    """Pool adjacent violators up to every possible top and down from it; keep the likeliest."""
    size = len(counts)
    level, width, fitted = np.empty(size), np.empty(size), np.empty(size)
    best = -np.inf
    for top in range(size):
        for side in range(2):
            length = top + 1 if side == 0 else size - 1 - top
            blocks = 0
            for step in range(length):
                level[blocks] = counts[step if side == 0 else size - 1 - step]
                width[blocks] = 1.0
                blocks += 1
                while blocks > 1 and level[blocks - 2] >= level[blocks - 1]:
                    both = width[blocks - 2] + width[blocks - 1]
                    level[blocks - 2] = (level[blocks - 2] * width[blocks - 2] + level[blocks - 1] * width[blocks - 1]) / both
                    width[blocks - 2] = both
                    blocks -= 1
            place = 0
            for block in range(blocks):
                for _ in range(int(width[block])):
                    fitted[place if side == 0 else size - 1 - place] = level[block]
                    place += 1
        value = 0.0
        for place in range(size):
            value += counts[place] * np.log(fitted[place] + 1e-300)
        if value > best + 1e-9:
            best = value
            out[:] = fitted


def dip(density: Floats) -> float:
    """Return how deep the deepest dip is, relative to the lower of the heaps on both sides of it."""
    left, right = np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1]
    rim = np.minimum(left, right)
    return float(np.clip(np.max(1 - density / np.maximum(rim, 1e-300)), 0.0, 1.0))
