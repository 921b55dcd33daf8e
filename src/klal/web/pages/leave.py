"""What is kept of the reader, as files; and leaving for good."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_protect

from klal.services.leaving import erase, own_data, own_table
from klal.store.opening import configuration
from klal.web.reader import forget_identity
from klal.web.rendering import private
from klal.web.visit import Visit, arrive, methods


@methods("GET")
def data(request: HttpRequest, slug: str) -> HttpResponse:
    """Return everything kept of the reader, as JSON."""
    visit = arrive(request, slug)
    content = own_data(visit.conversation, visit.participant) if visit.participant else {}
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 2})
    return _handed_over(visit, response, "json")


@methods("GET")
def table(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the reader's votes with their history, as CSV."""
    visit = arrive(request, slug)
    content = own_table(visit.conversation, visit.participant) if visit.participant else b""
    return _handed_over(visit, HttpResponse(content, content_type="text/csv; charset=utf-8"), "csv")


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Say what goes, ask once more, and erase."""
    visit = arrive(request, slug)
    statements = request.POST.get("statements", "")
    if request.method != "POST" or statements not in {"withdraw", "leave"}:
        return visit.show("leave.html", page="mine", step="ask", said=_said(visit))
    if request.POST.get("sure") != "yes":
        return visit.show("leave.html", page="mine", step="sure", statements=statements, said=_said(visit))
    erase(visit.conversation, visit.participant, keeps_statements=statements == "leave")
    response = HttpResponse(status=303, headers={"Location": f"{visit.home}leave/done/"})
    forget_identity(response, visit.conversation.slug)
    return response


@methods("GET")
def done(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that it is done; a script forgets what this browser still has."""
    visit = arrive(request, slug)
    return visit.show("leave.html", page="mine", step="done", data={"slug": slug}, sends_mail=configuration().sends_mail)


def _said(visit: Visit) -> int:
    return visit.participant.statements.count() if visit.participant else 0


def _handed_over(visit: Visit, response: HttpResponse, ending: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{visit.conversation.slug}-mine.{ending}"'
    private(response)
    return response
