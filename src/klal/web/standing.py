"""Where the reader stands: the place of their marker and the same in words. For nobody but the reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.template import loader

from klal.domain.ballot import Choice
from klal.domain.placing import Reasons
from klal.services.standing import Answer, Comparison, Standing, where_i_stand
from klal.services.taking_part import Findings, ShownStatement, newest_places, shown_statements
from klal.store.places import Place
from klal.web.picture import has_groups, spot_within
from klal.web.visit import Visit

_MIDDLE = 0.12
_HOLDING, _DRAWING = 3, 2
"""Answers named of what holds somebody where they are, and of what draws them away."""


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
        "why": _why(found.reasons, found.own, statements, code) if found and found.reasons else None,
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


def _why(reasons: Reasons, own: Mapping[int, Choice], statements: Mapping[int, ShownStatement], code: str) -> dict[str, Any]:
    """Return the reasons as rows; a change that touches a statement no longer shown is not spoken of."""

    def rows(numbers: Sequence[int], key: str, most: int) -> list[dict[str, Any]]:
        shown = [number for number in numbers if number in statements][:most]
        return [
            {"text": text, "language": language, "own": f"{key}_{own[number].word}"}
            for number in shown
            for text, language in [statements[number].in_language(code)]
        ]

    change = reasons.change if reasons.change and all(number in statements for number in reasons.change) else None
    return {
        "slot": reasons.slot,
        "holding": rows(reasons.holding, "pages.map.you", _HOLDING),
        "drawing": rows(reasons.drawing, "pages.map.you", _DRAWING),
        "change": rows(change, "why.me.now", len(change)) if change else None,
        "count": len(change) if change else 0,
        "other": reasons.other if change else None,
        "tried": reasons.tried if reasons.slot is not None and reasons.change is None else 0,
    }


def _rows(answers: Sequence[Answer], statements: Mapping[int, ShownStatement], code: str) -> list[dict[str, Any]]:
    return [
        {"text": text, "language": language, "own": f"pages.map.you_{answer.own.word}", "share": answer.share}
        for answer in answers
        if answer.statement in statements
        for text, language in [statements[answer.statement].in_language(code)]
    ]
