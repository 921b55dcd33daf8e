"""``POST /c/<slug>/votes``: check, hand to the writer, answer after the commit."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from klal.domain.ballot import Ballot, Receipt
from klal.domain.limits import Limit
from klal.errors import BadRequestError, BusyError, RefusedError, WrongMethodError
from klal.intake.asgi import Headers, Receive, Scope, Send, read_body, reader_language, send_bytes, send_error
from klal.intake.ballots import encode_receipt, parse
from klal.intake.checks import CookieCheck, HostCheck, channel_of, check_origin
from klal.intake.forwarded import client_address
from klal.intake.limits import Limits
from klal.store.configuration import Configuration

MOST_BYTES = 64 * 1024
"""Of a request; a hundred votes are a tenth of it."""


class Writer(Protocol):
    """What the endpoint needs of ``VoteWriter``."""

    def submit(self, ballot: Ballot) -> Awaitable[Receipt]:
        """Store a ballot."""


class VoteEndpoint:
    """Takes votes from browsers.

    Parameters
    ----------
    configuration : Configuration
        For the secret key and whether browsers come by https.
    hosts : HostCheck
        The server's names.
    writer : Writer
        Where votes go.
    limits : Limits, optional
        How much one participant, and one address, may send.
    """

    def __init__(self, configuration: Configuration, hosts: HostCheck, writer: Writer, limits: Limits | None = None) -> None:
        self._configuration = configuration
        self._https = configuration.https
        self._hosts, self._writer = hosts, writer
        self._cookies = CookieCheck(*configuration.secret_keys, https=configuration.https)
        self._limits = limits or Limits(configuration.guards.limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send, slug: str) -> None:
        """Answer one request; whatever comes, the answer is a refusal and never a fault."""
        headers: Headers = dict(scope["headers"])
        asked = ""
        try:
            self._check(scope, headers)
            identity = self._cookies.identify(headers, slug)
            sent = parse(await read_body(headers, receive, MOST_BYTES))
            asked = sent.language
            address = client_address(headers, (scope.get("client") or ("",))[0], self._configuration)
            self._limits.participants.spend(identity.key, len(sent.votes))
            self._limits.spend(Limit.VOTES, address, len(sent.votes))
            receipt = await self._writer.submit(Ballot(slug, identity, sent.votes, asked, channel_of(headers), address))
        except (RefusedError, BusyError) as error:
            await send_error(send, error, reader_language(headers, asked))
        else:
            language = reader_language(headers, asked) if receipt.refused else None
            await send_bytes(send, 200, encode_receipt(receipt, language))

    def _check(self, scope: Scope, headers: Headers) -> None:
        self._hosts.check(headers)
        if scope["method"] != "POST":
            raise WrongMethodError(found=scope["method"], allow="POST")
        check_origin(headers, https=self._https)
        content_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if content_type != b"application/json":
            raise BadRequestError(found=content_type[:80].decode("latin-1") or "-", needed="application/json")
