"""How often somebody may try a password: guessing is slow, and one guess at a time, because checking one keeps a processor busy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from django.http import HttpRequest

from klal.errors import BusyError
from klal.intake.checks import RateLimit
from klal.store.opening import configuration

ATTEMPTS, SECONDS_EACH = 10, 15.0
_BUSY_SECONDS = 2


class Door:
    """Lets browsers try passwords: so many from one address, then one every so many seconds."""

    def __init__(self) -> None:
        self._limit, self._counting = RateLimit(ATTEMPTS, 1 / SECONDS_EACH), Lock()
        self._checking = Lock()

    @contextmanager
    def attempt(self, request: HttpRequest) -> Iterator[None]:
        """Check a password inside.

        Parameters
        ----------
        request : HttpRequest
            That brings it.

        Raises
        ------
        TooManyError
            If its address has tried too often.
        BusyError
            If another password is being checked.
        """
        with self._counting:
            self._limit.spend(address_of(request), 1)
        if not self._checking.acquire(blocking=False):
            raise BusyError(seconds=_BUSY_SECONDS)
        try:
            yield
        finally:
            self._checking.release()


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from: behind a proxy, which is where https ends, what that proxy says last."""
    forwarded = request.headers.get("X-Forwarded-For", "") if configuration().https else ""
    return forwarded.rpartition(",")[2].strip()[:64] or request.META.get("REMOTE_ADDR", "")


door = Door()
"""This process's."""
