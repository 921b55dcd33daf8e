"""The convenors' door: in by password or by a mailed link, then by a code where the account asks for one; and out."""

from __future__ import annotations

import secrets
import time
from typing import Any, cast

from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_protect

from klal.errors import BadMailAddressError, WrongPasswordError
from klal.services.accounts import links
from klal.services.accounts.second_step import is_on
from klal.store.opening import configuration
from klal.web.convene.checking import account_by_form, home_of, is_code_of, typed_name
from klal.web.convene.sessions import enter, make_known
from klal.web.door import door
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import methods

EVEN_SECONDS = 0.4
"""How long the answer to somebody who wants a link takes, whether or not one is sent."""
_LINK_COOKIE, _LINK_PATH = "klal-link", "/convene/sign-in/"
_PENDING, _PENDING_SECONDS = "pending", 600
_LONGEST_ADDRESS, _LONGEST_NEXT = 320, 500


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest) -> HttpResponse:
    """Let a convenor in by name and password."""
    if request.method != "POST":
        return _show(request)
    account = account_by_form(request)
    if account is None:
        return _show(request, status=403, name=typed_name(request), failed=True)
    return arrive(request, account, safe_next(request), shared=request.POST.get("shared") == "1")


@csrf_protect
@methods("POST")
def mail(request: HttpRequest) -> HttpResponse:
    """Mail a link to whoever has an account; the answer is the same, and takes as long, for who has none."""
    address, began = request.POST.get("email", "").strip()[:_LONGEST_ADDRESS], time.monotonic()
    door.ask(request, address)
    browser = request.COOKIES.get(_LINK_COOKIE, "")[:100] or secrets.token_urlsafe(24)
    try:
        links.mail_sign_in_link(address, browser, home_of(request), reader_language(request))
    except BadMailAddressError as error:
        return _show(request, status=error.status, email=address, mail_sentence=reader_language(request).error(error))
    finally:
        time.sleep(max(0.0, began + EVEN_SECONDS - time.monotonic()))
    response = show(request, "convene/sign_in_mailed.html", {"page": "convene", "address": address})
    _set_cookie(response, browser)
    return response


@csrf_protect
@methods("GET", "POST")
def link(request: HttpRequest) -> HttpResponse:
    """Take a link: first a page with a button, so that a program that follows links uses nothing up."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    if request.method == "POST":
        response = arrive(request, links.use_sign_in_link(token), reverse("convene"), shared=request.POST.get("shared") == "1")
        response.delete_cookie(_LINK_COOKIE, path=_LINK_PATH)
        return response
    found = links.account_of_link(token)
    is_same = links.is_same_browser(found, request.COOKIES.get(_LINK_COOKIE, ""))
    return show(
        request,
        "convene/sign_in_link.html",
        {"page": "convene", "token": token, "name": found.account.get_username(), "is_same": is_same},
    )


@csrf_protect
@methods("GET", "POST")
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of the second step."""
    waiting = _waiting(request)
    if waiting is None:
        return HttpResponseRedirect(reverse("convene-sign-in"), status=303)
    account, pending = waiting
    sentence = ""
    if request.method == "POST":
        if is_code_of(request, account, request.POST.get("code", "")):
            del request.session[_PENDING]
            return _let_in(request, account, pending["next"], shared=pending["shared"])
        sentence = reader_language(request).error(WrongPasswordError())
    context = {"page": "convene", "name": account.get_username(), "sentence": sentence}
    return show(request, "convene/sign_in_code.html", context, status=403 if sentence else 200)


@csrf_protect
@methods("POST")
def sign_out(request: HttpRequest) -> HttpResponse:
    """Let a convenor out."""
    logout(request)
    return HttpResponseRedirect(reverse("home"), status=303)


def arrive(request: HttpRequest, account: User, address: str, *, shared: bool, skips_code: bool = False) -> HttpResponse:
    """Go on after a first proof of who somebody is: to the second step where the account asks for one, else in.

    Parameters
    ----------
    request : HttpRequest
        That brought the proof.
    account : User
        Whose it is.
    address : str
        Where they wanted to go, checked.
    shared : bool
        Whether others use the browser too.
    skips_code : bool
        Whether whoever vouched for them has asked for a second proof already.
    """
    if skips_code or not is_on(account):
        return _let_in(request, account, address, shared=shared)
    request.session.cycle_key()
    request.session[_PENDING] = {
        "account": account.pk,
        "hash": account.get_session_auth_hash(),
        "until": time.time() + _PENDING_SECONDS,
        "next": address,
        "shared": shared,
    }
    return HttpResponseRedirect(reverse("convene-sign-in-code"), status=303)


def safe_next(request: HttpRequest) -> str:
    """Return the page of ours that somebody was on the way to; the list of conversations if there is none."""
    wanted = (request.POST.get("next") or request.GET.get("next") or "")[:_LONGEST_NEXT]
    is_safe = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_safe else reverse("convene")


def _let_in(request: HttpRequest, account: User, address: str, *, shared: bool) -> HttpResponse:
    enter(request, account, shared=shared)
    response = HttpResponseRedirect(address, status=303)
    if not shared:
        make_known(response, account)
    return response


def _waiting(request: HttpRequest) -> tuple[User, dict[str, Any]] | None:
    """Return who has shown the first proof in this browser, a few minutes ago; a password changed since is none."""
    pending = cast("dict[str, Any]", request.session.get(_PENDING) or {})
    if pending.get("until", 0) < time.time():
        return None
    account = User.objects.filter(pk=pending["account"], is_active=True).first()
    if account is None or not secrets.compare_digest(account.get_session_auth_hash(), pending["hash"]):
        return None
    return account, pending


def _set_cookie(response: HttpResponse, browser: str) -> None:
    seconds = int(links.VALID.total_seconds())
    response.set_cookie(
        _LINK_COOKIE, browser, max_age=seconds, path=_LINK_PATH, httponly=True, samesite="Lax", secure=configuration().https
    )


def _show(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    wanted = safe_next(request)
    values = {"page": "convene", "next": wanted if wanted != reverse("convene") else "", "outside": configuration().outside, **context}
    return show(request, "convene/sign_in.html", values, status=status)
