"""The first page: what klal is, and the conversations that are open."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klal.domain.records import Phase
from klal.services.taking_part import is_open, wording
from klal.store.models import Conversation, Snapshot
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import methods

LISTED = 50
"""Conversations listed at most, the newest first."""


@methods("GET")
def page(request: HttpRequest) -> HttpResponse:
    """List the conversations."""
    code, now = reader_language(request).code, timezone.now()
    newest = Snapshot.objects.filter(conversation=OuterRef("pk"), number=OuterRef("snapshot_number"))
    listed = Conversation.objects.filter(is_listed=True, archived=None, deletes_at=None).exclude(phase=Phase.DRAFT.value)
    found = listed.annotate(counts=Subquery(newest.values("findings__counts")[:1]))
    rows = [
        {
            "address": f"/c/{one.slug}/",
            "wording": wording(one, code),
            "counts": one.counts,
            "open": is_open(one, now),
        }
        for one in found.order_by("-created")[:LISTED]
    ]
    context = {"open": [row for row in rows if row["open"]], "closed": [row for row in rows if not row["open"]]}
    return show(request, "home.html", {**context, "page": "home"})
