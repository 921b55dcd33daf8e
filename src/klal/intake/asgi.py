"""The little of ASGI that the hot path needs: read a body of bounded size, answer in JSON, refuse in the reader's language."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from klal.domain.language import Language, accepted, available, get
from klal.errors import BadRequestError, BusyError, KlalError, RefusedError, RequestTooLargeError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Mapping[bytes, bytes]

_BODY_SECONDS = 30.0
_JSON: tuple[tuple[bytes, bytes], ...] = (
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'"),
)
"""What Django's middleware says that means something for JSON; each header is paid for with every vote."""


async def read_body(headers: Headers, receive: Receive, most: int) -> bytes:
    """Return a request's body.

    Parameters
    ----------
    headers : mapping of bytes to bytes
        Of the request.
    receive : callable
        ASGI's.
    most : int
        Bytes taken; a longer body is refused by its announced length, or once that much of it has come, and never kept.

    Raises
    ------
    RequestTooLargeError
        If it is longer.
    BadRequestError
        If it breaks off, or does not come.
    """
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length[:20]) > most:
        raise RequestTooLargeError(needed=_size(most))
    message = await receive()
    if message.get("more_body"):
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                return await _read_on(message, receive, most)
        except TimeoutError:
            raise BadRequestError(found="a request that stops half-way", needed="all of it") from None
    return _part(message, most)


async def _read_on(message: Message, receive: Receive, most: int) -> bytes:
    parts = [_part(message, most)]
    while message.get("more_body"):
        message = await receive()
        parts.append(_part(message, most - sum(map(len, parts))))
    return b"".join(parts)


def _part(message: Message, most: int) -> bytes:
    if message["type"] == "http.disconnect":
        raise BadRequestError(found="a request that stops half-way", needed="all of it")
    part: bytes = message.get("body", b"")
    if len(part) > most:
        raise RequestTooLargeError(needed=_size(most))
    return part


def _size(most: int) -> str:
    return f"{most // 1024} kB"


async def send_bytes(send: Send, status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = _JSON) -> None:
    """Answer with a whole body; JSON that nobody may keep, unless other headers are given."""
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: RefusedError | BusyError, language: Language) -> None:
    """Answer with an error's status, code and sentence."""
    extra = [(b"retry-after", str(error.facts["seconds"]).encode("ascii"))] if error.facts.get("seconds") is not None else []
    if error.facts.get("allow") is not None:
        extra.append((b"allow", str(error.facts["allow"]).encode("ascii")))
    await send_bytes(send, error.status, encode(describe(error, language)), (*_JSON, *extra))


def describe(error: KlalError, language: Language) -> dict[str, str]:
    """Return what a program and a person are told of an error."""
    return {"code": error.code, "message": language.error(error)}


def encode(value: object) -> bytes:
    """Return JSON, letters as they are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def reader_language(headers: Headers, asked: str = "") -> Language:
    """Return the language to answer in: the one asked for, or the one the browser wants most that klal speaks, or English.

    Parameters
    ----------
    headers : mapping of bytes to bytes
        Of the request.
    asked : str
        A language code; may be one that klal does not speak.
    """
    wishes = accepted(headers.get(b"accept-language", b"").decode("latin-1"))
    return get(next((code for code in (asked, *wishes) if code in available()), "en"))
