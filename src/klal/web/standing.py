"""Where the reader stands: the place of their marker and the same in words. For nobody but the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template import loader

from klal.services.standing import Answer, Comparison, Standing, where_i_stand
from klal.services.taking_part import Findings, ShownStatement, newest_places, shown_statements
from klal.store.places import Place
from klal.web.picture import has_groups, spot_within
from klal.web.visit import Visit

_MIDDLE = 0.12


def standing_of(visit: Visit, findings: Findings | None) -> dict[str, Any]:
    """Return the reader's place in drawing units, None while they have none, and where they stand as HTML, in short and in full.

    Parameters
    ----------
    visit : Visit
        Whose.
    findings : mapping or None
        Of the newest snapshot.
    """
    found: Standing | None = None
    if findings is not None and visit.participant is not None:
        found = where_i_stand(visit.participant.pk, findings, newest_places(visit.conversation))
    place = found.place if found else None
    statements, code = shown_statements(visit.conversation), visit.language.code
    context = {
        "language": visit.language,
        "findings": findings,
        "standing": found,
        "place_key": _where(place) if place else "",
        "several": findings is not None and has_groups(findings),
        "groups": [_worded(one, statements, code) for one in found.groups] if found else [],
        "home": visit.home,
        "names": visit.conversation.names,
    }
    short = loader.render_to_string("klal/standing_short.html", context)
    return {
        "place": spot_within((place.x, place.y), findings) if place and findings else None,
        "short": short,
        "html": loader.render_to_string("klal/standing.html", {**context, "short": short}),
    }


def _where(place: Place) -> str:
    across = "middle" if abs(place.x) < _MIDDLE else ("right" if place.x > 0 else "left")
    along = "middle" if abs(place.y) < _MIDDLE else ("up" if place.y > 0 else "down")
    return f"pages.place.{across}_{along}"


def _worded(one: Comparison, statements: Mapping[int, ShownStatement], code: str) -> dict[str, Any]:
    return {"slot": one.slot, "apart": _rows(one.apart, statements, code), "shared": _rows(one.shared, statements, code)}


def _rows(answers: Sequence[Answer], statements: Mapping[int, ShownStatement], code: str) -> list[dict[str, Any]]:
    return [
        {"text": text, "language": language, "own": f"pages.map.you_{answer.own.word}", "share": answer.share}
        for answer in answers
        if answer.statement in statements
        for text, language in [statements[answer.statement].in_language(code)]
    ]
