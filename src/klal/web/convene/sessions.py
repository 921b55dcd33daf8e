"""Signed-in browsers: what is noted when one signs in, how long it stays signed in, and how long ago its owner proved who they are."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klal.services.accounts.sessions import forget, remember, seen
from klal.store.opening import configuration

BACKEND = "django.contrib.auth.backends.ModelBackend"
SHARED = timedelta(hours=12)
"""How long a browser that others use too stays signed in, whatever is done with it."""
RECENT_SECONDS = 60 * 60
_SEEN_EVERY = 15 * 60
_KNOWN, _KNOWN_SALT, _KNOWN_SECONDS = "klal-known", "klal.known-browser", 400 * 24 * 60 * 60
_ENTERED, _SEEN = "entered", "seen"


def enter(request: HttpRequest, account: User, *, shared: bool) -> None:
    """Sign a browser in, under a new session key."""
    login(request, account, backend=BACKEND)
    if shared:
        request.session.set_expiry(timezone.now() + SHARED)  # a date: it does not move with what is done


def note_sign_in(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """Note a browser that signed in, whichever way: connected to Django's signal."""
    del sender
    request.session[_ENTERED] = request.session[_SEEN] = int(time.time())
    if request.session.session_key is None:
        request.session.create()
    remember(user, str(request.session.session_key), request.META.get("HTTP_USER_AGENT", ""))


def note_sign_out(sender: Any, request: HttpRequest, user: User | None, **_: Any) -> None:
    """Forget a browser that signed out: connected to Django's signal."""
    del sender, user
    if request.session.session_key:
        forget(request.session.session_key)


def keep_alive(request: HttpRequest) -> None:
    """Let the time until a browser is signed out begin anew; noted every quarter of an hour at most."""
    now = int(time.time())
    if now - int(request.session.get(_SEEN, 0)) < _SEEN_EVERY:
        return
    if request.session.session_key:
        seen(request.session.session_key)
    request.session[_SEEN] = now


def renew(request: HttpRequest, account: User) -> None:
    """Keep this browser signed in under a new key after its owner's password was changed, which signed all of them out."""
    update_session_auth_hash(request, account)
    remember(account, str(request.session.session_key), request.META.get("HTTP_USER_AGENT", ""))


def is_recent(request: HttpRequest) -> bool:
    """Say whether whoever is signed in proved within the hour who they are."""
    return time.time() - float(request.session.get(_ENTERED, 0)) < RECENT_SECONDS


def mark_recent(request: HttpRequest) -> None:
    """Note that they have just proved it again."""
    request.session[_ENTERED] = int(time.time())


def make_known(response: HttpResponse, account: User) -> None:
    """Let a browser remember that an account was signed in with it, so that guessing elsewhere does not slow its owner down here."""
    response.set_cookie(
        _KNOWN,
        signing.dumps(account.pk, salt=_KNOWN_SALT),
        max_age=_KNOWN_SECONDS,
        path="/convene/",
        httponly=True,
        samesite="Lax",
        secure=configuration().https,
    )


def is_known(request: HttpRequest, account: User) -> bool:
    """Say whether an account was signed in with this browser before."""
    try:
        found = signing.loads(request.COOKIES.get(_KNOWN, ""), salt=_KNOWN_SALT, max_age=_KNOWN_SECONDS)
    except signing.BadSignature:
        return False
    return bool(found == account.pk)
