"""Bring a conversation to people: link, square to scan, poster, messages to paste, and channels that tell turnout apart."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import segno
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klal.domain.language import Language, available, get
from klal.domain.roles import Right
from klal.errors import BadRequestError
from klal.services.phases import Stage, stage_of
from klal.services.schedule import moment_in_words, zone_name
from klal.services.seeding import seeds_of
from klal.services.sharing import (
    NAME_LENGTH,
    add_channel,
    find_channel,
    link_to,
    others_of,
    remove_channel,
    rename_channel,
    turnout_of,
    ways_of,
)
from klal.services.taking_part import wording
from klal.store.models import Conversation
from klal.store.opening import configuration
from klal.web.convene.desk import Desk, at_desk
from klal.web.convene.wording_form import language_name

_SCALE, _BORDER = 16, 2


@dataclass(frozen=True, slots=True)
class Handed:
    """One link to hand out.

    Attributes
    ----------
    code, name : str
        Of its channel; both empty for the plain link.
    link : str
        Absolute.
    """

    code: str
    name: str
    link: str

    @property
    def short(self) -> str:
        """Return the link as people write it down."""
        return self.link.split("://", 1)[1].rstrip("/")

    @property
    def query(self) -> str:
        """Return what the addresses of its square and its poster carry."""
        return f"?from={quote(self.code)}" if self.code else ""

    @property
    def square(self) -> str:
        """Return the square to scan as SVG."""
        return segno.make(self.link, error="m").svg_inline(omitsize=True, border=1)


def server_address(request: HttpRequest) -> str:
    """Return the server's address as people reach it: as configured, else as this request did."""
    return configuration().url or f"{request.scheme}://{request.get_host()}"


@at_desk(Right.WATCH, "GET")
def page(desk: Desk) -> HttpResponse:
    """Show everything there is to hand out, and who came by what."""
    held, asked = desk.conversation, desk.request.GET
    plain = _handed(desk, "")
    ways = ways_of(held)
    opened = "opened" in asked
    return desk.show(
        "share.html",
        page="share",
        plain=plain,
        square=plain.square,
        channels=[{"way": way, "handed": _handed(desk, way.code, way.name)} for way in ways],
        others=others_of(held, ways),
        has_people=bool(turnout_of(held)),
        messages=[_message(desk, code, plain.link) for code in held.languages if code in available()],
        poster_languages=_poster_languages(desk),
        name_length=NAME_LENGTH,
        opened=opened,
        opens=_opens(desk) if opened else "",
        is_draft=stage_of(held, timezone.now()) is Stage.DRAFT,
        news=next((f"convene.share.told_{name}" for name in ("added", "renamed", "removed") if asked.get(name)), ""),
        is_invited=held.voters == "invited",
        seed_count=len(seeds_of(held)),
    )


@at_desk(Right.MANAGE, "POST")
def channels(desk: Desk) -> HttpResponse:
    """Add, rename or remove a channel."""
    form, held = desk.request.POST, desk.conversation
    what, code, name = form.get("what", ""), form.get("code", "")[:64], form.get("name", "")[: 2 * NAME_LENGTH]
    if what == "add":
        if name.strip():
            add_channel(held, desk.account, name)
            return desk.go("share/?added=1#channels")
        return desk.go("share/#channels")
    if what == "rename":
        rename_channel(held, desk.account, code, name)
        return desk.go("share/?renamed=1#channels")
    if what == "remove":
        remove_channel(held, desk.account, code)
        return desk.go("share/?removed=1#channels")
    raise BadRequestError(found=what[:20] or "-", needed="add / rename / remove")


@at_desk(Right.WATCH, "GET")
def square(desk: Desk, kind: str) -> HttpResponse:
    """Return the square to scan as a file, SVG or PNG."""
    handed = _asked_for(desk)
    made, out = segno.make(handed.link, error="m"), io.BytesIO()
    made.save(out, kind=kind, scale=_SCALE, border=_BORDER)
    response = HttpResponse(out.getvalue(), content_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
    name = "-".join(filter(None, (desk.conversation.slug, handed.code)))
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    response["Cache-Control"] = "private, no-store"
    return response


@at_desk(Right.WATCH, "GET")
def poster(desk: Desk) -> HttpResponse:
    """Return a sheet to print, in one language or two."""
    handed, held = _asked_for(desk), desk.conversation
    codes = [code for code in desk.request.GET.get("languages", "").split(",") if code in available()][:2] or [_main(held)]
    parts = [_poster_part(held, get(code)) for code in codes]
    alone = len({part["wording"].topic for part in parts}) == 1  # said in one language, it is said once
    return desk.show(
        "poster.html",
        page="share",
        handed=handed,
        square=handed.square,
        parts=parts,
        headings=parts[:1] if alone else parts,
        alone=alone,
        both=len(codes) > 1,
        choices=[{**one, "current": one["codes"] == ",".join(codes)} for one in _poster_languages(desk)],
    )


def _handed(desk: Desk, code: str, name: str = "") -> Handed:
    return Handed(code, name, link_to(server_address(desk.request), desk.conversation, code))


def _asked_for(desk: Desk) -> Handed:
    code = desk.request.GET.get("from", "")
    if not code:
        return _handed(desk, "")
    found = find_channel(desk.conversation, code[:64])
    if found is None:
        raise BadRequestError(found=code[:20], needed="a channel")
    return _handed(desk, found.code, found.name)


def _message(desk: Desk, code: str, link: str) -> dict[str, Any]:
    """Return a message to paste, in one of the conversation's languages."""
    language, said = get(code), wording(desk.conversation, code)
    values = {"topic": said.topic, "purpose": said.shared_purpose, "link": link}
    text = language.text("convene.share.message_with_purpose" if said.shared_purpose else "convene.share.message", **values)
    plain = _bare(text)
    subject = _bare(language.text("convene.share.subject", topic=said.topic))
    return {
        "code": code,
        "name": language_name(desk.language, code),
        "direction": language.direction,
        "text": plain,
        "whatsapp": f"https://wa.me/?text={quote(plain)}",
        "mail": f"mailto:?subject={quote(subject)}&body={quote(plain)}",
    }


def _bare(text: str) -> str:
    """Return a sentence without the marks that fence off foreign text: what is pasted elsewhere shows them as boxes."""
    return text.translate({0x2068: None, 0x2069: None}).strip()


def _poster_languages(desk: Desk) -> list[dict[str, Any]]:
    """Return the ways to print a poster: in each language, and in two side by side."""
    codes = list(dict.fromkeys((*(code for code in desk.conversation.languages if code in available()), *available())))
    single = [{"codes": code, "name": language_name(desk.language, code)} for code in codes]
    both = ",".join(codes[:2])
    return [*single, {"codes": both, "name": desk.language.text("convene.share.both")}]


def _poster_part(held: Conversation, language: Language) -> dict[str, Any]:
    names = ("scan", "vote", "say", "see", "no_account", "or_type", "purpose")
    return {
        "code": language.code,
        "direction": language.direction,
        "wording": wording(held, language.code),
        "words": {name: language.text(f"convene.poster.{name}") for name in names},
    }


def _main(held: Conversation) -> str:
    return next((code for code in held.languages if code in available()), "en")


def _opens(desk: Desk) -> str:
    held = desk.conversation
    if stage_of(held, timezone.now()) is not Stage.SCHEDULED or held.opens_at is None:
        return ""
    return moment_in_words(held.opens_at, zone_name(held), desk.language)
