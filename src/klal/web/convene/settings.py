"""Settings of a conversation: its words, dates and rules, the big buttons of its phases, its copy, its shelf and its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from klal.domain.language import available, get
from klal.domain.records import ModerationMode, Phase, Speakers, Voters
from klal.domain.roles import Right
from klal.errors import BadMomentError, BadRequestError, NoTopicError, NotTypedError, SettingsChangedError
from klal.services.caring import (
    DESCRIPTION_LENGTH,
    PURPOSE_LENGTH,
    TOPIC_LENGTH,
    Settings,
    Words,
    archive,
    clone,
    edit_settings,
    main_code,
    settings_of,
    unarchive,
    version_of,
)
from klal.services.deleting import GRACE, delete_later, delete_now, restore
from klal.services.phases import Stage, set_phase, stage_of
from klal.services.schedule import read_moment, write_moment, zone_in_words, zone_name, zone_of, zones
from klal.store.models import Conversation
from klal.web.convene.desk import Desk, at_desk, recently

MOMENTS = ("opens_at", "statements_until", "closes_at")
_WORDS = (("topic", TOPIC_LENGTH), ("description", DESCRIPTION_LENGTH), ("shared_purpose", PURPOSE_LENGTH))
_CHOICES: Mapping[str, type[Voters] | type[Speakers] | type[ModerationMode]] = {
    "voters": Voters,
    "speakers": Speakers,
    "moderation_mode": ModerationMode,
}
_MENDABLE = (SettingsChangedError, NoTopicError, BadMomentError)
_BUTTONS: Mapping[Stage, tuple[Phase, ...]] = {
    Stage.DRAFT: (Phase.OPEN,),
    Stage.SCHEDULED: (Phase.OPEN, Phase.PAUSED, Phase.CLOSED),
    Stage.OPEN: (Phase.VOTING, Phase.PAUSED, Phase.CLOSED),
    Stage.VOTING: (Phase.OPEN, Phase.PAUSED, Phase.CLOSED),
    Stage.PAUSED: (Phase.OPEN, Phase.VOTING, Phase.CLOSED),
    Stage.CLOSED: (Phase.OPEN, Phase.VOTING),
}
"""What is offered at each stage, the likeliest first."""


@at_desk(Right.MANAGE, "GET", "POST")
def page(desk: Desk) -> HttpResponse:
    """Show the settings, or store what was typed; what cannot be stored stays in the form."""
    if desk.request.method != "POST":
        return _show(desk, _fields(settings_of(desk.conversation)), version_of(desk.conversation))
    try:
        edit_settings(desk.conversation, _typed(desk), desk.request.POST.get("version", ""), desk.account)
    except _MENDABLE as error:
        held = Conversation.objects.get(pk=desk.conversation.pk)
        fields = {name: desk.request.POST.get(name, "") for name in _fields(settings_of(held))}
        clash = _differences(held, fields) if isinstance(error, SettingsChangedError) else ()
        return _show(desk, fields, version_of(held), status=error.status, sentence=desk.language.error(error), clash=clash)
    return desk.go("settings/?saved=1")


@at_desk(Right.MANAGE, "POST")
def phase(desk: Desk) -> HttpResponse:
    """Open, pause or close."""
    wanted = desk.request.POST.get("phase", "")
    if wanted not in {one.value for one in Phase if one is not Phase.DRAFT}:
        raise BadRequestError(found=wanted[:20] or "-", needed=" / ".join(Phase))
    set_phase(desk.conversation, Phase(wanted), desk.account)
    return desk.go("settings/?phase=1")


@at_desk(Right.MANAGE, "POST")
def copy(desk: Desk) -> HttpResponse:
    """Make a new draft of it, and go there."""
    made = clone(desk.conversation, desk.account)
    return desk.go(f"/convene/c/{made.slug}/settings/?copied=1")


@at_desk(Right.MANAGE, "POST")
def shelf(desk: Desk) -> HttpResponse:
    """Put it away, or take it out again."""
    act = unarchive if desk.request.POST.get("archived") == "no" else archive
    act(desk.conversation, desk.account)
    return desk.go("settings/?saved=1")


@at_desk(Right.MANAGE, "GET", "POST")
@recently
def delete(desk: Desk) -> HttpResponse:
    """Ask before everything is deleted, and have it deleted, later or now; or keep it after all."""
    form, sentence, status = desk.request.POST, "", 200
    try:
        if form.get("what") == "restore":
            stays = restore(desk.conversation, desk.account)
            return desk.go("settings/?restored=1" if stays else "settings/delete/")
        if form.get("what") == "later":
            delete_later(desk.conversation, desk.account)
            return desk.go("settings/delete/")
        if desk.request.method == "POST":
            delete_now(desk.conversation, desk.account, form.get("typed", ""))
            return desk.go("settings/delete/")
    except NotTypedError as error:
        sentence, status = desk.language.error(error), error.status
    return desk.show("delete.html", status=status, page="settings", sentence=sentence, days=GRACE.days, typed=form.get("typed", "")[:100])


def _show(desk: Desk, fields: Mapping[str, str], version: str, status: int = 200, **more: Any) -> HttpResponse:
    held = Conversation.objects.get(pk=desk.conversation.pk)
    now, zone = timezone.now(), zone_name(held)
    stage, asked = stage_of(held, now), desk.request.GET
    main = main_code(held)
    return desk.show(
        "settings.html",
        status=status,
        page="settings",
        fields=fields,
        version=version,
        languages_of=[_language_part(code, fields, main) for code in (main, *(one for one in available() if one != main))],
        moments=[(name, f"convene.settings.{name}", fields[name]) for name in MOMENTS],
        zones=zones(),
        zone_words=zone_in_words(zone, desk.language, now),
        choices=[_choice_part(name, kind, fields) for name, kind in _CHOICES.items()],
        stage=stage.value,
        stage_key=f"convene.stage.{stage.value}",
        opens_at=held.opens_at if stage is Stage.SCHEDULED else None,
        buttons=() if held.deletes_at else [_button(stage, one) for one in _BUTTONS[stage]],
        news=next((f"convene.settings.told_{name}" for name in ("saved", "phase", "copied", "restored") if asked.get(name)), ""),
        conversation=held,
        **more,
    )


def _button(stage: Stage, wanted: Phase) -> dict[str, str]:
    again = "reopen" if stage is Stage.CLOSED and wanted is Phase.OPEN else wanted.value
    return {"phase": wanted.value, "label": f"convene.settings.do_{again}", "effect": f"convene.settings.then_{wanted.value}"}


def _language_part(code: str, fields: Mapping[str, str], main: str) -> dict[str, Any]:
    language = get(code)
    parts = [
        {"name": f"{name}_{code}", "label": f"convene.settings.{name}", "value": fields[f"{name}_{code}"], "limit": limit}
        for name, limit in _WORDS
    ]
    return {"code": code, "name": language.name, "direction": language.direction, "is_main": code == main, "parts": parts}


def _choice_part(name: str, kind: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    options = [
        {"value": one.value, "label": f"convene.settings.{name}_{one.value}", "hint": f"convene.settings.{name}_{one.value}_hint"}
        for one in kind
    ]
    return {"name": name, "label": f"convene.settings.{name}", "value": fields[name], "options": options}


def _fields(found: Settings) -> dict[str, str]:
    """Return the settings as the form's fields hold them."""
    words = {f"{name}_{code}": getattr(found.words.get(code, Words()), name) for code in available() for name, _ in _WORDS}
    moments = {name: write_moment(getattr(found, name), found.zone) for name in MOMENTS}
    choices = {name: getattr(found, name).value for name in _CHOICES}
    return {**words, **moments, **choices, "zone": found.zone, "is_listed": "1" if found.is_listed else ""}


def _typed(desk: Desk) -> Settings:
    """Return the settings that the form holds.

    Raises
    ------
    BadMomentError
        If a date cannot be read.
    BadRequestError
        If something was chosen that was not offered.
    """
    form = desk.request.POST
    zone = form.get("zone", "")
    zone_of(zone)
    for name, kind in _CHOICES.items():
        if form.get(name) not in {one.value for one in kind}:
            raise BadRequestError(found=form.get(name, "-")[:20], needed=" / ".join(kind))
    return Settings(
        words={code: Words(*(form.get(f"{name}_{code}", "") for name, _ in _WORDS)) for code in available()},
        zone=zone,
        **{name: read_moment(form.get(name, ""), zone) for name in MOMENTS},
        voters=Voters(form["voters"]),
        speakers=Speakers(form["speakers"]),
        moderation_mode=ModerationMode(form["moderation_mode"]),
        is_listed=form.get("is_listed") == "1",
    )


def _differences(held: Conversation, fields: Mapping[str, str]) -> tuple[dict[str, str], ...]:
    """Return what stands now where something else was typed, so that nobody has to search for it."""
    stands = _fields(settings_of(held))
    return tuple(
        {"label": _label_of(name), "stands": stands[name] or "–", "typed": typed or "–"}
        for name, typed in fields.items()
        if stands[name] != typed.replace("\r\n", "\n")
    )


def _label_of(name: str) -> str:
    plain, _, code = name.rpartition("_")
    return f"convene.settings.{plain if code in available() else name}"
