"""The API's description as a page shows it: addresses in groups, each with what it takes and gives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_DEPTH = 3
"""Levels of types inside types that are spelt out."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something an address takes or gives.

    Attributes
    ----------
    name : str
        Of a parameter, or the status of an answer.
    text : str
        What it is.
    shape : str
        As JSON with types in place of values; empty where there is none.
    """

    name: str
    text: str
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    address: str
    summary: str
    description: str
    takes: tuple[Part, ...]
    gives: tuple[Part, ...]

    @property
    def anchor(self) -> str:
        """Return what a link to it ends with."""
        letters = (letter if letter.isalnum() else "-" for letter in f"{self.method}-{self.address}".lower())
        return "".join(letters).strip("-")


def reference(document: Mapping[str, Any]) -> dict[str, list[Operation]]:
    """Return the operations of a document by their group.

    Parameters
    ----------
    document : mapping
        By the rules of OpenAPI.
    """
    groups: dict[str, list[Operation]] = {}
    for address, item in document["paths"].items():
        for method, one in item.items():
            groups.setdefault(one["tags"][0], []).append(_operation(document, method.upper(), address, one))
    return groups


def _operation(document: Mapping[str, Any], method: str, address: str, one: Mapping[str, Any]) -> Operation:
    takes = [Part(f"{part['name']} ({part['in']})", _type(document, part["schema"])) for part in one.get("parameters", ())]
    body = one.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        takes.append(Part("body", "JSON", _shape(document, body["schema"])))
    gives = tuple(
        Part(
            str(status),
            found["description"],
            _shape(document, found["content"]["application/json"]["schema"]) if str(status) < "300" else "",
        )
        for status, found in one["responses"].items()
    )
    return Operation(method, address, one["summary"], one.get("description", ""), tuple(takes), gives)


def _shape(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    return json.dumps(_example(document, schema, _DEPTH), ensure_ascii=False, indent=2)


def _example(document: Mapping[str, Any], schema: Mapping[str, Any], depth: int) -> Any:
    """Return a type as JSON with words for values."""
    found = _resolved(document, schema)
    if "properties" in found and depth:
        return {name: _example(document, one, depth - 1) for name, one in found["properties"].items()}
    if found.get("type") == "array" and depth:
        return [_example(document, found["items"], depth - 1)]
    if isinstance(found.get("additionalProperties"), dict) and depth:
        return {"…": _example(document, found["additionalProperties"], depth - 1)}
    return _type(document, found)


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    found = _resolved(document, schema)
    if "anyOf" in found:
        return " | ".join(_type(document, one) for one in found["anyOf"])
    if "enum" in found:
        return " | ".join("null" if one is None else str(one) for one in found["enum"])
    return str(found.get("const") or found.get("format") or found.get("type", "any"))


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema
