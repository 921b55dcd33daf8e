"""Rows in every table there is, whatever models there will be, and what is in all of them as digests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from klal.store.configuration import Configuration

AWKWARD = 'שלום "all", of\nthem; \\N ünd 1,000 \t✓'
BEGAN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def fill_every_table(rows: int = 3) -> None:
    """Put rows into every table, with values that are awkward to write down."""
    from django.apps import apps

    waiting = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy]
    made: dict[Any, list[Any]] = {}
    while waiting:
        for model in waiting:
            needed = {field.related_model for field in model._meta.local_concrete_fields if field.is_relation and not field.null}
            if needed <= made.keys() | {model}:
                made[model] = [_make(model, number, made) for number in range(rows)]
                waiting.remove(model)
                break
        else:
            raise AssertionError(waiting)


def _make(model: Any, number: int, made: dict[Any, list[Any]]) -> Any:
    if model._meta.label in {"contenttypes.ContentType", "auth.Permission"}:
        return model.objects.order_by("pk")[number]
    values = {field.attname: _value(field, number, made) for field in model._meta.local_concrete_fields if not field.primary_key}
    if not any(name in values for name in ("id", "participant_id")) and model._meta.pk.get_internal_type() == "CharField":
        values[model._meta.pk.attname] = f"key-{number}"
    made_row = model.objects.create(**values)
    clocked = [field.attname for field in model._meta.local_concrete_fields if getattr(field, "auto_now_add", False)]
    if clocked:
        model.objects.filter(pk=made_row.pk).update(**{name: values[name] for name in clocked})
    return made_row


def _value(field: Any, number: int, made: dict[Any, list[Any]]) -> Any:
    if field.is_relation:
        there = made.get(field.related_model)
        return there[number].pk if there and not (field.null and number == 1) else None
    if field.null and number == 1:
        return None
    if field.choices:
        return field.choices[number % len(field.choices)][0]
    plain = {
        "BooleanField": number % 2 == 0,
        "DateTimeField": BEGAN + timedelta(seconds=number, microseconds=123456 * (number % 2)),
        "JSONField": {"שלום": [1, 2.5, None, True], "b": {"aa": 1e16, "a": 0.1}, "number": number},
        "BinaryField": bytes(range(256)) * (number + 1),
        "FloatField": 0.1 + number,
    }
    kind = field.get_internal_type()
    if kind in plain:
        return plain[kind]
    if kind.endswith("IntegerField"):
        return 1 + number
    most = field.max_length or 100
    return f"{number}{AWKWARD}"[:most] if kind == "TextField" else f"{field.name}-{number}"[-most:]


def digests(found: Configuration, leave_out: tuple[str, ...] = ()) -> dict[str, tuple[int, str]]:
    """Return rows and digest of every table of a database."""
    from klal.io.backup_file import digest_of
    from klal.store.tables.engine import open_engine
    from klal.store.tables.schema import tables_at

    engine = open_engine(found)
    with engine.one_moment():
        tables = tables_at(engine.migrations())
        result = {one.name: digest_of(one.names, engine.read(one)) for one in tables if one.name not in leave_out}
    engine.close()
    return {name: (digest.rows, digest.hexdigest()) for name, digest in result.items()}
