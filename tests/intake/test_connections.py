"""Connections that take without giving, on a real server."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import pytest
import uvicorn

from klal.intake import connections as module
from tests.waiting import PATIENCE

T = TypeVar("T")
_dropped = threading.Event()
"""The server has been called, and no connection is left."""
LARGE = 10_000_000
HEAD = b"POST / HTTP/1.1\r\nHost: here\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer with more than fits on the way."""
    size = LARGE if scope["path"] == "/large" else 2
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
    await send({"type": "http.response.body", "body": b"x" * size})


def told(talk: Callable[[socket.socket], T]) -> T:
    """Return what a browser hears from a server that looks at its connections all the time."""

    async def run() -> T:
        config = uvicorn.Config(application, http=module.Connection, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        config.load()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            serving = asyncio.create_task(server.serve([listening]))
            while not server.started:
                await asyncio.sleep(0.01)
            talking = asyncio.create_task(asyncio.to_thread(_talk, listening.getsockname(), talk))
            came = False
            _dropped.clear()
            while not talking.done():
                module.drop_stuck(server.server_state.connections)
                came = came or bool(server.server_state.connections)
                if came and not server.server_state.connections:
                    _dropped.set()
                await asyncio.sleep(0.02)
            server.should_exit = True
            await serving
            return talking.result()

    return asyncio.run(run())


def _talk(address: Any, talk: Callable[[socket.socket], T]) -> T:
    with socket.socket() as browser:
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        browser.settimeout(PATIENCE)
        browser.connect(address)
        return talk(browser)


def hear(browser: socket.socket) -> bytes:
    found = b""
    with suppress(ConnectionResetError):
        while part := browser.recv(65536):
            found += part
    return found


def flood(browser: socket.socket, start: bytes) -> int:
    """Send on and on until the server has had enough; return how much went."""
    sent = len(start)
    with suppress(ConnectionResetError, BrokenPipeError):
        browser.sendall(start)
        while sent < 200_000_000:
            browser.sendall(b"a" * 65536)
            sent += 65536
    return sent


@pytest.mark.parametrize("start", [HEAD + b"X: ", HEAD + b"Content-Length: 9999999999\r\n\r\n"])
def test_a_request_without_end_is_cut_off(start: bytes) -> None:
    assert told(lambda browser: flood(browser, start)) < 100_000_000


def test_a_head_that_is_too_long_is_told_so() -> None:
    def talk(browser: socket.socket) -> bytes:
        browser.sendall(HEAD + b"X: " + b"a" * module.MOST_HEAD_BYTES)
        return hear(browser)

    assert told(talk).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("start", [b"", b"GET / HT", HEAD + b"Content-Length: 5\r\n\r\n1", HEAD + b"\r\n"])
def test_a_connection_that_goes_no_further_is_ended(monkeypatch: pytest.MonkeyPatch, start: bytes) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.1)

    def wait(browser: socket.socket) -> bytes:
        browser.sendall(start)
        if start.endswith(b"\r\n\r\n"):
            browser.recv(65536)
            browser.sendall(b"\r\n")  # what belongs to no request starts no new life
        return hear(browser)

    told(wait)  # comes back at all


def test_an_answer_that_nobody_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.2)

    def ignore(browser: socket.socket) -> bytes:
        browser.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        assert _dropped.wait(PATIENCE)
        return hear(browser)

    assert len(told(ignore)) < LARGE


def test_who_reads_slowly_but_reads_gets_everything() -> None:
    def read(browser: socket.socket) -> bytes:
        browser.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        time.sleep(0.2)
        return hear(browser)

    assert len(told(read)) > LARGE
