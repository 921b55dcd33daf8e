"""What Django would have checked, checked on the hot path: host, origin, cookie, and how much one participant sends."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from urllib.parse import urlsplit

from django.http.request import split_domain_port, validate_host

from klal.domain.identity import CHANNEL_COOKIE, Identity, channel_code, cookie_names, from_cookie
from klal.errors import BadIdentityError, BadRequestError, ForeignOriginError, TooManyError
from klal.intake.asgi import Headers

_REMEMBERED = 20_000
_CHANNEL_NAME = CHANNEL_COOKIE.encode("ascii") + b"="


class HostCheck:
    """Whether a request came under one of the server's own names, by Django's rule.

    Parameters
    ----------
    hosts : sequence of str
        As in ``ALLOWED_HOSTS``.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        @lru_cache(maxsize=256)
        def is_own(host: bytes) -> bool:
            return validate_host(split_domain_port(host.decode("latin-1"))[0], list(hosts))

        self._is_own = is_own

    def check(self, headers: Headers) -> None:
        """Refuse a request under a foreign name.

        Raises
        ------
        BadRequestError
            If the host is not one of the server's.
        """
        host = headers.get(b"host", b"")
        if not self._is_own(host[:300]):
            raise BadRequestError(found=f"the host {host[:80].decode('latin-1') or '-'}", needed="one of KLAL_HOSTS")


def check_origin(headers: Headers, *, https: bool) -> None:
    """Refuse what another site's page sends in the name of whoever reads it.

    Browsers name the origin of everything a page sends; who names none is no page, or an old browser whose cookie ``SameSite`` holds back.

    Parameters
    ----------
    headers : mapping of bytes to bytes
        Of the request.
    https : bool
        Whether browsers reach the server by https.

    Raises
    ------
    ForeignOriginError
        If the request is not known to come from the server's own pages.
    """
    origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
    if origin is not None:
        if not _is_origin_of(origin[:300], headers.get(b"host", b"")[:300], https=https):
            raise ForeignOriginError(found=origin[:80].decode("latin-1"))
    elif site != b"same-origin":
        raise ForeignOriginError(found=(site or b"-")[:80].decode("latin-1"))


@lru_cache(maxsize=256)
def _is_origin_of(origin: bytes, host: bytes, *, https: bool) -> bool:
    try:
        named = urlsplit(origin.decode("latin-1"))
        own = urlsplit(f"{named.scheme}://{host.decode('latin-1')}")
        usual = 443 if named.scheme == "https" else 80
        same = (named.hostname, named.port or usual) == (own.hostname, own.port or usual)
    except ValueError:
        return False
    return same and named.scheme in ({"https"} if https else {"http", "https"})


class CookieCheck:
    """Who a browser is, by its signed cookie; those seen last are remembered, so that a signature is checked once.

    Parameters
    ----------
    *secrets : str
        The instance's secret key, and those it had before.
    https : bool
        Whether browsers come by https.
    """

    def __init__(self, *secrets: str, https: bool = False) -> None:
        self._names = tuple(name.encode("ascii") + b"=" for name in cookie_names(https=https))

        @lru_cache(maxsize=_REMEMBERED)
        def identify(value: bytes, slug: str) -> Identity | None:
            return from_cookie(value.decode("latin-1"), slug, *secrets)

        self._identify = identify

    def identify(self, headers: Headers, slug: str) -> Identity:
        """Return who sends a request.

        Raises
        ------
        BadIdentityError
            If there is no cookie that klal signed for this conversation.
        """
        parts = [part.strip() for part in headers.get(b"cookie", b"").split(b";")]
        for name in self._names:
            for part in parts:
                identity = self._identify(part[len(name) : len(name) + 200], slug) if part.startswith(name) else None
                if identity is not None:
                    return identity
        raise BadIdentityError


def channel_of(headers: Headers) -> str:
    """Return the code of the link a browser came by; empty if it came by none, or does not say."""
    _, found, rest = headers.get(b"cookie", b"").partition(_CHANNEL_NAME)
    return channel_code(rest.partition(b";")[0].strip()[:100].decode("latin-1")) if found else ""


class RateLimit:
    """How much one participant, or one address, may send: a store of so many that fills up again by so many a second. For any thread.

    Parameters
    ----------
    burst : int
        Votes at once: a day on which a phone was offline.
    per_second : float
        Votes a second after that.
    error : type of TooManyError
        What is raised.
    """

    def __init__(self, burst: int = 200, per_second: float = 20.0, *, error: type[TooManyError] = TooManyError) -> None:
        self._burst, self._per_second, self._error = burst, per_second, error
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, votes: int) -> None:
        """Count some votes of a participant, or what else is counted, of an address.

        Raises
        ------
        TooManyError
            If it is too much; these votes do not count then.
        """
        now, cost = time.monotonic(), max(votes, 1)
        with self._lock:
            left, since = self._left.get(key, (float(self._burst), now))
            left = min(self._burst, left + (now - since) * self._per_second)
            enough = left >= cost
            self._left[key] = (left - cost if enough else left), now
            self._left.move_to_end(key)
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        if not enough:
            raise self._error(seconds=1 + int((cost - left) / self._per_second))
