"""Whose account it is that another service (an OpenID Connect provider) vouches for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from klal.errors import AccountTakenError, BadAccountNameError, UnknownOutsideError
from klal.services.accounts.creating import account_with_address, create_account
from klal.services.auditing import note_act
from klal.store.models import OutsideIdentity

_LONGEST = 256


def account_of_outside(claims: Mapping[str, Any], service: str, *, is_open: bool) -> User:
    """Return the account of somebody another service knows.

    It is the one they came to before; else the one with the mail address that the service has confirmed as theirs; else, where the
    host wants that, a new one.

    Parameters
    ----------
    claims : mapping
        Of the ID token, checked: ``iss``, ``sub`` and what else the service tells.
    service : str
        What the service is called, for the refusal.
    is_open : bool
        Whether everybody whom the service knows may have an account.

    Raises
    ------
    UnknownOutsideError
        If there is none for them, or it is shut.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    if max(len(issuer), len(subject)) > _LONGEST:
        raise UnknownOutsideError(service=service)
    known = OutsideIdentity.objects.filter(issuer=issuer, subject=subject).select_related("account").first()
    account = known.account if known is not None else _joined(claims, issuer, subject, is_open=is_open)
    if account is None or not account.is_active:
        raise UnknownOutsideError(service=service)
    return account


def _joined(claims: Mapping[str, Any], issuer: str, subject: str, *, is_open: bool) -> User | None:
    """Return the account that somebody who comes for the first time has from now on."""
    address = str(claims.get("email") or "") if claims.get("email_verified") is True else ""
    try:
        with transaction.atomic():
            account = (account_with_address(address) if address else None) or (_new(claims, address) if is_open else None)
            if account is not None:
                OutsideIdentity.objects.create(account=account, issuer=issuer, subject=subject)
                note_act("outside_joined", account, subject=f"account:{account.pk}", service=issuer)
            return account
    except IntegrityError:  # two tabs at once: the other one was quicker
        known = OutsideIdentity.objects.filter(issuer=issuer, subject=subject).select_related("account").first()
        return known.account if known is not None else None


def _new(claims: Mapping[str, Any], address: str) -> User:
    """Make an account under the first of somebody's names that is free and can be one."""
    told = [str(claims.get(name) or "") for name in ("preferred_username", "name", "nickname")]
    plain = [re.sub(r"[^\w .'-]", " ", one.partition("@")[0])[:50].strip(" .'-_") for one in (*told, address)]
    for name in (*filter(None, plain), *(f"{one} {number}" for one in filter(None, plain) for number in range(2, 9))):
        try:
            return create_account(name, address)
        except (AccountTakenError, BadAccountNameError):
            continue
    return create_account(f"{claims['sub']}"[-20:].strip(" .'-_") or "account", address)
