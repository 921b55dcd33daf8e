"""Every address of the pages, with something that exists in the place of each parameter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PARAMETERS: dict[str, str] = {"slug": "here"}
"""What stands for a parameter of an address; a number is the first statement's."""


def every_address(number: int = 1) -> list[tuple[str, str]]:
    """Return name and address of every page."""
    from django.urls import get_resolver

    return sorted(_walk(get_resolver().url_patterns, "/", number), key=lambda one: one[1])


def _walk(patterns: list[Any], start: str, number: int) -> Iterator[tuple[str, str]]:
    from django.urls import URLPattern

    for one in patterns:
        address = start + _filled(one.pattern, number)
        if isinstance(one, URLPattern):
            yield str(one.name), address
        else:
            yield from _walk(one.url_patterns, address, number)


def _filled(pattern: Any, number: int) -> str:
    route = str(pattern)
    for name, converter in pattern.converters.items():
        kind = type(converter).__name__
        value = str(number) if kind == "IntConverter" else PARAMETERS.get(name, "x")
        for written in (f"<slug:{name}>", f"<int:{name}>", f"<str:{name}>", f"<path:{name}>", f"<{name}>"):
            route = route.replace(written, value)
    assert "<" not in route, f"{route}: say in tests/web/addresses.py what stands for its parameters"
    return route
