"""How often somebody may try a password: guessing is slow, and one guess at a time, because checking one keeps a processor busy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.http import HttpRequest

from klal.errors import BusyError
from klal.intake.checks import RateLimit
from klal.intake.forwarded import limit_key

ATTEMPTS, SECONDS_EACH = 10, 15.0
ACCOUNT_ATTEMPTS, ACCOUNT_SECONDS_EACH = 20, 10.0
LINKS, LINK_SECONDS_EACH = 3, 300.0
MAILS, MAIL_SECONDS_EACH = 40, 60.0
_BUSY_SECONDS = 2


class Door:
    """Lets browsers try passwords: so many from one address and for one account, then one every so many seconds.

    Nobody is locked out: who guesses slows down those who try the same account from browsers it was never used with, by seconds.

    Parameters
    ----------
    patience : float
        Seconds that a password waits for another one to be checked.
    """

    def __init__(self, patience: float = 2.0) -> None:
        self._limit, self._counting = RateLimit(ATTEMPTS, 1 / SECONDS_EACH), Lock()
        self._accounts = RateLimit(ACCOUNT_ATTEMPTS, 1 / ACCOUNT_SECONDS_EACH)
        self._links = RateLimit(LINKS, 1 / LINK_SECONDS_EACH)
        self._senders = RateLimit(MAILS, 1 / MAIL_SECONDS_EACH)
        self._checking, self._patience = Lock(), patience

    def ask(self, request: HttpRequest, mail_address: str) -> None:
        """Count that a browser wants a mail sent to somebody, whoever has the address.

        Raises
        ------
        TooManyError
            If it wants too many, or too many are wanted for that address.
        """
        with self._counting:
            self._limit.spend(address_of(request), 1)
            if mail_address:
                self._links.spend(mail_address.casefold(), 1)

    def post(self, mail_address: str, sender: int) -> None:
        """Count that somebody who is signed in has a mail sent to somebody else.

        Raises
        ------
        TooManyError
            If they have sent too many, or too many were sent to that address.
        """
        with self._counting:
            self._senders.spend(str(sender), 1)
            if mail_address:
                self._links.spend(mail_address.casefold(), 1)

    @contextmanager
    def attempt(self, request: HttpRequest, account: str = "") -> Iterator[None]:
        """Check a password inside.

        Parameters
        ----------
        request : HttpRequest
            That brings it.
        account : str
            Whose password it is to be, whether or not there is such an account.

        Raises
        ------
        TooManyError
            If its address has tried too often, or too many have tried the account.
        BusyError
            If other passwords are being checked.
        """
        with self._counting:
            self._limit.spend(address_of(request), 1)
            if account:
                self._accounts.spend(account, 1)
        if not self._checking.acquire(timeout=self._patience):
            raise BusyError(seconds=_BUSY_SECONDS)
        try:
            yield
        finally:
            self._checking.release()


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from, as limits know it; `klal.web.middleware.Proxies` has asked the proxies."""
    return limit_key(request.META.get("REMOTE_ADDR", ""))


door = Door()
"""This process's."""
