"""``GET /c/<slug>/events``: listeners are told of every change, by server-sent events.

One poll asks for all conversations somebody listens to, and one message serves all listeners of a conversation. A listener holds no
queue: who reads slowly skips to the newest message. Messages go out shard by shard, and between shards votes have their turn.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any, Protocol, TypeVar

from klal.domain.limits import Limit
from klal.domain.live import LiveCounts, Pulse
from klal.errors import BusyError, RefusedError, TooManyHereError, UnknownConversationError, WrongMethodError
from klal.intake.asgi import Headers, Message, Receive, Scope, Send, reader_language, send_error
from klal.intake.checks import HostCheck
from klal.intake.forwarded import client_address
from klal.store.configuration import Configuration

POLL_SECONDS = 0.25
HEARTBEAT_SECONDS = 15.0
AWAY_SECONDS = 1.0
"""Before an absent database is asked again."""
LISTENERS = 20_000
SHARD = 100
_jitter = Random()  # noqa: S311 - spreads reconnecting browsers, keeps no secret
_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")

_HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)
_HEARTBEAT: Message = {"type": "http.response.body", "body": b":\n\n", "more_body": True}
_END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


class Source(Protocol):
    """What the hub needs of ``LiveSource``; called in one thread."""

    def pulses(self, slugs: Iterable[str]) -> dict[str, Pulse]:
        """Return the state of conversations by address."""

    def counts(self, conversation_id: int) -> LiveCounts:
        """Return the counts of a conversation's newest snapshot."""

    def close(self) -> None:
        """Give the connection back."""


class _Shard:
    """Some listeners of a conversation, woken together."""

    __slots__ = ("event", "listeners")

    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.listeners = 0

    def wake(self) -> None:
        event, self.event = self.event, asyncio.Event()
        event.set()


class _Channel:
    """One conversation and its listeners."""

    def __init__(self) -> None:
        self.shards: list[_Shard] = []
        self.message: Message | None = None
        self.pulse: Pulse | None = None
        self.counts = LiveCounts(0, 0, 0)
        self.spoken = 0.0

    @property
    def listeners(self) -> int:
        return sum(shard.listeners for shard in self.shards)

    def enter(self) -> _Shard:
        for shard in self.shards:
            if shard.listeners < SHARD:
                break
        else:
            shard = _Shard()
            self.shards.append(shard)
        shard.listeners += 1
        return shard

    def leave(self, shard: _Shard) -> None:
        shard.listeners -= 1
        if not shard.listeners:
            self.shards.remove(shard)

    async def speak(self) -> None:
        """Wake all listeners, one shard after the other."""
        self.spoken = time.monotonic()
        for shard in list(self.shards):
            shard.wake()
            await asyncio.sleep(0)


class EventHub:
    """Serves listeners.

    Parameters
    ----------
    hosts : HostCheck
        The server's names.
    source : Source
        The store: ``klal.store.live.LiveSource``.
    configuration : Configuration
        For the proxies that are believed, and how many listeners one address may have.
    listeners : int
        Most at once; more are told to come back.

    Attributes
    ----------
    on_arrival : callable
        Called whenever a listener comes.
    """

    def __init__(self, hosts: HostCheck, source: Source, configuration: Configuration, *, listeners: int = LISTENERS) -> None:
        self.on_arrival: Callable[[], None] = lambda: None
        self._hosts, self._most = hosts, listeners
        self._configuration, self._most_each = configuration, configuration.guards.limits[Limit.LISTENERS].burst
        self._of_address: Counter[str] = Counter()
        self._source = source
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="klal-events")
        self._channels: dict[str, _Channel] = {}
        self._watching: asyncio.Task[None] | None = None
        self._listeners = 0
        self._closed = False

    @property
    def listeners(self) -> int:
        """Return how many listen at this moment."""
        return self._listeners

    async def __call__(self, scope: Scope, receive: Receive, send: Send, slug: str) -> None:
        """Serve one listener until it leaves."""
        headers: Headers = dict(scope["headers"])
        try:
            self._hosts.check(headers)
            if scope["method"] != "GET":
                raise WrongMethodError(found=scope["method"], allow="GET")
            address = client_address(headers, (scope.get("client") or ("",))[0], self._configuration)
            self._check_room(address)
            channel = await self._channel(slug)
        except (RefusedError, BusyError) as error:
            await send_error(send, error, reader_language(headers))
            return
        del headers
        self._listeners += 1
        self._of_address[address] += 1
        self.on_arrival()
        try:
            await self._serve(channel, receive, send)
        finally:
            self._listeners -= 1
            self._of_address[address] -= 1
            if not self._of_address[address]:
                del self._of_address[address]

    def _check_room(self, address: str) -> None:
        if self._closed or self._listeners >= self._most:
            raise BusyError(seconds=30)
        if self._most_each and self._of_address[address] >= self._most_each:
            raise TooManyHereError(seconds=30)

    def close(self) -> None:
        """Let every listener go; browsers come back by themselves. Nothing happens the second time."""
        if self._closed:
            return
        self._closed = True
        for channel in self._channels.values():
            for shard in channel.shards:
                shard.wake()
        if self._watching is not None:
            self._watching.cancel()
        self._thread.submit(self._source.close)
        self._thread.shutdown(wait=False)

    async def _serve(self, channel: _Channel, receive: Receive, send: Send) -> None:
        shard = channel.enter()
        heard: Message | None = None
        try:
            await receive()  # the request itself; a GET has no body
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await send({"type": "http.response.body", "body": b"retry: %d\n\n" % _jitter.randint(1500, 4500), "more_body": True})
            while not self._closed and not _has_left(receive):
                event = shard.event
                if channel.message is not heard:
                    heard = channel.message
                    await send(heard or _HEARTBEAT)
                elif await event.wait() and channel.message is heard and not self._closed:
                    await send(_HEARTBEAT)
            await send(_END)
        finally:
            channel.leave(shard)

    async def _channel(self, slug: str) -> _Channel:
        channel = self._channels.get(slug)
        if channel is None:
            pulse = (await self._ask(self._source.pulses, [slug])).get(slug)
            if pulse is None:
                raise UnknownConversationError(slug=slug)
            channel = self._channels.setdefault(slug, _Channel())
            await self._look(channel, pulse)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._watch())
        return channel

    async def _watch(self) -> None:
        """Look for changes while anybody listens."""
        idle_since = time.monotonic()
        while self._channels and not self._closed:
            await asyncio.sleep(POLL_SECONDS)
            now = time.monotonic()
            if self._listeners:
                idle_since = now
            elif now - idle_since > HEARTBEAT_SECONDS:
                self._channels.clear()
                return
            try:
                await self._look_at_all()
            except BusyError:
                await asyncio.sleep(AWAY_SECONDS)
            except Exception:  # noqa: BLE001 - listeners go on, and the log says what happened
                _log.exception("listeners could not be told")
                await asyncio.sleep(AWAY_SECONDS)

    async def _look_at_all(self) -> None:
        pulses = await self._ask(self._source.pulses, list(self._channels))
        for slug, channel in list(self._channels.items()):
            if slug in pulses:
                await self._look(channel, pulses[slug])
            if time.monotonic() - channel.spoken > HEARTBEAT_SECONDS:
                await channel.speak()

    async def _look(self, channel: _Channel, pulse: Pulse) -> None:
        """Tell a conversation's listeners if there is something to tell."""
        before = channel.pulse
        if before is not None and (pulse.revision, pulse.snapshot) == (before.revision, before.snapshot):
            return
        if before is None or pulse.snapshot != before.snapshot:
            channel.counts = await self._ask(self._source.counts, pulse.id)
        channel.pulse, channel.message = pulse, _message(pulse, channel.counts)
        await channel.speak()

    async def _ask(self, question: Callable[..., _Found], *facts: Any) -> _Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, *facts)


def _message(pulse: Pulse, counts: LiveCounts) -> Message:
    data = {
        "snapshot": pulse.snapshot,
        "revision": pulse.revision,
        "participants": counts.participants,
        "statements": counts.statements,
        "votes": counts.votes,
    }
    body = f"event: snapshot\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode("ascii")
    return {"type": "http.response.body", "body": body, "more_body": True}


def _has_left(receive: Receive) -> bool:
    """Say whether a listener's browser has closed the connection, without waiting for it: a task to wait would cost more than the rest."""
    step = receive().__await__()
    try:
        next(step)
    except StopIteration as end:
        return bool(end.value["type"] == "http.disconnect")
    step.close()
    return False
