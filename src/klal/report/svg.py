"""SVG fit for a page: short, without ids or roles of its own but those of shapes, every layer named by a class.

A thousand equal dots are written once and used a thousand times, which is what keeps the page light.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"

Point = tuple[float, float]


class Drawing:
    """A drawing in the making: a plot of so many pixels with room around it.

    Parameters
    ----------
    name : str
        Name of the chart: the start of every id in it, so that several charts can share a page.
    width, height : float
        Of the plot.
    room : tuple of float
        Pixels above, right, below and left of the plot.
    """

    def __init__(self, name: str, width: float, height: float, room: tuple[float, float, float, float]) -> None:
        above, right, below, left = room
        box = f"0 0 {_short(left + width + right)} {_short(above + height + below)}"
        self.name = name
        self.svg = ET.Element("svg", {"xmlns": SVG, "viewBox": box, "class": f"chart chart-{name}", "direction": "ltr", "fill": "none"})
        self._shapes: dict[tuple[str, float], str] = {}
        self._definitions = ET.Element("defs")
        self._plot = ET.SubElement(self.svg, "g", {"transform": f"translate({_short(left)},{_short(above)})"})

    def layer(self, name: str, **paint: str) -> ET.Element:
        """Open a layer; its class is its name, and before that its kind: ``dots dots-0``."""
        kind = name.partition("-")[0]
        return ET.SubElement(self._plot, "g", {"class": name if kind == name else f"{kind} {name}", **_attributes(paint)})

    def line(self, start: Point, end: Point, colour: str) -> None:
        """Draw a straight line."""
        ends = dict(zip(("x1", "y1", "x2", "y2"), map(_short, (*start, *end)), strict=True))
        ET.SubElement(self._plot, "line", {**ends, "stroke": colour})

    def text(self, words: str, at: Point, *, anchor: str, colour: str, size: int = 13, into: ET.Element | None = None, **look: str) -> None:
        """Write a word or two."""
        place = {"x": _short(at[0]), "y": _short(at[1]), "text-anchor": anchor, "font-size": f"{size}px", "fill": colour}
        ET.SubElement(self._plot if into is None else into, "text", {**place, **_attributes(look)}).text = words

    def marks(self, layer: ET.Element, points: Iterable[Point], shape: str, size: float) -> None:
        """Draw equal marks."""
        link = f"#{self._shape(shape, size)}"
        for x, y in points:
            ET.SubElement(layer, "use", {"href": link, "x": _short(x), "y": _short(y)})

    def _shape(self, shape: str, size: float) -> str:
        key = (shape, size)
        if not self._shapes:
            self.svg.insert(0, self._definitions)
        if key not in self._shapes:
            self._shapes[key] = f"{self.name}-{len(self._shapes)}"
            ET.SubElement(self._definitions, "path", {"id": self._shapes[key], "d": shape_path(shape, sqrt(size) / 2)})
        return self._shapes[key]


def polygon(points: Sequence[Point]) -> str:
    """Return the path of a closed line through points."""
    return "M" + "L".join(f"{_short(x)},{_short(y)}" for x, y in points) + "Z"


def shape_path(shape: str, reach: float) -> str:
    """Return the path of a mark around (0, 0) that reaches so far to each side."""
    if shape == "circle":
        r = _short(reach)
        return f"M{r},0A{r},{r},0,1,1,-{r},0A{r},{r},0,1,1,{r},0"
    return polygon([(x * reach, y * reach) for x, y in _CORNERS[shape]])


_HIGH, _ARM = sqrt(3) / 2, 0.4
_CORNERS: dict[str, tuple[Point, ...]] = {
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle-up": ((0, -_HIGH), (-1, _HIGH), (1, _HIGH)),
    "triangle-down": ((0, _HIGH), (-1, -_HIGH), (1, -_HIGH)),
    "diamond": ((-1, 0), (0, -1), (1, 0), (0, 1)),
    "cross": tuple(
        (x, y)
        for x, y in (
            *((-1, -_ARM), (-1, _ARM), (-_ARM, _ARM), (-_ARM, 1), (_ARM, 1), (_ARM, _ARM)),
            *((1, _ARM), (1, -_ARM), (_ARM, -_ARM), (_ARM, -1), (-_ARM, -1), (-_ARM, -_ARM)),
        )
    ),
}


def to_text(element: ET.Element) -> str:
    """Return an element as text."""
    return ET.tostring(element, encoding="unicode").replace(" />", "/>")


def resolve_colours(text: str, colours: Mapping[str, str]) -> str:
    """Return the drawing with every ``var(--name)`` replaced by its colour, for programs that know no CSS variables."""
    return re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found.group(1)], text)


def _attributes(look: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in look.items()}


def _short(value: float) -> str:
    """Return a number with a tenth of a pixel as the finest figure."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
