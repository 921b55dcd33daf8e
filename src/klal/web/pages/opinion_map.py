"""The map: where people stand, where the reader stands, what is shared and what divides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from klal.domain.language import Language, available, get
from klal.services.kept import Kept
from klal.services.taking_part import Findings, find_conversation, newest_findings, shown_statements
from klal.store.models import Conversation
from klal.web.ground import Row, divisive_rows, gift_rows, shared_rows
from klal.web.perception import gap_of
from klal.web.picture import draw, has_groups
from klal.web.rendering import language_of
from klal.web.script_data import page_data
from klal.web.standing import standing_of
from klal.web.visit import arrive, methods

FIRST = 6
"""Statements shown at once in a list; the rest unfold."""

_KEPT_SECONDS = 10
"""Enough for a hall whose browsers all ask at once; a statement that is taken down is nowhere for longer."""
_COMPACT = {"ensure_ascii": False, "separators": (",", ":")}
_drawn: Kept[Mapping[str, str]] = Kept(32)


@methods("GET")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the map and everything that belongs to it."""
    visit = arrive(request, slug)
    conversation = visit.conversation
    findings = newest_findings(conversation)
    parts = map_parts(conversation, findings, visit.language) if findings else {}
    return visit.show(
        "map.html",
        page="map",
        findings=findings,
        parts=parts,
        gap=gap_of((findings or {}).get("perception") or {}, visit.language, conversation.names),
        can_guess=bool(((findings or {}).get("perception") or {}).get("questions")),
        me=standing_of(visit, findings),
        view=parts.get("view", ""),
        data=page_data(visit, snapshot=conversation.snapshot_number),
    )


@methods("GET")
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Return counts, groups and map as JSON for everybody."""
    conversation = find_conversation(slug)
    findings = newest_findings(conversation)
    content: Mapping[str, Any] = {name: (findings or {}).get(name) for name in ("counts", "verdict", "groups", "map")}
    return _public(request, conversation, {"snapshot": conversation.snapshot_number, **content})


@methods("GET")
def part(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the map as the page shows it, drawn, for a page that is open already."""
    conversation = find_conversation(slug)
    asked = request.GET.get("language", "")
    language = get(asked) if asked in available() else language_of(request, conversation)
    findings = newest_findings(conversation)
    parts = map_parts(conversation, findings, language) if findings else {}
    return _public(request, conversation, {"snapshot": conversation.snapshot_number, **parts})


@methods("GET")
def me(request: HttpRequest, slug: str) -> HttpResponse:
    """Return where the reader stands, for their own page only."""
    visit = arrive(request, slug)
    standing = standing_of(visit, newest_findings(visit.conversation))
    response = JsonResponse(standing, json_dumps_params=_COMPACT)
    response["Cache-Control"] = "private, no-store"
    return response


def map_parts(conversation: Conversation, findings: Findings, language: Language) -> Mapping[str, str]:
    """Return the pieces of the map page that are the same for everybody: title, drawing, legend, lists.

    Parameters
    ----------
    conversation : Conversation
        Which.
    findings : mapping
        Of its last snapshot.
    language : Language
        The reader's.
    """
    version = conversation.snapshot_number, conversation.revision
    return _drawn.get((conversation.pk, language.code), version, lambda: _draw_parts(conversation, findings, language))


def _draw_parts(conversation: Conversation, findings: Findings, language: Language) -> Mapping[str, str]:
    statements, several, picture = shown_statements(conversation), has_groups(findings), draw(findings)
    context = {
        "language": language,
        "findings": findings,
        "several": several,
        "picture": picture,
        "shared": _split(shared_rows(findings, statements, language.code)),
        "gifts": _split(gift_rows(findings, statements, language.code)),
        "divisive": _split(divisive_rows(findings, statements, language.code)),
        "title_key": f"pages.map.{findings['verdict']['kind'] if several else 'none'}",
        "home": f"/c/{conversation.slug}/",
        "names": conversation.names,
    }
    drawn = {name: loader.render_to_string(f"klal/map_{name}.html", context) for name in ("title", "cloud", "legend", "lists")}
    return drawn | {"view": picture.view if picture else ""}


def _split(rows: tuple[Row, ...]) -> dict[str, tuple[Row, ...]]:
    return {"first": rows[:FIRST], "rest": rows[FIRST:]}


def _public(request: HttpRequest, conversation: Conversation, content: Mapping[str, Any]) -> HttpResponse:
    """Answer with what is the same for everybody; if the snapshot was asked for by its number it may be kept for a while."""
    response = JsonResponse(content, json_dumps_params=_COMPACT)
    exact = request.GET.get("snapshot") == str(conversation.snapshot_number)
    response["Cache-Control"] = f"public, max-age={_KEPT_SECONDS}" if exact else "no-cache"
    return response
