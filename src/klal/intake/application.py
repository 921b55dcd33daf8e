"""The server as one ASGI application: votes, events and health here, every page in Django's WSGI application, in threads.

Django's asynchronous request path costs a thread hop for each middleware; in threads it is several times faster, and the votes do not
pass through it at all.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from a2wsgi import WSGIMiddleware

from klal.errors import BadRequestError, BusyError, NotServedHereError, RefusedError
from klal.intake.asgi import Application, Headers, Message, Receive, Scope, Send, read_body, reader_language, send_error
from klal.intake.checks import HostCheck
from klal.intake.endpoint import VoteEndpoint
from klal.intake.events import EventHub
from klal.intake.forwarded import client_address
from klal.intake.limits import shared_limits
from klal.intake.logs import note_request, requests
from klal.intake.measures import measures
from klal.intake.monitoring import PATHS, Monitoring
from klal.intake.writer import shared_writer, stop_shared_writer
from klal.store.configuration import Configuration
from klal.store.live import LiveSource

THREADS = 8
"""For pages: each has its own connection to the database."""
MOST_PAGES = 2_000
"""That may wait for a thread; some ten seconds' work, and who comes then is told to come back instead of waiting for longer."""
MOST_FORM_BYTES = 1024 * 1024
_ADDRESS = re.compile(r"/c/([-a-zA-Z0-9_]{1,64})/(votes|events)")


class Role(StrEnum):
    """What a process serves."""

    ALL = "all"
    WEB = "web"
    INTAKE = "intake"
    EVENTS = "events"

    def serves(self, part: Role) -> bool:
        """Say whether this role includes another."""
        return self in {Role.ALL, part}


class KlalApplication:
    """All that one process serves.

    Parameters
    ----------
    role : Role
        Its part; other addresses are answered with a clear 404.
    configuration : Configuration
        Of the instance.
    hosts : sequence of str
        Names under which the server may be called, as in ``ALLOWED_HOSTS``.
    pages : WSGI application or None
        Django; needed for the roles ``all`` and ``web``.
    """

    def __init__(self, role: Role, configuration: Configuration, hosts: Sequence[str], pages: Any = None) -> None:
        check = HostCheck(hosts)
        self._role, self._configuration = role, configuration
        self.events = EventHub(check, LiveSource(), configuration) if role.serves(Role.EVENTS) else None
        self._votes = VoteEndpoint(configuration, check, shared_writer(), shared_limits()) if role.serves(Role.INTAKE) else None
        self._pages: Application | None = WSGIMiddleware(pages, workers=THREADS) if role.serves(Role.WEB) else None  # type: ignore[assignment]

        gauges = {
            "listeners": ("Browsers that listen for changes", lambda: 0 if self.events is None else self.events.listeners),
            "ballots_waiting": ("Ballots that wait to be stored", lambda: 0 if self._votes is None else shared_writer().waiting),
            "pages_waiting": ("Pages that wait for a thread", self._waiting_pages),
        }
        self._monitoring = Monitoring(configuration.metrics_token, measures, gauges)
        self._is_logged = requests.isEnabledFor(logging.INFO)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or take part in starting and stopping."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._is_logged:
            await self._answer_and_log(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _ADDRESS.fullmatch(scope["path"])
        part = None if address is None else self._votes if address[2] == "votes" else self.events
        if address is not None and part is not None:
            await part(scope, receive, send, address[1])
        elif scope["path"] in PATHS:
            await self._monitoring(scope, send)
        elif address is None and self._pages is not None:
            await self._page(self._pages, scope, receive, send)
        else:
            await send_error(send, NotServedHereError(roles=self._role.value), reader_language(dict(scope["headers"])))

    async def _page(self, pages: Application, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to Django, its body read beforehand: a browser that sends slowly holds no thread."""
        # to WSGI a name with a low line is the same as one with a hyphen, and would pass for what only a proxy may say
        scope = {**scope, "headers": [one for one in scope["headers"] if b"_" not in one[0]]}
        headers: Headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"")
        try:
            self._check_room()
            if not scope["query_string"].isascii():
                raise BadRequestError(found="an address with bare letters", needed="percent signs")
            if b"transfer-encoding" in headers or (length.isdigit() and 0 < int(length[:20]) <= MOST_FORM_BYTES):
                body = await read_body(headers, receive, MOST_FORM_BYTES)
                await pages(scope, _Given(body, receive), send)
            else:
                await pages(scope, receive, send)  # no body, or one that Django refuses by its length
        except (RefusedError, BusyError) as error:
            await send_error(send, error, reader_language(headers))

    async def _answer_and_log(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and write a line on it; pages write their own, for Django knows their addresses with placeholders."""
        began, status = time.perf_counter(), 0

        async def note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._answer(scope, receive, note)
        finally:
            found = _ADDRESS.fullmatch(scope["path"])
            path = scope["path"] if found is None else f"/c/<slug>/{found[2]}"
            if found is not None or path in PATHS:
                address = self._address_of(scope) if self._configuration.log_addresses else ""
                note_request(scope["method"], path, status, time.perf_counter() - began, address)

    def _address_of(self, scope: Scope) -> str:
        return client_address(dict(scope["headers"]), (scope.get("client") or ("",))[0], self._configuration)

    def _check_room(self) -> None:
        if self._waiting_pages() >= MOST_PAGES:
            raise BusyError(seconds=5)

    def _waiting_pages(self) -> int:
        # those who wait for a thread are counted, not those who are slow to read what they were given
        return self._pages.executor._work_queue.qsize() if isinstance(self._pages, WSGIMiddleware) else 0

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def close(self) -> None:
        """Let listeners go and store every vote that waits."""
        if self.events is not None:
            self.events.close()
        await asyncio.to_thread(stop_shared_writer)


class _Given:
    """A body that has been read, as ASGI's ``receive``."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._message: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        message, self._message = self._message, None
        return await self._receive() if message is None else message
