"""Ask who is signed in to prove it again, before something that cannot be taken back is done; what they sent is not lost."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast
from urllib.parse import quote

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from klal.errors import WrongPasswordError
from klal.services.accounts.second_step import is_on
from klal.web.convene.checking import is_proof_of
from klal.web.convene.sessions import is_recent, mark_recent
from klal.web.reader import reader_language
from klal.web.rendering import show

_FIELD = "again_secret"
_OURS = {_FIELD, "csrfmiddlewaretoken"}


def ask_again(request: HttpRequest) -> HttpResponse | None:
    """Return the page that asks for password or code and carries the form along; None where it need not, or was answered right.

    Raises
    ------
    TooManyError, BusyError
        If it was answered wrongly too often.
    """
    if request.method != "POST" or is_recent(request):
        return None
    account = cast(User, request.user)
    sentence = ""
    if _FIELD in request.POST:
        if is_proof_of(request, account, request.POST[_FIELD]):
            mark_recent(request)
            return None
        sentence = reader_language(request).error(WrongPasswordError())
    context = {
        "page": "convene",
        "address": request.get_full_path(),
        "carried": [(name, value) for name in request.POST if name not in _OURS for value in request.POST.getlist(name)],
        "sentence": sentence,
        "has_password": account.has_usable_password(),
        "has_second_step": is_on(account),
        "sign_in": f"{reverse('convene-sign-in')}?next={quote(request.path)}",
    }
    return show(request, "convene/again.html", context, status=HTTPStatus.FORBIDDEN if sentence else HTTPStatus.PRECONDITION_REQUIRED)
