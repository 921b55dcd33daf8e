"""The convenors' door: sign in, and the list of conversations."""

from __future__ import annotations

from typing import cast

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from klal.domain.language import printable
from klal.domain.records import Moderation, ModerationMode
from klal.services.convening import conversations_of
from klal.services.taking_part import wording
from klal.store.models import Snapshot
from klal.web.convene.desk import signed_in
from klal.web.door import door
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import methods

_LONGEST = 200


@signed_in("GET")
def page(request: HttpRequest) -> HttpResponse:
    """List the conversations that somebody convenes, with their counts."""
    code = reader_language(request).code
    newest = Snapshot.objects.filter(conversation=OuterRef("pk"), number=OuterRef("snapshot_number"))
    waiting = Count("statements", filter=Q(statements__state=Moderation.PENDING.value), distinct=True)
    found = conversations_of(cast(User, request.user)).annotate(counts=Subquery(newest.values("findings__counts")[:1]), waiting=waiting)
    rows = [
        {
            "address": f"/c/{one.slug}/",
            "wording": wording(one, code),
            "counts": one.counts,
            "phase": f"convene.phase.{one.phase}",
            "draft": one.phase == "draft",
            "waiting": one.waiting if one.moderation_mode == ModerationMode.BEFORE.value else None,
        }
        for one in found
    ]
    return show(request, "convene/conversations.html", {"rows": rows, "page": "convene", "person": request.user.get_username()})


@csrf_protect
@methods("GET", "POST")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let a convenor in."""
    name = printable(request.POST.get("name", ""))[:_LONGEST]
    if request.method == "POST":
        with door.attempt(request):
            user = authenticate(request, username=name, password=request.POST.get("password", "").replace("\0", "")[:_LONGEST])
        if user is not None:
            login(request, user)
            return HttpResponseRedirect(reverse("convene"), status=303)
    failed = request.method == "POST"
    return show(request, "convene/sign_in.html", {"page": "convene", "name": name, "failed": failed}, status=403 if failed else 200)


@csrf_protect
@methods("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """Let a convenor out."""
    logout(request)
    return HttpResponseRedirect(reverse("home"), status=303)
