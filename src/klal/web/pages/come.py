"""Come by a personal link: a button first, so that a program that follows links uses nothing up."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_protect

from klal.domain.identity import CHANNEL_COOKIE, channel_code
from klal.domain.limits import Limit
from klal.intake.limits import shared_limits
from klal.services.admitting import admit, find_admission
from klal.services.taking_part import find_conversation
from klal.web.door import address_of
from klal.web.reader import remember_identity
from klal.web.rendering import language_of
from klal.web.visit import arrive, methods

_LONGEST_CODE = 100


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the button, or let somebody in; on a second device the same link opens the same place."""
    shared_limits().spend(Limit.CODES, address_of(request))
    code = (request.POST if request.method == "POST" else request.GET).get("code", "")[:_LONGEST_CODE]
    if request.method != "POST":
        visit = arrive(request, slug)
        find_admission(visit.conversation, code)
        return visit.show("come.html", page="come", code=code)
    conversation = find_conversation(slug)  # whoever this browser was until now, the link says who it is
    channel = channel_code(request.COOKIES.get(CHANNEL_COOKIE))
    identity = admit(conversation, code, language=language_of(request, conversation).code, channel=channel)
    response = HttpResponseRedirect(f"/c/{slug}/", status=303)
    remember_identity(response, identity, slug)
    return response
