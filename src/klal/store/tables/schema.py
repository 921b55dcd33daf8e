"""Which tables and columns a database has, by the migrations it has had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from django.apps.registry import Apps
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field, ForeignKey, Model

Kind = Literal["int", "bool", "float", "text", "json", "time", "bytes"]
Migrations = dict[str, list[str]]
"""Application → names of its migrations."""

_KINDS: dict[str, Kind] = {
    "AutoField": "int",
    "BigAutoField": "int",
    "BigIntegerField": "int",
    "BinaryField": "bytes",
    "BooleanField": "bool",
    "CharField": "text",
    "DateTimeField": "time",
    "FloatField": "float",
    "IntegerField": "int",
    "JSONField": "json",
    "PositiveBigIntegerField": "int",
    "PositiveIntegerField": "int",
    "PositiveSmallIntegerField": "int",
    "SlugField": "text",
    "SmallIntegerField": "int",
    "TextField": "text",
}
_WIDE = frozenset({"TextField", "JSONField", "BinaryField"})
RENEWED = frozenset({"django_content_type", "auth_permission"})
"""Tables that migrating fills by itself: their rows are no sign of use."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, and what kind of values it has on both engines."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes
    ----------
    name : str
        In the database.
    columns : tuple of Column
        In the order of the model.
    key : tuple of str
        Columns of the primary key; rows are read in its order.
    is_wide : bool
        Whether a row may be of any length.
    numbered : str
        Column that the database numbers by itself; empty if there is none.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_wide: bool = False
    numbered: str = ""

    @property
    def names(self) -> list[str]:
        """Return the columns' names."""
        return [column.name for column in self.columns]


def known_migrations() -> Migrations:
    """Return all migrations this klal has.

    Returns
    -------
    dict of str to list of str
        Sorted.
    """
    return _by_application(_loader().disk_migrations)


def grouped(rows: Iterable[Sequence[str]]) -> Migrations:
    """Return rows of application and name as a mapping.

    Parameters
    ----------
    rows : iterable of (str, str)
        As ``django_migrations`` has them.

    Returns
    -------
    dict of str to list of str
        Sorted.
    """
    return _by_application((str(application), str(name)) for application, name in rows)


def tables_at(migrations: Mapping[str, Sequence[str]]) -> list[Table]:
    """Return the tables of a database that has had certain migrations.

    Parameters
    ----------
    migrations : mapping of str to sequence of str
        All of them known to this klal.

    Returns
    -------
    list of Table
        By name; the record of the migrations itself is none of them.
    """
    return list(_tables_at(tuple((application, name) for application, names in sorted(migrations.items()) for name in names)))


def tables_of(apps: Apps) -> list[Table]:
    """Return the tables of models.

    Parameters
    ----------
    apps : Apps
        A registry of models.

    Returns
    -------
    list of Table
        By name.
    """
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    return sorted((_table(model) for model in models), key=lambda table: table.name)


@cache
def _tables_at(nodes: tuple[tuple[str, str], ...]) -> tuple[Table, ...]:
    return tuple(tables_of(_loader().project_state(list(nodes)).apps))


@cache
def _loader() -> MigrationLoader:
    return MigrationLoader(None)


def _table(model: type[Model]) -> Table:
    fields = [field for field in model._meta.local_concrete_fields if field.column]
    numbered = [str(field.column) for field in fields if field.get_internal_type() in {"AutoField", "BigAutoField"}]
    return Table(
        name=model._meta.db_table,
        columns=tuple(Column(str(field.column), _KINDS[_valued(field).get_internal_type()]) for field in fields),
        key=tuple(str(field.column) for field in model._meta.pk_fields),
        is_wide=any(_is_wide(field) for field in fields),
        numbered=numbered[0] if numbered else "",
    )


def _valued(field: Field[Any, Any]) -> Field[Any, Any]:
    """Return the field whose values a field has: a reference has those of what it refers to."""
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field


def _is_wide(field: Field[Any, Any]) -> bool:
    return field.get_internal_type() in _WIDE


def _by_application(pairs: Iterable[tuple[str, str]]) -> Migrations:
    found: Migrations = {}
    for application, name in sorted(pairs):
        found.setdefault(application, []).append(name)
    return found
