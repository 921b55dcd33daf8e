"""Set the second step of signing in up, and off."""

from __future__ import annotations

from typing import Any, cast

import segno
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from klal.errors import BadRequestError, WrongPasswordError
from klal.services.accounts import second_step
from klal.services.accounts.telling import tell
from klal.web.convene.checking import is_proof_of
from klal.web.convene.desk import recently, signed_in
from klal.web.door import door
from klal.web.reader import reader_language
from klal.web.rendering import show


@signed_in("GET", "POST")
@recently
def page(request: HttpRequest) -> HttpResponse:
    """Show where the second step stands, and lead through it."""
    acts = {"begin": _begin, "confirm": _confirm, "codes": _codes, "off": _off}
    if request.method != "POST":
        return _show(request)
    act = request.POST.get("do", "")
    if act not in acts:
        raise BadRequestError(found=act[:20] or "-", needed=" / ".join(acts))
    return acts[act](request)


def _begin(request: HttpRequest) -> HttpResponse:
    second_step.begin(_account(request))
    return HttpResponseRedirect(reverse("convene-second-step"), status=303)


def _confirm(request: HttpRequest) -> HttpResponse:
    try:
        with door.attempt(request):
            codes = second_step.confirm(_account(request), request.POST.get("code", ""))
    except WrongPasswordError as error:
        return _show(request, error.status, sentence=reader_language(request).error(error))
    tell(_account(request), "convene.mail.told_step_on", reader_language(request))
    return _show(request, codes=codes)


def _codes(request: HttpRequest) -> HttpResponse:
    if not second_step.is_on(_account(request)):
        return _show(request)
    return _show(request, codes=second_step.new_codes(_account(request)))


def _off(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    if second_step.is_on(account) and not is_proof_of(request, account, request.POST.get("secret", "")):
        return _show(request, 403, off_sentence=reader_language(request).error(WrongPasswordError()))
    second_step.turn_off(account, account)
    tell(account, "convene.mail.told_step_off", reader_language(request))
    return HttpResponseRedirect(f"{reverse('convene-account')}?done=second_step_off", status=303)


def _show(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    account = _account(request)
    device = second_step.waiting(account)
    values: dict[str, Any] = {
        "page": "account",
        "is_on": second_step.is_on(account),
        "left": second_step.codes_left(account),
        "has_password": account.has_usable_password(),
        **context,
    }
    if device is not None:
        values["secret"] = second_step.secret_of(device)
        values["square"] = segno.make(device.config_url, error="m").svg_inline(omitsize=True, border=1)
    return show(request, "convene/second_step.html", values, status=status)


def _account(request: HttpRequest) -> User:
    return cast(User, request.user)
