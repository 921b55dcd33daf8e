"""Keep who one is: recovery codes and links by mail, made on one device, used on another."""

from __future__ import annotations

from typing import Any

import segno
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from klal.domain.identity import Identity
from klal.domain.limits import Limit
from klal.errors import BadMailAddressError, BadRecoveryCodeError, BadRequestError, TooManyError
from klal.services.recovering import make_recovery_code, recover
from klal.services.recovery_mail import check_link, recover_by_link, send_link, send_link_again
from klal.store.opening import configuration
from klal.web.reader import remember_identity
from klal.web.visit import Visit, arrive, methods

_LONGEST_CODE, _LONGEST_ADDRESS, _LONGEST_TOKEN = 100, 320, 300


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Offer a recovery code, shown once, in the answer to the form; or a link by mail."""
    visit = arrive(request, slug)
    if "mail" in request.POST:
        return _mail(visit, "keep")
    if request.method == "POST":
        visit.spend(Limit.CODES)
    code = make_recovery_code(visit.conversation, visit.identity) if request.method == "POST" else ""
    address = f"{request.get_host()}{visit.home}recover/"
    square = segno.make(f"{request.scheme}://{address}#{code}", error="m").svg_inline(omitsize=True, border=1) if code else ""
    return _show(visit, "keep", code=code, address=address, square=square)


@csrf_protect
@methods("GET", "POST")
def recovery(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a recovery code, and make this browser the one it belongs to; or send a link again."""
    visit = arrive(request, slug)
    if "mail" in request.POST:
        return _mail(visit, "recover")
    if request.method != "POST":
        return _show(visit, "recover")
    visit.spend(Limit.CODES, joins=False)
    typed = request.POST.get("code", "")[:_LONGEST_CODE]
    try:
        identity = recover(visit.conversation, typed)
    except BadRecoveryCodeError as error:
        return _show(visit, "recover", status=error.status, typed=typed, sentence=visit.language.error(error))
    return _welcome(visit, identity)


@csrf_protect
@methods("GET", "POST")
def link(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a link from a mail: first a page with a button, so that a program that follows links changes nothing."""
    visit = arrive(request, slug)
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")[:_LONGEST_TOKEN]
    visit.spend(Limit.CODES, joins=False)
    if request.method == "POST":
        return _welcome(visit, recover_by_link(visit.conversation, token))
    check_link(visit.conversation, token)
    return visit.show("link.html", page="recover", token=token)


def _show(visit: Visit, page: str, status: int = 200, **context: Any) -> HttpResponse:
    return visit.show(f"{page}.html", status=status, page=page, sends_mail=configuration().sends_mail, **context)


def _welcome(visit: Visit, identity: Identity) -> HttpResponse:
    response = visit.go(f"{visit.home}mine/?recovered=1")
    remember_identity(response, identity, visit.conversation.slug)
    return response


def _mail(visit: Visit, page: str) -> HttpResponse:
    if not configuration().sends_mail:
        raise BadRequestError(found="mail", needed="code")
    visit.spend(Limit.MAILS, joins=page == "keep")
    typed = visit.request.POST.get("mail", "").strip()[:_LONGEST_ADDRESS]
    try:
        if page == "keep":
            send_link(visit.conversation, visit.identity, typed, visit.language)
        else:
            send_link_again(visit.conversation, typed, visit.language)
    except (BadMailAddressError, TooManyError) as error:
        return _show(visit, page, status=error.status, address_typed=typed, mail_sentence=visit.language.error(error))
    return _show(visit, page, sent_to=typed)
