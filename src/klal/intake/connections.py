"""Connections that take without giving: heads without end, requests that never arrive whole, answers that nobody reads.

Uvicorn bounds neither a request's head nor the time it takes, and keeps an answer for as long as the connection lives. One look at all
connections now and then costs nothing on the way of a vote, unlike a timer for each.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES = 256 * 1024
"""Of address and headers, as far as they have come; beyond that nothing of ours needs them."""
MOST_BYTES = 16 * 1024 * 1024
"""Of a whole request that has been refused already: as long as it is read, its sender can be told why."""
SECONDS = 60.0
"""For a request to arrive whole, the first one from the connection's beginning on, and for an answer to be read on."""


class Connection(HttpToolsProtocol):
    """Uvicorn's connection, with bounds on what comes and on how long it takes."""

    def __init__(self, *facts: Any, **more: Any) -> None:
        super().__init__(*facts, **more)
        self._taken, self._is_in_head = 0, True
        self.waits_since: float | None = time.monotonic()
        self.unread_since: float | None = None

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_in_head, self.waits_since = True, time.monotonic()

    def on_headers_complete(self) -> None:
        """Go on with the body."""
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Have all of a request."""
        self._taken, self.waits_since = 0, None
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is more than any request needs."""
        if self.waits_since is None:
            self.waits_since = time.monotonic()
        self._taken += len(data)
        if self._taken > MOST_BYTES:
            self.transport.abort()
        elif self._is_in_head and self._taken > MOST_HEAD_BYTES:
            self.send_400_response("The head of this request is too long.")
        else:
            super().data_received(data)

    def pause_writing(self) -> None:
        """Note that nobody reads."""
        self.unread_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that somebody reads on."""
        self.unread_since = None
        super().resume_writing()

    def is_stuck(self, now: float) -> bool:
        """Say whether the other side has kept this connection waiting for too long."""
        return any(since is not None and now - since > SECONDS for since in (self.waits_since, self.unread_since))


def drop_stuck(connections: Iterable[asyncio.Protocol]) -> None:
    """End the connections whose other side does not go on."""
    now = time.monotonic()
    for one in list(connections):
        if isinstance(one, Connection) and one.is_stuck(now):
            one.transport.abort()
