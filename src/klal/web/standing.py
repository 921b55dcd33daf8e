"""Where the reader stands: the place of their marker and the same in words. For nobody but the reader."""

from __future__ import annotations

from typing import Any

from django.template import loader

from klal.services.taking_part import Findings, newest_places
from klal.store.places import find
from klal.web.picture import has_groups, spot
from klal.web.visit import Visit


def standing_of(visit: Visit, findings: Findings | None) -> dict[str, Any]:
    """Return the reader's place in drawing units, None while they have none, and where they stand as HTML."""
    place = find(newest_places(visit.conversation), visit.participant.pk) if visit.participant and findings else None
    context = {
        "language": visit.language,
        "findings": findings,
        "place": place,
        "several": bool(findings) and has_groups(findings or {}),
        "home": visit.home,
    }
    return {"place": spot((place.x, place.y)) if place else None, "html": loader.render_to_string("klal/standing.html", context)}
