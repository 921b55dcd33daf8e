from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from klal.intake.asgi import Message
from klal.store.configuration import Configuration
from tests.intake.asgi import HOST, Answer, ask, body_messages, http_scope
from tests.waiting import PATIENCE


def pages(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Say what came in, as Django would get it."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length <= 2_000_000 else b"too long"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} ".encode(), body]


def served(role: str, configuration: Configuration, method: str, path: str, *parts: bytes, **more: Any) -> Answer:
    from klal.intake import application as module

    async def run() -> Answer:
        application = module.KlalApplication(module.Role(role), configuration, ["here.example"], pages)
        try:
            headers = {**HOST, **more.get("headers", {})}
            messages = more.get("messages") or body_messages(*(parts or (b"",)))
            return await ask(application, http_scope(method, path, headers, more.get("query", b"")), messages)
        finally:
            await application.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("role", "votes", "events", "page"),
    [("all", 405, 404, 200), ("web", 404, 404, 200), ("intake", 405, 404, 404), ("events", 404, 404, 404)],
)
def test_each_role_serves_its_part_and_says_so_of_the_rest(
    sqlite_database: Configuration, role: str, votes: int, events: int, page: int
) -> None:
    found = {path: served(role, sqlite_database, "GET", path) for path in ("/c/here/votes", "/c/here/events", "/c/here/", "/healthz")}
    assert [answer.status for answer in found.values()] == [votes, events, page, 200]
    codes = {path: answer.json["code"] for path, answer in found.items() if answer.status == 404}
    if role in {"all", "events"}:
        assert codes.pop("/c/here/events") == "refused.unknown_conversation"
    assert set(codes.values()) <= {"refused.not_served_here"}
    assert found["/healthz"].json == {"status": "ok"}


@pytest.mark.parametrize(
    "path", ["/c/here/votes/", "/c/a b/votes", "/c/here/votes/more", "/c/" + "x" * 65 + "/votes", "/c//votes", "/c/here\n/votes"]
)
def test_other_addresses_are_pages(sqlite_database: Configuration, path: str) -> None:
    answer = served("all", sqlite_database, "GET", path)
    assert answer.body == f"GET {path} ".encode()


def test_a_form_is_read_before_a_thread_is_taken(sqlite_database: Configuration) -> None:
    announced = served("all", sqlite_database, "POST", "/c/here/", b"choice=", b"agree", headers={"content-length": "12"})
    assert announced.body == b"POST /c/here/ choice=agree"
    in_pieces = served("all", sqlite_database, "POST", "/x", b"12", b"3", headers={"transfer-encoding": "chunked", "content-length": "3"})
    assert in_pieces.body == b"POST /x 123"


def test_a_body_that_is_too_long_reaches_nobodys_memory(sqlite_database: Configuration) -> None:
    announced = served("all", sqlite_database, "POST", "/x", b"never read", headers={"content-length": "5000000"})
    assert announced.body == b"POST /x too long"  # Django is asked, and refuses by the length alone
    piece: Message = {"type": "http.request", "body": b"x" * 500_000, "more_body": True}
    unannounced = served("all", sqlite_database, "POST", "/x", messages=[piece] * 3, headers={"transfer-encoding": "chunked"})
    assert unannounced.status == 413


def test_who_comes_when_too_many_wait_for_a_page_is_told_to_come_back(
    sqlite_database: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    from klal.intake import application as module

    monkeypatch.setattr(module, "THREADS", 1)
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    begun, released = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        begun.set()
        released.wait(PATIENCE)
        return pages(environ, start_response)

    async def run() -> list[Answer]:
        application = module.KlalApplication(module.Role.ALL, sqlite_database, ["here.example"], slow)
        try:
            asking = [asyncio.create_task(ask(application, http_scope("GET", "/", HOST)))]
            await asyncio.to_thread(begun.wait, PATIENCE)
            asking += [asyncio.create_task(ask(application, http_scope("GET", "/", HOST))) for _ in range(4)]
            refused = await asyncio.gather(*asking[3:])
            released.set()
            return [*await asyncio.gather(*asking[:3]), *refused]
        finally:
            released.set()
            await application.close()

    answers = asyncio.run(run())
    assert [answer.status for answer in answers] == [200, 200, 200, 503, 503]
    assert int(answers[3].headers["retry-after"]) > 0


def test_bare_letters_in_an_address_are_refused(sqlite_database: Configuration) -> None:
    assert served("all", sqlite_database, "GET", "/x", query="q=שלום".encode()).status == 400


def test_it_takes_part_in_starting_and_stopping(sqlite_database: Configuration) -> None:
    from klal.intake import application as module

    async def run() -> list[str]:
        application = module.KlalApplication(module.Role.ALL, sqlite_database, ["here.example"], pages)
        incoming = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
        said: list[str] = []

        async def receive() -> Message:
            return next(incoming)

        async def send(message: Message) -> None:
            said.append(message["type"])

        await application({"type": "lifespan"}, receive, send)
        return said

    assert asyncio.run(run()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
