"""Vega's SVG made fit for a page: short, without ids or roles of its own, every layer named by a class.

A thousand equal dots are written once and used a thousand times, which is what keeps the page light.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"

_NUMBER = re.compile(r"-?\d+\.\d+")
_LAYER = re.compile(r"\b([a-z]+)(?:_(\w+?))?_marks\b")
_TEXT = ("text-anchor", "font-size", "font-weight")
_PAINT = ("fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width")
_KEPT = frozenset({"d", "transform", "x2", "y2", *_TEXT, *_PAINT})
_DEFAULT = {"opacity": "1", "stroke-width": "1"}


def tidy_svg(drawing: str, *, name: str) -> ET.Element:
    """Return Vega's drawing with only what shows.

    Parameters
    ----------
    drawing : str
        SVG as Vega writes it.
    name : str
        Name of the chart: the start of every id in it, so that several charts can share a page.

    Returns
    -------
    Element
        The ``svg`` element, without width and height.
    """
    old = ET.fromstring(drawing)  # noqa: S314 -- our own drawing, not somebody's file
    new = ET.Element(
        "svg", {"xmlns": SVG, "viewBox": old.attrib["viewBox"], "class": f"chart chart-{name}", "direction": "ltr", "fill": "none"}
    )
    shapes: dict[str, str] = {}
    body = list(_content(old, shapes, name))
    if shapes:
        definitions = ET.SubElement(new, "defs")
        for shape, one in shapes.items():
            ET.SubElement(definitions, "path", {"id": one, "d": _short(shape)})
    new.extend(body)
    return new


def to_text(element: ET.Element) -> str:
    """Return an element as text."""
    return ET.tostring(element, encoding="unicode").replace(" />", "/>")


def resolve_colours(text: str, colours: Mapping[str, str]) -> str:
    """Return the drawing with every ``var(--name)`` replaced by its colour, for programs that know no CSS variables."""
    return re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found.group(1)], text)


def _content(parent: ET.Element, shapes: dict[str, str], name: str) -> Iterator[ET.Element]:
    for child in parent:
        tag = child.tag.removeprefix(f"{{{SVG}}}")
        kind = child.attrib.get("class", "")
        if kind in {"background", "foreground"}:
            continue
        attributes = {key: _short(value) for key, value in child.attrib.items() if key in _KEPT and _DEFAULT.get(key) != value}
        if tag != "g":
            copy = ET.Element(tag, attributes)
            copy.text = child.text
            yield copy
            continue
        yield from _group(child, attributes, _layer_class(kind), shapes, name)


def _group(child: ET.Element, attributes: dict[str, str], layer: str, shapes: dict[str, str], name: str) -> Iterator[ET.Element]:
    """Yield a group with its content, or the content alone where the group says nothing."""
    if attributes.get("transform") == "translate(0,0)":
        del attributes["transform"]
    if attributes.get("fill") == "none":
        del attributes["fill"]
    if layer and len({one.attrib.get("d") for one in child}) == 1 and "mark-symbol" in child.attrib["class"]:
        yield _uses(child, layer, shapes, name)
        return
    content = list(_content(child, shapes, name))
    if not attributes and not layer:
        yield from content
        return
    group = ET.Element("g", {**({"class": layer} if layer else {}), **attributes})
    group.extend(content)
    yield group


def _layer_class(kind: str) -> str:
    found = _LAYER.search(kind)
    if not found or found.group(1) == "layer":
        return ""
    base, which = found.groups()
    return f"{base} {base}-{which}" if which else base


def _uses(child: ET.Element, layer: str, shapes: dict[str, str], name: str) -> ET.Element:
    """Return equal marks as uses of one shape, what they share said once."""
    shape = child[0].attrib["d"]
    one = shapes.setdefault(shape, f"{name}-{len(shapes)}")
    shared = Counter(item for mark in child for item in mark.attrib.items() if item[0] in _PAINT)
    group = ET.Element("g", {"class": layer, **{key: value for (key, value), count in shared.items() if count == len(child)}})
    for mark in child:
        x, y = re.findall(r"-?[\d.]+", mark.attrib["transform"])
        ET.SubElement(group, "use", {"href": f"#{one}", "x": _short(x), "y": _short(y)})
    return group


def _short(text: str) -> str:
    """Return the text with a tenth of a pixel as the finest figure."""
    return _NUMBER.sub(lambda found: f"{float(found.group()):.1f}".removesuffix(".0"), text) if "var(" not in text else text
