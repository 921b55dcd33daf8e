"""Ask an ASGI application without a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from klal.intake.asgi import Application, Message, Scope

HOST = {"host": "here.example", "origin": "http://here.example", "content-type": "application/json"}


def http_scope(method: str, path: str, headers: Mapping[str, str] | None = None, query: bytes = b"") -> Scope:
    given = [(name.encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": given,
        "http_version": "1.1",
        "scheme": "http",
        "server": ("here.example", 80),
        "client": ("192.0.2.7", 4321),
    }


def body_messages(*parts: bytes) -> list[Message]:
    return [{"type": "http.request", "body": part, "more_body": place < len(parts) - 1} for place, part in enumerate(parts)]


class Answer:
    """What an application has sent."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(application: Application, scope: Scope, messages: Iterable[Message] = ()) -> Answer:
    waiting = iter([*(messages or body_messages(b"")), {"type": "http.disconnect"}])
    answer = Answer()

    async def receive() -> Message:
        return next(waiting)

    await application(scope, receive, answer.send)
    return answer
