"""Check passwords and codes that a page was sent: slowly, for each address and each account."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q
from django.http import HttpRequest

from klal.domain.language import printable
from klal.services.accounts.passwords import account_by_password
from klal.services.accounts.second_step import is_on, is_right
from klal.store.opening import configuration
from klal.web.convene.sessions import is_known
from klal.web.door import door

LONGEST_NAME, LONGEST_SECRET = 200, 1_000


def account_by_form(request: HttpRequest) -> User | None:
    """Return whose name and password a form holds.

    Raises
    ------
    TooManyError, BusyError
        If the browser's address, or anybody for this account, has tried too often.
    """
    name = typed_name(request)
    found = User.objects.filter(Q(username__iexact=name) | Q(email__iexact=name)).exclude(username="").first() if name else None
    with door.attempt(request, _counted(request, found, name)):
        return account_by_password(found.username if found else name, request.POST.get("password", "")[:LONGEST_SECRET])


def typed_name(request: HttpRequest) -> str:
    """Return the name a form holds, cut to a length."""
    return printable(request.POST.get("name", ""))[:LONGEST_NAME]


def is_code_of(request: HttpRequest, account: User, code: str) -> bool:
    """Say whether a code is an account's.

    Raises
    ------
    TooManyError, BusyError
        As `account_by_form`.
    """
    with door.attempt(request, _counted(request, account, "")):
        return is_right(account, code)


def is_proof_of(request: HttpRequest, account: User, secret: str) -> bool:
    """Say whether a password, or a code of the second step, is an account's.

    Raises
    ------
    TooManyError, BusyError
        As `account_by_form`.
    """
    with door.attempt(request, _counted(request, account, "")):
        if account.has_usable_password() and account_by_password(account.get_username(), secret[:LONGEST_SECRET]) == account:
            return True
        return is_on(account) and is_right(account, secret)


def home_of(request: HttpRequest) -> str:
    """Return the server's address as people reach it, for links."""
    return configuration().url or f"{request.scheme}://{request.get_host()}"


def _counted(request: HttpRequest, account: User | None, name: str) -> str:
    """Return under what name tries are counted: a browser its owner has used before is counted apart from all others."""
    if account is None:
        return f"name:{name.casefold()}"
    return f"known:{account.pk}" if is_known(request, account) else f"account:{account.pk}"
