"""One's own account: address, password, second step, signed-in browsers, tokens, and its end."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from klal.errors import BadMailAddressError, BadRequestError, LastOwnerError, PasswordsDifferError, WeakPasswordError, WrongPasswordError
from klal.services.accounts import links, sessions, tokens
from klal.services.accounts.colleagues import delete_account, sole_owner_of
from klal.services.accounts.creating import set_password
from klal.services.accounts.passwords import shortest
from klal.services.accounts.second_step import is_on
from klal.services.accounts.telling import tell
from klal.services.taking_part import wording
from klal.web.convene.checking import home_of, is_proof_of
from klal.web.convene.desk import recently, signed_in
from klal.web.convene.devices import device_name
from klal.web.convene.sessions import is_recent, renew
from klal.web.convene.stamps import stamp
from klal.web.door import door
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import read_number

_LONGEST_ADDRESS = 320
_DAYS = {"30": 30, "90": 90, "365": 365, "": None}
DONE = ("password", "address", "ended", "revoked", "second_step_off", "left")
"""What the page may say was done."""


@signed_in("GET")
def page(request: HttpRequest) -> HttpResponse:
    """Show the account."""
    done = request.GET.get("done", "")
    return _show(request, done=f"convene.account.done_{done}" if done in DONE else "")


@signed_in("POST")
@recently
def address(request: HttpRequest) -> HttpResponse:
    """Mail a link to a new address; it is taken when the link is used."""
    language, typed = reader_language(request), request.POST.get("email", "").strip()[:_LONGEST_ADDRESS]
    door.post(typed, _account(request).pk)
    try:
        links.mail_address_link(_account(request), typed, home_of(request), language)
    except BadMailAddressError as error:
        return _show(request, error.status, wrong={"address": language.error(error)}, email=typed)
    return _show(request, mailed=typed)


@signed_in("GET", "POST")
def confirm_address(request: HttpRequest) -> HttpResponse:
    """Take the link from the mail to a new address: first a page with a button."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    if request.method == "POST":
        links.confirm_address(_account(request), token, reader_language(request))
        return _go("address")
    found = links.address_of_link(_account(request), token)
    return show(request, "convene/address.html", {"page": "convene", "token": token, "address": found})


@signed_in("POST")
def password(request: HttpRequest) -> HttpResponse:
    """Change the password, by the old one; every other browser is signed out."""
    account, language = _account(request), reader_language(request)
    try:
        _prove(request, account)
        set_password(account, request.POST.get("new", ""), request.POST.get("again", ""), account)
    except (WrongPasswordError, WeakPasswordError, PasswordsDifferError) as error:
        return _show(request, error.status, wrong={"old" if isinstance(error, WrongPasswordError) else "new": language.error(error)})
    tell(account, "convene.mail.told_password", language)
    renew(request, account)
    return _go("password")


@signed_in("POST")
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign one browser out, or all but this one."""
    account, number = _account(request), read_number(request.POST.get("one"))
    if number is not None:
        sessions.end(account, number)
    elif request.POST.get("all") == "1":
        sessions.end_all(account, but=str(request.session.session_key))
    else:
        raise BadRequestError(found="-", needed="one / all")
    return _go("ended")


@signed_in("POST")
@recently
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token for a program, and show it once."""
    days = request.POST.get("days", "")
    if days not in _DAYS:
        raise BadRequestError(found=days[:20], needed=" / ".join(filter(None, _DAYS)))
    made, token = tokens.make_token(_account(request), request.POST.get("name", ""), _DAYS[days])
    return show(request, "convene/token.html", {"page": "convene", "made": made, "token": token})


@signed_in("POST")
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Make a token worth nothing."""
    number = read_number(request.POST.get("one"))
    if number is None:
        raise BadRequestError(found="-", needed="one")
    tokens.revoke_token(_account(request), number)
    return _go("revoked")


@signed_in("GET", "POST")
def delete(request: HttpRequest) -> HttpResponse:
    """Delete the account, after a page that says what goes with it."""
    return _delete(request)


@recently
def _delete(request: HttpRequest) -> HttpResponse:
    account, language, sentence = _account(request), reader_language(request), ""
    if request.method == "POST":
        try:
            delete_account(account)
        except LastOwnerError as error:
            sentence = language.error(error)
        else:
            logout(request)
            return HttpResponseRedirect(reverse("home"), status=303)
    alone = [{"slug": one.slug, "topic": wording(one, language.code).topic or one.slug} for one in sole_owner_of(account)]
    values = {"page": "convene", "alone": alone, "sentence": sentence, "name": account.get_username()}
    return show(request, "convene/delete_account.html", values, status=409 if sentence else 200)


def _show(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    account, language = _account(request), reader_language(request)
    unknown = language.text("convene.account.unknown_device")
    here = request.session.session_key
    places = [
        {"number": one.pk, "device": device_name(one.device) or unknown, "seen": stamp(one.seen), "here": one.session_key == here}
        for one in sessions.sessions_of(account)
    ]
    values = {
        "page": "account",
        "account": account,
        "has_password": account.has_usable_password(),
        "second_step": is_on(account),
        "places": places,
        "tokens": [
            {"number": one.pk, "name": one.name, "until": stamp(one.expires), "used": stamp(one.used)} for one in tokens.tokens_of(account)
        ],
        "days": [one for one in _DAYS if one],
        "memberships": _memberships(account, language.code),
        "outside": account.outside_identities.values_list("issuer", flat=True),
        "shortest": shortest(),
        **context,
    }
    return show(request, "convene/account.html", values, status=status)


def _prove(request: HttpRequest, account: User) -> None:
    """Ask for the old password; who has none must have signed in within the hour."""
    has_one = account.has_usable_password()
    if not (is_proof_of(request, account, request.POST.get("old", "")) if has_one else is_recent(request)):
        raise WrongPasswordError


def _memberships(account: User, code: str) -> list[dict[str, str]]:
    found = account.memberships.select_related("conversation").order_by("-conversation__created", "-pk")
    return [
        {"slug": one.conversation.slug, "topic": wording(one.conversation, code).topic, "role": f"convene.role.{one.role}"} for one in found
    ]


def _account(request: HttpRequest) -> User:
    return cast(User, request.user)


def _go(done: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('convene-account')}?done={done}", status=303)
