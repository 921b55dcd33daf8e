"""Name opinion groups and the ends of the map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core import signing
from django.http import HttpResponse

from klal.domain.language import available, get
from klal.domain.roles import Right
from klal.errors import SettingsChangedError
from klal.services.naming import AXES, give_names, tidy_names
from klal.services.taking_part import Findings, newest_findings, shown_statements
from klal.store.models import Conversation
from klal.web.convene.desk import Desk, at_desk
from klal.web.pages.opinion_map import map_parts

_SALT = "klal.names-before"
_SAID = 3
_GROUPS = 26


@at_desk(Right.MANAGE, "GET", "POST")
def page(desk: Desk) -> HttpResponse:
    """Show the map with a field for each name, or store the names."""
    if desk.request.method != "POST":
        return _show(desk, desk.conversation.names)
    typed = _typed(desk.request.POST)
    try:
        before = json.loads(signing.loads(desk.request.POST.get("before", ""), salt=_SALT))
    except signing.BadSignature:
        before = {}
    try:
        give_names(desk.conversation, typed, before, desk.account)
    except SettingsChangedError as error:
        return _show(desk, typed, status=error.status, sentence=desk.language.error(error))
    return desk.go("settings/names/?saved=1")


def _show(desk: Desk, names: Mapping[str, Any], status: int = 200, **more: Any) -> HttpResponse:
    held = Conversation.objects.get(pk=desk.conversation.pk)
    findings = newest_findings(held)
    parts = map_parts(held, findings, desk.language) if findings else {}
    return desk.show(
        "names.html",
        status=status,
        page="settings",
        before=signing.dumps(json.dumps(tidy_names(held.names)), salt=_SALT),
        groups=[_group(desk, findings, slot, names) for slot in _slots(findings, names)],
        ends=[
            {
                "label": f"convene.names.{axis}_{end}",
                "fields": _fields(desk, f"{axis}_{end}", names.get("axes", {}).get(axis, {}).get(end, {})),
            }
            for axis, end in AXES
        ],
        cloud=parts.get("cloud", ""),
        legend=parts.get("legend", ""),
        saved=bool(desk.request.GET.get("saved")),
        **more,
    )


def _slots(findings: Findings | None, names: Mapping[str, Any]) -> list[int]:
    """Return the slots of the groups there are, and of those named before."""
    now = [group["slot"] for group in findings["groups"]] if findings and findings["verdict"]["kind"] != "none" else []
    return sorted({*now, *(int(slot) for slot in names.get("groups", {}))})


def _group(desk: Desk, findings: Findings | None, slot: int, names: Mapping[str, Any]) -> dict[str, Any]:
    """Return a group's fields, with what sets it apart: a name should say it."""
    shown = shown_statements(desk.conversation)
    representative = next((group["representative"] for group in (findings or {"groups": ()})["groups"] if group["slot"] == slot), ())
    said = [
        {
            "direction": one["direction"],
            **dict(zip(("text", "language"), shown[one["statement"]].in_language(desk.language.code), strict=True)),
        }
        for one in representative[:_SAID]
        if one["statement"] in shown
    ]
    return {"slot": slot, "said": said, "fields": _fields(desk, f"group_{slot}", names.get("groups", {}).get(str(slot), {}))}


def _fields(desk: Desk, name: str, texts: Mapping[str, str]) -> list[dict[str, str]]:
    languages = [get(code) for code in sorted(available(), key=lambda code: code != desk.language.code)]
    return [
        {
            "name": f"{name}_{one.code}",
            "code": one.code,
            "language": one.name,
            "direction": one.direction,
            "value": texts.get(one.code, ""),
        }
        for one in languages
    ]


def _typed(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the names that the form holds, in the form of ``Conversation.names``."""
    groups = {
        str(slot): {code: form[f"group_{slot}_{code}"] for code in available() if f"group_{slot}_{code}" in form} for slot in range(_GROUPS)
    }
    axes: dict[str, dict[str, dict[str, str]]] = {}
    for axis, end in AXES:
        axes.setdefault(axis, {})[end] = {code: form.get(f"{axis}_{end}_{code}", "") for code in available()}
    return tidy_names({"groups": groups, "axes": axes})
