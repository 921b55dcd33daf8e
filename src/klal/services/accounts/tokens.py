"""Tokens by which a program acts for an account through the API."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from klal.domain.language import printable
from klal.errors import BadRequestError
from klal.services.accounts.keyed import LONGEST, digest, digests, new_secret
from klal.services.auditing import note_act
from klal.store.models import AccessToken

PREFIX = "klal_"
"""What every token begins with, so that one which got into the open is recognised."""
LONGEST_NAME, MOST = 80, 50
_USED_EVERY = timedelta(minutes=10)


def make_token(account: User, name: str, days: int | None) -> tuple[AccessToken, str]:
    """Make a token.

    Parameters
    ----------
    account : User
        For whom it acts, with all the account's roles.
    name : str
        What it is for, in its owner's words.
    days : int or None
        How long it is valid; None for as long as it stands in the list.

    Returns
    -------
    AccessToken
        As stored: a keyed hash.
    str
        The token itself, which nobody can read again.

    Raises
    ------
    BadRequestError
        If it has no name, or the account has too many.
    """
    plain = " ".join(printable(name).split())[:LONGEST_NAME]
    if not plain or account.access_tokens.count() >= MOST:
        raise BadRequestError(found=plain or "-", needed=f"1 - {LONGEST_NAME}" if not plain else f"<= {MOST}")
    token = PREFIX + new_secret()
    expires = timezone.now() + timedelta(days=days) if days is not None else None
    with transaction.atomic():
        made = AccessToken.objects.create(account=account, name=plain, digest=digest("token", token), expires=expires)
        note_act("token_made", account, subject=f"token:{made.pk}", name=plain)
    return made, token


def account_of_token(token: str) -> User | None:
    """Return whom a token acts for; None if it is nobody's, too old, or its account is shut.

    Parameters
    ----------
    token : str
        As a program sent it; anything.
    """
    if not token.startswith(PREFIX) or len(token) > LONGEST:
        return None
    now = timezone.now()
    valid = AccessToken.objects.filter(Q(expires=None) | Q(expires__gt=now), account__is_active=True)
    found = valid.filter(digest__in=digests("token", token)).select_related("account").first()
    if found is None:
        return None
    if found.used is None or found.used < now - _USED_EVERY:
        AccessToken.objects.filter(pk=found.pk).update(used=now)
    return found.account


def tokens_of(account: User) -> QuerySet[AccessToken]:
    """Return an account's tokens, the newest first."""
    return AccessToken.objects.filter(account=account).order_by("-pk")


def revoke_token(account: User, number: int) -> None:
    """Make a token worth nothing; it is no fault if it is that already."""
    with transaction.atomic():
        found = AccessToken.objects.filter(account=account, pk=number).first()
        if found is not None:
            found.delete()
            note_act("token_revoked", account, subject=f"token:{number}", name=found.name)
