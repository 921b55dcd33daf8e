"""The page an invitation leads to: accept it, with the account one has or with a new one."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from klal.errors import AccountTakenError, BadAccountNameError, PasswordsDifferError, WeakPasswordError
from klal.services.accounts import colleagues
from klal.services.accounts.passwords import check_new, shortest
from klal.services.taking_part import wording
from klal.store.models import Invitation
from klal.store.opening import configuration
from klal.web.convene.checking import typed_name
from klal.web.convene.sessions import enter, make_known
from klal.web.door import door
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import methods


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest) -> HttpResponse:
    """Say who invites to what; nothing is accepted but by a button."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    found = colleagues.find_invitation(token)
    if request.method != "POST":
        return _show(request, found, token)
    if request.user.is_authenticated:
        conversation = colleagues.accept(token, request.user)
        return HttpResponseRedirect(f"/convene/c/{conversation.slug}/", status=303)
    return _set_up(request, found, token)


def _set_up(request: HttpRequest, found: Invitation, token: str) -> HttpResponse:
    """Make an account for who has none, and accept with it."""
    name, typed = typed_name(request), request.POST.get("password", "")
    try:
        with door.attempt(request):
            password = check_new(typed, request.POST.get("again", ""), User(username=name, email=found.email))
            # the link is shown to nobody where mail is sent, so that who has it reads the mail of that address
            account, conversation = colleagues.accept_anew(token, name, password, is_proved=configuration().sends_mail)
    except (AccountTakenError, BadAccountNameError) as error:
        return _show(request, found, token, error.status, name=name, name_sentence=reader_language(request).error(error))
    except (PasswordsDifferError, WeakPasswordError) as error:
        return _show(request, found, token, error.status, name=name, password_sentence=reader_language(request).error(error))
    enter(request, account, shared=False)
    response = HttpResponseRedirect(f"/convene/c/{conversation.slug}/", status=303)
    make_known(response, account)
    return response


def _show(request: HttpRequest, found: Invitation, token: str, status: int = 200, **context: Any) -> HttpResponse:
    here = f"{reverse('convene-invitation')}?token={quote(token)}"
    values = {
        "page": "convene",
        "token": token,
        "topic": wording(found.conversation, reader_language(request).code).topic or found.conversation.slug,
        "inviter": found.inviter.get_username() if found.inviter else "",
        "role": f"convene.role.{found.role}",
        "role_text": f"convene.role_text.{found.role}",
        "sign_in": f"{reverse('convene-sign-in')}?next={quote(here)}",
        "shortest": shortest(),
        **context,
    }
    return show(request, "convene/invitation.html", values, status=status)
