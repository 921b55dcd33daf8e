"""No sentence is kept that nobody says: every key of the language files is named in the package, whole or put together from names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import klal
from klal.domain import language

PACKAGE = Path(klal.__file__).parent
SECTIONS = (
    "api.",
    "convene.",
    "hosting.",
    "mail.",
    "pages.",
    "serve.",
    "summary.",
)  # the report's templates put their keys together in ways only they know


def sources(ending: str) -> Iterator[str]:
    for path in PACKAGE.rglob(f"*.{ending}"):
        yield path.read_text(encoding="utf-8")


@cache
def quoted() -> frozenset[str]:
    return frozenset(word for ending in ("py", "html") for text in sources(ending) for word in re.findall(r"""["']([\w.]+)["']""", text))


@cache
def joined() -> tuple[re.Pattern[str], ...]:
    """Return what each key that is put together looks like, a group for every part that is filled in."""
    found = [node for text in sources("py") for node in ast.walk(ast.parse(text)) if isinstance(node, ast.JoinedStr)]
    shapes = ["".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"([^.]+)" for part in one.values) for one in found]
    return tuple(re.compile(shape) for shape in set(shapes) if shape.startswith(tuple(map(re.escape, SECTIONS))))


def is_said(key: str) -> bool:
    matches = (shape.fullmatch(key) for shape in joined())
    return key in quoted() or any(all(part in quoted() or part.isdigit() for part in found.groups()) for found in matches if found)


@pytest.mark.parametrize("code", language.available())
def test_no_sentence_of_the_pages_is_left_over(code):
    assert [key for key in language.get(code).texts if key.startswith(SECTIONS) and not is_said(key)] == []
