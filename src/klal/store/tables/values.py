"""Values of both engines as Arrow columns, in one form: a number is 64 bits wide, a time is microseconds in UTC, JSON is in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from klal.store.tables.schema import Kind, Table

TYPES: dict[str, pa.DataType] = {
    "int": pa.int64(),
    "bool": pa.bool_(),
    "float": pa.float64(),
    "text": pa.string(),
    "json": pa.string(),
    "time": pa.timestamp("us", "UTC"),
    "bytes": pa.binary(),
}
_LOCAL = pa.timestamp("us")
_LARGEST_FLOAT = 1e15
"""Whole numbers beyond it are written differently by the engines, as 1e+16 or in full; the latter is taken."""


def schema_of(table: Table) -> pa.Schema:
    """Return the Arrow schema of a table."""
    return pa.schema([pa.field(column.name, TYPES[column.kind]) for column in table.columns])


def from_sqlite(kind: Kind, values: Sequence[Any]) -> pa.Array:
    """Return a column as SQLite gives it: truth as numbers, times as text."""
    if kind == "bool":
        return pa.array(values, pa.int8()).cast(pa.bool_())
    if kind == "time":
        return pc.assume_timezone(pa.array(values, pa.string()).cast(_LOCAL), "UTC")
    return _plain(kind, values)


def to_sqlite(kind: Kind, column: pa.Array) -> list[Any]:
    """Return a column as SQLite takes it, times as Django writes them."""
    if kind == "bool":
        return list(column.cast(pa.int8()).to_pylist())
    if kind == "time":
        return list(pc.replace_substring_regex(column.cast(_LOCAL).cast(pa.string()), r"\.000000$", "").to_pylist())
    return list(column.to_pylist())


def from_copy(kind: Kind, values: Sequence[str | None]) -> pa.Array:
    """Return a column that PostgreSQL gave as text; truth as 0 and 1, times as microseconds, bytes in hexadecimal digits."""
    if kind == "bytes":
        return pa.array([None if one is None else bytes.fromhex(one) for one in values], pa.binary())
    if kind in {"text", "json"}:
        return _plain(kind, values)
    return as_kind(kind, pa.array(values, pa.string()).cast(TYPES["float" if kind == "float" else "int"]))


def as_kind(kind: Kind, column: pa.Array) -> pa.Array:
    """Return numbers that PostgreSQL gave as what they stand for."""
    return column.cast(TYPES[kind]) if column.type != TYPES[kind] else column


def to_copy(kind: Kind, column: pa.Array) -> pa.Array:
    """Return a column as PostgreSQL's CSV takes it."""
    if kind == "time":
        return pc.binary_join_element_wise(column.cast(_LOCAL).cast(pa.string()), "+00", "")
    if kind == "bytes":
        return pa.array([None if one is None else "\\x" + one.hex() for one in column.to_pylist()], pa.string())
    return column


def _plain(kind: Kind, values: Sequence[Any]) -> pa.Array:
    if kind == "json":
        values = [None if one is None else in_order(one) for one in values]
    return pa.array(values, TYPES[kind])


def in_order(text: str) -> str:
    """Return JSON as both engines would have it: PostgreSQL does not keep the order of names, nor how a number was written."""
    return json.dumps(json.loads(text, parse_float=_number), sort_keys=True, separators=(",", ":"))


def _number(text: str) -> float | int:
    number = float(text)
    if not number:
        return 0.0  # PostgreSQL knows no negative zero
    return int(number) if abs(number) >= _LARGEST_FLOAT and number.is_integer() else number
