"""The browsers an account is signed in with: seen and ended by its owner."""

from __future__ import annotations

import time
from datetime import timedelta

from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from klal.domain.language import printable
from klal.store.models import AccountLink, Invitation, SignIn

_LONGEST_DEVICE = 200
KEPT = timedelta(days=30)
"""How long links and invitations that are over are kept."""
_ROUND_SECONDS = 3_600.0
_next_round = 0.0


def remember(account: User, session_key: str, device: str) -> None:
    """Note that a browser is signed in."""
    name = printable(device)[:_LONGEST_DEVICE]
    SignIn.objects.update_or_create(session_key=session_key, defaults={"account": account, "device": name, "seen": timezone.now()})


def seen(session_key: str) -> None:
    """Note that a browser was used."""
    SignIn.objects.filter(session_key=session_key).update(seen=timezone.now())


def forget(session_key: str) -> None:
    """Forget a browser that signed out."""
    SignIn.objects.filter(session_key=session_key).delete()


def sessions_of(account: User) -> QuerySet[SignIn]:
    """Return the browsers that are signed in, the one used last first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return SignIn.objects.filter(account=account, session_key__in=alive).order_by("-seen", "-pk")


def end(account: User, number: int) -> bool:
    """Sign one browser of an account out; say whether there was one."""
    found = SignIn.objects.filter(account=account, pk=number).first()
    if found is not None:
        _end([found.session_key])
    return found is not None


def end_all(account: User, but: str = "") -> int:
    """Sign all browsers of an account out, but for one; return how many."""
    keys = list(SignIn.objects.filter(account=account).exclude(session_key=but).values_list("session_key", flat=True))
    _end(keys)
    return len(keys)


def forget_expired() -> None:
    """Remove sessions, links and invitations that are over, once an hour: a chore, safe in several processes at once."""
    global _next_round
    if time.monotonic() < _next_round:
        return
    _next_round = time.monotonic() + _ROUND_SECONDS
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    SignIn.objects.filter(made__lt=now - timedelta(minutes=10)).exclude(session_key__in=Session.objects.values("session_key")).delete()
    AccountLink.objects.filter(expires__lt=now - KEPT).delete()
    Invitation.objects.filter(expires__lt=now - KEPT).delete()


def _end(keys: list[str]) -> None:
    with transaction.atomic():
        Session.objects.filter(session_key__in=keys).delete()
        SignIn.objects.filter(session_key__in=keys).delete()
