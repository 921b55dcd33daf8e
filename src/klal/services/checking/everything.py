"""Look at everything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from klal.services.checking import settings
from klal.services.checking.finding import Finding, doubtful
from klal.store.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look at besides the settings.

    Attributes
    ----------
    host, port : str, int
        Where klal is to listen.
    recipient : str
        Who gets a mail for a trial; empty for none.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    recipient: str = ""


def look(environment: Mapping[str, str], wish: Wish) -> Iterator[Finding]:
    """Yield everything there is to say about this installation, as it is found.

    Parameters
    ----------
    environment : mapping of str to str
        The process's own.
    wish : Wish
        What to look at besides.
    """
    broken = list(settings.unreadable(environment))
    yield from broken
    yield from settings.unknown(environment)
    if broken:
        yield doubtful("rest")
        return
    yield from _opened(wish)


def _opened(wish: Wish) -> Iterator[Finding]:
    from klal.store.opening import open_store

    found = open_store()
    from klal.services.checking import around, store

    yield from settings.secret(found)
    yield from settings.names(found)
    yield from store.home(found)
    yield from around.certificate(found)
    yield from _database(found)
    yield from around.mail(found, wish.recipient)
    yield from around.provider(found)
    yield from around.port(found, wish.host, wish.port)
    yield from around.public_address(found)


def _database(found: Configuration) -> Iterator[Finding]:
    from django.db import connection

    from klal.services.checking import running, store

    findings = list(store.database(found))
    yield from findings
    codes = {one.code for one in findings}
    if not codes & {"database_none", "database_away", "database_newer", "database_older"}:
        yield from running.running(found)
    connection.close()
