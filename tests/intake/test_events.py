from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from klal.domain.limits import read_limits
from klal.domain.live import LiveCounts, Pulse
from klal.errors import BusyError
from klal.intake import events
from klal.intake.asgi import Message
from klal.intake.checks import HostCheck
from klal.intake.events import EventHub
from klal.store.configuration import Configuration
from klal.store.guards import Guards
from tests.intake.asgi import HOST, Answer, ask, http_scope
from tests.waiting import PATIENCE

HOSTS = HostCheck(["here.example"])


class FakeSource:
    """Conversations whose numbers a test turns."""

    def __init__(self) -> None:
        self.known = {"here": Pulse(1, 0, 0, 0)}
        self.numbers = LiveCounts(1, 2, 3)
        self.asked = self.counted = 0
        self.error: Exception | None = None
        self.counting_error: Exception | None = None
        self.closed = False

    def pulses(self, slugs: Iterable[str]) -> dict[str, Pulse]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return {slug: self.known[slug] for slug in slugs if slug in self.known}

    def counts(self, conversation_id: int) -> LiveCounts:
        self.counted += 1
        if self.counting_error is not None:
            raise self.counting_error
        return self.numbers

    def close(self) -> None:
        self.closed = True


class Listener:
    """A browser that listens."""

    def __init__(self, hub: EventHub, slug: str = "here", method: str = "GET", headers: dict[str, str] = HOST) -> None:
        self.answer = Answer()
        self.left = asyncio.Event()
        self.begun = False
        self.stuck: asyncio.Event | None = None
        scope = http_scope(method, f"/c/{slug}/events", headers)
        self.task = asyncio.create_task(hub(scope, self._receive, self._send, slug))

    async def _receive(self) -> Message:
        if not self.begun:
            self.begun = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self.stuck is not None:
            await self.stuck.wait()
        await self.answer.send(message)

    @property
    def heard(self) -> list[dict[str, int]]:
        lines = self.answer.body.decode().splitlines()
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    async def hears(self, count: int) -> list[dict[str, int]]:
        await until(lambda: len(self.heard) >= count)
        return self.heard


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.002)


CONFIGURATION = Configuration(home=Path(), guards=Guards(limits=read_limits("listeners=3/0")))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL_SECONDS", 0.005)


def play(scene: Callable[[EventHub, FakeSource], Awaitable[None]], **options: Any) -> FakeSource:
    """Run a scene with a hub, which is closed at the end."""
    source = FakeSource()

    async def run() -> None:
        hub = EventHub(HOSTS, source, CONFIGURATION, **options)
        await scene(hub, source)
        hub.close()
        hub.close()
        hub._thread.shutdown(wait=True)

    asyncio.run(run())
    return source


def test_a_listener_is_told_at_once_and_after_every_change() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        listener = Listener(hub)
        (first,) = await listener.hears(1)
        assert first == {"snapshot": 0, "revision": 0, "participants": 1, "statements": 2, "votes": 3}
        source.known["here"] = Pulse(1, 2, 1, 0)
        assert (await listener.hears(2))[1]["revision"] == 1
        source.numbers = LiveCounts(1, 2, 4)
        source.known["here"] = Pulse(1, 2, 1, 1)
        assert (await listener.hears(3))[2] == {"snapshot": 1, "revision": 1, "participants": 1, "statements": 2, "votes": 4}
        assert listener.answer.status == 200
        assert listener.answer.headers["content-type"].startswith("text/event-stream")
        assert listener.answer.body.startswith(b"retry: ")

    assert play(scene).closed


def test_what_could_not_be_told_at_once_is_told_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "AWAY_SECONDS", 0.01)

    async def scene(hub: EventHub, source: FakeSource) -> None:
        listener = Listener(hub)
        await listener.hears(1)
        source.counting_error = BusyError(seconds=2)
        source.known["here"] = Pulse(1, 1, 0, 1)
        counted = source.counted
        await until(lambda: source.counted > counted + 1)
        source.counting_error = None
        assert (await listener.hears(2))[1]["snapshot"] == 1

    play(scene)


def test_an_arrival_is_noticed() -> None:
    arrivals: list[int] = []

    async def scene(hub: EventHub, source: FakeSource) -> None:
        hub.on_arrival = lambda: arrivals.append(1)
        await Listener(hub).hears(1)
        refused = Listener(hub, method="POST")
        await until(lambda: refused.answer.status == 405)

    play(scene)
    assert arrivals == [1]


def test_votes_alone_are_told_with_the_next_snapshot() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        listener = Listener(hub)
        await listener.hears(1)
        source.known["here"] = Pulse(1, 5, 0, 0)
        asked = source.asked
        await until(lambda: source.asked > asked + 3)
        assert len(listener.heard) == 1
        assert source.counted == 1

    play(scene)


def test_all_listeners_of_a_conversation_cost_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SHARD", 10)

    async def scene(hub: EventHub, source: FakeSource) -> None:
        listeners = [Listener(hub) for _ in range(55)]
        await asyncio.gather(*(listener.hears(1) for listener in listeners))
        before = source.counted
        source.known["here"] = Pulse(1, 1, 1, 1)
        await asyncio.gather(*(listener.hears(2) for listener in listeners))
        assert source.counted == before + 1

    play(scene)


def test_who_reads_slowly_skips_to_the_newest() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        slow, quick_one = Listener(hub), Listener(hub)
        await asyncio.gather(slow.hears(1), quick_one.hears(1))
        slow.stuck = asyncio.Event()
        for snapshot in range(1, 6):
            source.known["here"] = Pulse(1, snapshot, 0, snapshot)
            await until(lambda: quick_one.heard[-1]["snapshot"] == snapshot)  # noqa: B023 - awaited at once
        slow.stuck.set()
        await until(lambda: slow.heard[-1]["snapshot"] == 5)
        assert len(slow.heard) < len(quick_one.heard)

    play(scene)


def test_who_leaves_is_forgotten_and_heartbeats_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.02)

    async def scene(hub: EventHub, source: FakeSource) -> None:
        stays, leaves = Listener(hub), Listener(hub)
        await asyncio.gather(stays.hears(1), leaves.hears(1))
        leaves.left.set()
        await leaves.task
        await until(lambda: b":\n\n" in stays.answer.body)
        stays.left.set()
        await stays.task
        assert hub._listeners == 0
        await until(lambda: not hub._channels)
        asked = source.asked
        await asyncio.sleep(0.05)
        assert source.asked == asked  # nobody listens, nobody asks
        again = Listener(hub)
        await again.hears(1)

    play(scene)


def test_closing_ends_every_stream() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        listeners = [Listener(hub) for _ in range(3)]
        await asyncio.gather(*(listener.hears(1) for listener in listeners))
        hub.close()
        await asyncio.gather(*(listener.task for listener in listeners))
        late = Listener(hub)
        await late.task
        assert (late.answer.status, late.answer.headers["retry-after"]) == (503, "30")

    play(scene)


def test_unknown_conversations_methods_hosts_and_a_full_house_are_refused() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        first = Listener(hub)
        await first.hears(1)
        expected = {
            Listener(hub): (503, "busy"),
            Listener(hub, method="POST"): (405, "refused.wrong_method"),
            Listener(hub, headers={"host": "evil.example"}): (400, "refused.bad_request"),
        }
        first.left.set()
        await asyncio.gather(*(listener.task for listener in expected))
        source.known["here"] = Pulse(1, 1, 1, 1)
        await first.task
        unknown = Listener(hub, "nowhere")
        await unknown.task
        expected[unknown] = (404, "refused.unknown_conversation")
        for listener, (status, code) in expected.items():
            assert (listener.answer.status, listener.answer.json["code"]) == (status, code)

    play(scene, listeners=1)


def test_an_absent_database_is_told_to_newcomers_and_waited_for_by_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "AWAY_SECONDS", 0.01)

    async def scene(hub: EventHub, source: FakeSource) -> None:
        listener = Listener(hub)
        await listener.hears(1)
        for error in (BusyError(seconds=2), ValueError("a fault")):
            source.error = error
            asked = source.asked
            await until(lambda: source.asked > asked + 2)  # noqa: B023 - awaited at once
        source.error = BusyError(seconds=2)
        newcomer = Listener(hub, "elsewhere")
        await newcomer.task
        assert newcomer.answer.status == 503
        source.error = None
        source.known["here"] = Pulse(1, 1, 1, 1)
        assert (await listener.hears(2))[1]["snapshot"] == 1
        del source.known["here"]
        await asyncio.sleep(0.05)

    play(scene)
    assert "listeners could not be told" in caplog.text


def test_one_address_has_only_so_many_listeners() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        hub._of_address["192.0.2.7"] = 3
        answer = await ask(lambda scope, receive, send: hub(scope, receive, send, "here"), http_scope("GET", "/c/here/events", HOST))
        assert (answer.status, answer.json["code"]) == (429, "refused.too_many_here")

    play(scene)


def test_who_leaves_makes_room_for_others_of_the_same_address() -> None:
    async def scene(hub: EventHub, source: FakeSource) -> None:
        answer = await ask(lambda scope, receive, send: hub(scope, receive, send, "here"), http_scope("GET", "/c/here/events", HOST))
        assert answer.status == 200
        assert not hub._of_address

    play(scene)
