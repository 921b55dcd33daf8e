from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from klal.domain.ballot import Ballot, Receipt
from klal.domain.identity import new_identity, to_cookie
from klal.domain.limits import DEFAULTS, Limit, read_limits
from klal.errors import BusyError, UnknownConversationError
from klal.intake import asgi
from klal.intake.asgi import Message, Receive, Scope, Send
from klal.intake.checks import HostCheck, RateLimit
from klal.intake.endpoint import MOST_BYTES, VoteEndpoint
from klal.intake.limits import Limits
from klal.store.configuration import Configuration
from klal.store.guards import Guards
from tests.intake.asgi import HOST, Answer, ask, body_messages, http_scope

SECRET = "a secret"
ME = new_identity()
MINE = {**HOST, "cookie": f"klal-participant={to_cookie(ME, 'here', SECRET)}"}
VOTE = {"key": 1, "statement": 2, "choice": "agree"}
BODY = json.dumps({"votes": [VOTE], "language": "en"}).encode()


class FakeWriter:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.ballots: list[Ballot] = []

    async def submit(self, ballot: Ballot) -> Receipt:
        self.ballots.append(ballot)
        if self.error is not None:
            raise self.error
        return Receipt(tuple(vote.key for vote in ballot.votes), (), (), 1, 0)


def asked(
    headers: dict[str, str] = MINE,
    *parts: bytes,
    method: str = "POST",
    writer: FakeWriter | None = None,
    limits: Limits | None = None,
) -> Answer:
    configuration = Configuration(home=Path(), secret_key=SECRET)
    endpoint = VoteEndpoint(configuration, HostCheck(["here.example"]), writer or FakeWriter(), limits)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(scope, receive, send, "here")

    return asyncio.run(ask(application, http_scope(method, "/c/here/votes", headers), body_messages(*(parts or (BODY,)))))


def test_a_vote_is_handed_over_and_answered() -> None:
    writer = FakeWriter()
    answer = asked(writer=writer)
    assert (answer.status, answer.json) == (200, {"saved": [1], "refused": [], "next": [], "voted": 1, "remaining": 0})
    (ballot,) = writer.ballots
    assert (ballot.slug, ballot.identity, ballot.language) == ("here", ME, "en")


def test_the_link_somebody_came_by_goes_with_their_votes() -> None:
    writer = FakeWriter()
    assert asked({**MINE, "cookie": f"{MINE['cookie']}; klal-channel=poster"}, writer=writer).status == 200
    assert writer.ballots[0].channel == "poster"


def test_a_body_in_parts_is_one_body() -> None:
    assert asked(MINE, BODY[:10], BODY[10:20], BODY[20:]).status == 200


@pytest.mark.parametrize(
    ("headers", "method", "status", "code"),
    [
        ({**MINE, "host": "evil.example"}, "POST", 400, "refused.bad_request"),
        (MINE, "GET", 405, "refused.wrong_method"),
        (MINE, "HEAD", 405, "refused.wrong_method"),
        (MINE, "OPTIONS", 405, "refused.wrong_method"),
        (MINE, "DELETE", 405, "refused.wrong_method"),
        ({**MINE, "origin": "http://evil.example"}, "POST", 403, "refused.foreign_origin"),
        ({name: value for name, value in MINE.items() if name != "origin"}, "POST", 403, "refused.foreign_origin"),
        ({**MINE, "content-type": "text/plain"}, "POST", 400, "refused.bad_request"),
        ({name: value for name, value in MINE.items() if name != "content-type"}, "POST", 400, "refused.bad_request"),
        (HOST, "POST", 403, "refused.bad_identity"),
        ({**MINE, "content-length": str(5_000_000)}, "POST", 413, "refused.too_large"),
        ({**MINE, "content-length": "9" * 30}, "POST", 413, "refused.too_large"),
    ],
)
def test_what_django_would_have_refused_is_refused(headers: dict[str, str], method: str, status: int, code: str) -> None:
    writer = FakeWriter()
    answer = asked(headers, method=method, writer=writer)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert not writer.ballots
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_every_answer_has_its_headers() -> None:
    for answer in (asked(), asked(HOST)):
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-length"] == str(len(answer.body))


def test_a_body_without_a_length_is_read_no_further_than_the_limit() -> None:
    read = 0

    def parts() -> Any:
        nonlocal read
        while True:
            read += 1
            yield {"type": "http.request", "body": b"x" * 10_000, "more_body": True}

    endpoint = VoteEndpoint(Configuration(home=Path(), secret_key=SECRET), HostCheck(["here.example"]), FakeWriter())
    supply, answer = parts(), Answer()

    async def receive() -> Message:
        return next(supply)  # type: ignore[no-any-return]

    asyncio.run(endpoint(http_scope("POST", "/c/here/votes", MINE), receive, answer.send, "here"))
    assert answer.status == 413
    assert read == MOST_BYTES // 10_000 + 1


def test_a_body_that_breaks_off_is_refused() -> None:
    for messages in ([{"type": "http.disconnect"}], [{"type": "http.request", "body": b"{", "more_body": True}]):
        endpoint = VoteEndpoint(Configuration(home=Path(), secret_key=SECRET), HostCheck(["here.example"]), FakeWriter())

        async def application(scope: Scope, receive: Receive, send: Send, endpoint: VoteEndpoint = endpoint) -> None:
            await endpoint(scope, receive, send, "here")

        answer = asyncio.run(ask(application, http_scope("POST", "/c/here/votes", MINE), messages))
        assert answer.status == 400


def test_a_body_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "_BODY_SECONDS", 0.02)
    endpoint = VoteEndpoint(Configuration(home=Path(), secret_key=SECRET), HostCheck(["here.example"]), FakeWriter())
    answer = Answer()

    async def never() -> None:
        supply = iter([{"type": "http.request", "body": b"{", "more_body": True}])

        async def receive() -> Message:
            for message in supply:
                return message
            return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

        await endpoint(http_scope("POST", "/c/here/votes", MINE), receive, answer.send, "here")

    asyncio.run(never())
    assert answer.status == 400


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"votes": [{}]}', b"\xff"])
def test_broken_json_is_refused(body: bytes) -> None:
    assert asked(MINE, body).status == 400


def test_a_busy_or_refusing_writer_is_passed_on_in_the_readers_language() -> None:
    busy = asked(writer=FakeWriter(BusyError(seconds=2)))
    assert (busy.status, busy.headers["retry-after"], busy.json["code"]) == (503, "2", "busy")
    body = BODY.replace(b'"en"', b'"he"')
    unknown = asked(MINE, body, writer=FakeWriter(UnknownConversationError(slug="here")))
    assert (unknown.status, unknown.json["code"]) == (404, "refused.unknown_conversation")
    assert "אין שיחה" in unknown.json["message"]


def test_before_the_language_is_known_the_browsers_counts() -> None:
    for wish, found in (("he-IL,he;q=0.9", "הדפדפן"), ("fr, en;q=0.5", "Your browser"), ("", "Your browser"), ("xx" * 500, "Your browser")):
        assert found in asked({**HOST, "accept-language": wish}).json["message"]


def test_too_many_votes_of_one_participant_wait() -> None:
    limits = Limits(DEFAULTS)
    limits.participants = RateLimit(burst=2, per_second=0.1)
    assert asked(limits=limits).status == 200
    assert asked(limits=limits).status == 200
    answer = asked(limits=limits)
    assert (answer.status, answer.json["code"]) == (429, "refused.too_many")
    assert int(answer.headers["retry-after"]) > 0


def test_new_cookies_from_one_address_share_its_limit() -> None:
    limits, writer = Limits(read_limits("votes=3/6")), FakeWriter()
    fresh = [{**MINE, "cookie": f"klal-participant={to_cookie(new_identity(), 'here', SECRET)}"} for _ in range(4)]
    answers = [asked(headers, limits=limits, writer=writer) for headers in fresh]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].json["code"] == "refused.too_many_here"
    assert "your network" in answers[-1].json["message"]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert {ballot.address for ballot in writer.ballots} == {"192.0.2.7"}


def test_what_a_stranger_says_of_another_address_does_not_count() -> None:
    limits = Limits(read_limits("votes=1/6"))
    answers = [asked({**MINE, "x-forwarded-for": f"198.51.100.{turn}"}, limits=limits) for turn in range(2)]
    assert [answer.status for answer in answers] == [200, 429]


def test_a_hall_behind_one_router_votes_within_a_minute() -> None:
    limits = Limits(DEFAULTS)
    for _ in range(1000):
        limits.count_join("192.0.2.7")
        for _ in range(20):
            limits.spend(Limit.VOTES, "192.0.2.7")


def test_a_key_that_was_changed_is_still_believed() -> None:
    configuration = Configuration(home=Path(), secret_key="a new secret", guards=Guards(old_secret_keys=(SECRET,)))
    endpoint = VoteEndpoint(configuration, HostCheck(["here.example"]), FakeWriter())

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await endpoint(scope, receive, send, "here")

    assert asyncio.run(ask(application, http_scope("POST", "/c/here/votes", MINE), body_messages(BODY))).status == 200
