"""The opinion map as something to look at: dots that belong to nobody in particular, outlines, and what the directions mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Floats
from klal.core.results import Analysis
from klal.domain.privacy import may_publish_cell
from klal.report.model import AxisEnd

MAX_DOTS = 2000
"""More dots than this hide each other and weigh down the page; a sample shows the same."""

HALF = float(np.sqrt(2 * np.log(2)))
"""Standard deviations to which an ellipse of a normal cloud holds half of it."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class GroupPicture:
    """One group on the map; everything empty if too few people to show."""

    dots: tuple[Point, ...]
    outline: tuple[Point, ...]
    centre: Point
    place: str


def draw_groups(analysis: Analysis, *, min_cell: int, max_dots: int = MAX_DOTS, unit: float | None = None) -> tuple[GroupPicture, ...]:
    """Return the dots, outline and centre of each group.

    Positions are scaled so that the typical distance from the centre is 1, unless another unit is given. Dots are sorted by place,
    which forgets the order of the participants; beyond ``max_dots`` every k-th of them is drawn in each group.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    min_cell : int
        Fewest members of a group that may be drawn.
    max_dots : int
        Most dots drawn.
    unit : float, optional
        Distance, > 0, to be drawn as 1.

    Returns
    -------
    tuple of GroupPicture
        One for each group.
    """
    labels, positions = analysis.grouping.labels, analysis.opinion_map.positions
    placed = positions[labels >= 0]
    typical = float(np.sqrt((placed**2).sum(axis=1).mean())) if len(placed) else 0.0
    scaled = positions / (unit or typical or 1.0)
    shares = dot_shares([int(size) for size in analysis.grouping.sizes], max_dots)
    return tuple(_draw(scaled[labels == group], shares[group], min_cell) for group in range(analysis.grouping.n_groups))


def dot_shares(sizes: Sequence[int], most: int) -> tuple[int, ...]:
    """Return how many dots to draw of each group: all of them, or in proportion to size, at most ``most`` together."""
    total = sum(sizes)
    if total <= most:
        return tuple(sizes)
    return tuple(max(1, size * most // total) if size else 0 for size in sizes)


def _draw(members: Floats, dots: int, min_cell: int) -> GroupPicture:
    if not may_publish_cell(len(members), min_cell=min_cell):
        return GroupPicture(dots=(), outline=(), centre=(0.0, 0.0), place="middle_middle")
    rounded = members.round(3)
    ordered = rounded[np.lexsort((rounded[:, 1], rounded[:, 0]))]
    chosen = ordered[np.linspace(0, len(ordered) - 1, dots).round().astype(np.int64)]
    centre = members.mean(axis=0)
    return GroupPicture(dots=_points(chosen), outline=_points(_ellipse(members)), centre=_points(centre[None])[0], place=_place(centre))


def _ellipse(members: Floats) -> Floats:
    if len(members) < 2:
        return members[:0]
    values, vectors = np.linalg.eigh(np.cov(members.T))
    radii = HALF * np.sqrt(np.maximum(values, 1e-4))
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii
    outline: Floats = members.mean(axis=0) + circle @ vectors.T
    return outline


def _points(array: Floats) -> tuple[Point, ...]:
    return tuple((round(x, 3) + 0.0, round(y, 3) + 0.0) for x, y in array.tolist())


def _place(centre: Floats) -> str:
    across = "middle" if abs(centre[0]) < 0.2 else ("right" if centre[0] > 0 else "left")
    along = "middle" if abs(centre[1]) < 0.2 else ("up" if centre[1] > 0 else "down")
    return f"{across}_{along}"


def name_axis_ends(analysis: Analysis, *, pulls: int = 2) -> tuple[AxisEnd, ...]:
    """Say which statements pull towards the right, left, top and bottom of the map.

    An end is named by the statements whose agreement leads there; if none does with any weight, by those whose disagreement does.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    pulls : int
        Statements named at each end.

    Returns
    -------
    tuple of AxisEnd
        Right, left, top, bottom; none where the axis carries nothing.
    """
    ends = []
    for axis in range(analysis.opinion_map.axes.shape[1]):
        weights = analysis.opinion_map.axes[:, axis]
        if len(weights) and np.isfinite(weights).all() and np.abs(weights).max() > 0:
            ends += [_end(weights, axis, positive=positive, pulls=pulls) for positive in (True, False)]
    return tuple(ends)


def _end(weights: Floats, axis: int, *, positive: bool, pulls: int) -> AxisEnd:
    towards = weights if positive else -weights
    floor = np.abs(weights).max() / 3
    agreed, refused = (tuple(place for place in _strongest(pull, pulls) if pull[place] >= floor) for pull in (towards, -towards))
    return AxisEnd(axis=axis, positive=positive, agree=bool(agreed), statements=agreed or refused)


def _strongest(pull: Floats, count: int) -> list[int]:
    """Return the places of the greatest values, the greatest first, without sorting all of them."""
    edge = np.partition(pull, max(len(pull) - count, 0))[max(len(pull) - count, 0)]
    places = np.flatnonzero(pull >= edge)
    return [int(place) for place in places[np.argsort(-pull[places], kind="stable")][:count]]
