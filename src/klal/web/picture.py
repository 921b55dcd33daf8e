"""The opinion map as a drawing: a few short SVG paths made from a snapshot's findings, the same for every reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

UNIT = 500
"""Drawing units for the distance from the middle to the furthest person."""

_MARGIN = 60
_LEAST_HEIGHT = 200
_RADII = ((60, 13), (250, 10), (800, 7))
_SMALLEST = 5

Point = Sequence[float]


@dataclass(frozen=True, slots=True)
class Layer:
    """What is drawn of one opinion group.

    Attributes
    ----------
    slot : int or None
        Of the group; None for everyone together.
    dots, area : str
        Paths: a point for every person drawn, and the outline that holds about half of them. Empty if too few people to show.
    badge : tuple of (int, int)
        Where the group's letter stands.
    """

    slot: int | None
    dots: str
    area: str
    badge: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Picture:
    """A map to draw.

    Attributes
    ----------
    view : str
        ``viewBox``.
    radius : int
        Of a point; smaller the more there are.
    layers : tuple of Layer
        One for each group.
    """

    view: str
    radius: int
    layers: tuple[Layer, ...]


def has_groups(findings: Mapping[str, Any]) -> bool:
    """Say whether people fall into groups; if not, everybody is drawn as one body."""
    return findings["verdict"]["kind"] != "none" and len(findings["groups"]) > 1


def draw(findings: Mapping[str, Any]) -> Picture | None:
    """Return the drawing of a map, None if there is nobody to draw.

    Parameters
    ----------
    findings : mapping
        Of a snapshot.
    """
    points = findings["map"]["points"]
    if not points:
        return None
    several = has_groups(findings)
    by_slot: dict[int | None, list[Point]] = defaultdict(list)
    for x, y, slot in points:
        by_slot[slot if several else None].append((x, y))
    groups = {group["slot"] if several else None: group for group in findings["groups"]}
    layers = [
        Layer(slot, dots_path(members), area_path(groups[slot].get("outline", ())), spot(groups[slot]["centre"]))
        for slot, members in sorted(by_slot.items(), key=lambda item: item[0] or 0)
    ]
    half_width = UNIT + _MARGIN
    half_height = max(round(findings["map"]["height"] * UNIT), _LEAST_HEIGHT) + _MARGIN
    radius = next((radius for most, radius in _RADII if len(points) <= most), _SMALLEST)
    return Picture(f"{-half_width} {-half_height} {2 * half_width} {2 * half_height}", radius, tuple(layers))


def spot(point: Point) -> tuple[int, int]:
    """Return a place of the map in drawing units: up is up, as on paper."""
    return round(point[0] * UNIT), -round(point[1] * UNIT)


def spot_within(point: Point, findings: Mapping[str, Any]) -> tuple[int, int]:
    """Return a place in drawing units, at the edge if it lies outside: a place may be newer than the drawing, which changes by crowds."""
    x, y = spot(point)
    high = max(round(findings["map"]["height"] * UNIT), _LEAST_HEIGHT)
    return max(-UNIT, min(UNIT, x)), max(-high, min(high, y))


def dots_path(points: Iterable[Point]) -> str:
    """Return points as one path of nothing but beginnings: with round line ends each shows as a dot."""
    return "".join(f"M{x} {y}h0" for x, y in map(spot, points))


def area_path(points: Iterable[Point]) -> str:
    """Return an outline as a closed path; empty for none."""
    spots = [f"{x} {y}" for x, y in map(spot, points)]
    return f"M{'L'.join(spots)}z" if spots else ""
