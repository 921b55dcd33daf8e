"""Recovery codes: made on one device, used on another."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from klal.errors import BadRecoveryCodeError
from klal.services.recovering import make_recovery_code, recover
from klal.web.reader import remember_identity
from klal.web.visit import arrive, methods

_LONGEST_CODE = 100


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer a recovery code; shown once, in the answer to the form."""
    visit = arrive(request, slug)
    code = make_recovery_code(visit.conversation, visit.identity) if request.method == "POST" else ""
    address = f"{request.get_host()}{visit.home}recover/"
    return visit.show("keep.html", page="keep", code=code, address=address)


@csrf_protect
@methods("GET", "POST")
def recovery(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a recovery code, and make this browser the one it belongs to."""
    visit = arrive(request, slug)
    if request.method != "POST":
        return visit.show("recover.html", page="recover")
    typed = request.POST.get("code", "")[:_LONGEST_CODE]
    try:
        identity = recover(visit.conversation, typed)
    except BadRecoveryCodeError as error:
        sentence = visit.language.error(error)
        return visit.show("recover.html", status=error.status, page="recover", typed=typed, sentence=sentence)
    response = visit.go(f"{visit.home}mine/?recovered=1")
    remember_identity(response, identity, slug)
    return response
