"""More than ten thousand requests that no page of ours sends: to the API, to every form, to uploads, to the votes, and to bare sockets.

Whatever comes, the answer is a refusal: no status of 500 and above, no trace of a fault in the log, and nothing stored that could not
have been stored by somebody who uses the pages.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import re
import select
import socket
import unicodedata
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from klal.domain.limits import Limit
from klal.domain.rules import STATEMENT_LENGTH
from tests.intake.asgi import HOST, ask, body_messages, http_scope
from tests.serving import RunningServer
from tests.waiting import PATIENCE
from tests.web.addresses import every_address
from tests.web.conftest import here, visitor  # noqa: F401 - fixtures, found by name
from tests.web.pages import numbers, snapshot

API, FORMS, TABLES, QUERIES, VOTES, SOCKETS = 500, 1_300, 300, 800, 3_000, 3_500
"""Requests of each kind, at least; forms, tables and queries on each of the two databases."""
NASTY = (
    "",
    " ",
    "\0",
    "\ud800",
    "‮\u202d",
    "\u200b",
    "a" * 5_000,
    "é" * 300,
    "a" + "\u0301" * 500,
    "'; DROP TABLE store_vote; --",
    "<script>alert(1)</script>",
    "{{7*7}}{% debug %}",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "http://evil.example/",
    "//evil.example",
    "javascript:alert(1)",
    "a@example.org\nBcc: b@example.org",
    "%00%0d%0a",
    "-1",
    "0",
    "1",
    "1e309",
    "NaN",
    "true",
    "null",
    "[]",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999999999",
    "١",
    "2026-02-30T25:61",
    "2026-03-01T10:00",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "Asia/Jerusalem",
    "on",
    "here",
    "agree",
    "closed",
    "open",
    "en",
    "he",
)
"""Texts that have broken somebody's program before, and some that are right."""
FIELD = re.compile(r'<(?:input|select|textarea|button)\b[^>]*\bname="([^"]+)"')
text = st.one_of(st.sampled_from(NASTY), st.text(max_size=60), st.integers(-(2**70), 2**70).map(str))


def many(examples: int, **more: Any) -> settings:
    """Return settings that make so many examples, the same ones each time, and keep none."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything through to where it may do harm."""
    monkeypatch.setenv("KLAL_LIMITS", ",".join(f"{name}=off" for name in Limit))


@pytest.fixture(autouse=True)
def no_trace(caplog: pytest.LogCaptureFixture) -> Any:
    """Look at the end whether a fault was noted."""
    caplog.set_level(logging.ERROR)
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR and record.name != "django.security"] == []


@pytest.fixture
def people(here, visitor):  # noqa: F811 - fixtures
    """Return browsers: nobody's, a participant's, an owner's; and what signs the owner in again."""
    from django.contrib.auth.models import User

    from klal.store.models import Membership

    snapshot(here)
    owner = User.objects.create(username="owner", email="owner@example.org")
    Membership.objects.create(conversation=here, account=owner, role="owner")
    clients = [visitor(), visitor(), visitor()]
    clients[1].post("/c/here/", {"statement": numbers(here)[0], "choice": "agree"})
    clients[2].force_login(owner)
    return clients


@pytest.fixture
def fields(here, people):  # noqa: F811 - fixtures
    """Return the names of fields that each address's page has, and those of all pages."""
    number = numbers(here)[0]
    found = {address: set(FIELD.findall(page_of(people[2].get(address)))) for _, address in every_address(number)}
    return found, sorted(set().union(*found.values()))


def check_store(here):  # noqa: F811 - fixtures
    """Say that what is stored could have come from people."""
    from klal.store.models import Conversation, Participant, Statement, Vote, VoteEvent

    for statement in Statement.objects.all():
        assert 0 < len(statement.text) <= STATEMENT_LENGTH
        assert not [letter for letter in statement.text if unicodedata.category(letter) in {"Cc", "Cs"}]
    assert set(Vote.objects.values_list("choice", flat=True)) <= {1, 2, 3}
    for kind in (Vote, VoteEvent):
        for vote in kind.objects.select_related("participant", "statement"):
            assert vote.participant.conversation_id == vote.statement.conversation_id
    assert not Participant.objects.filter(key__contains="'").exists()
    assert Conversation.objects.filter(pk=here.pk).count() <= 1


def test_ten_thousand_are_sent():
    assert API + VOTES + SOCKETS + 2 * (FORMS + TABLES + QUERIES) >= 10_000


def test_every_form_takes_anything(here, people, fields):  # noqa: F811 - fixtures
    known, all_names = fields
    addresses = [address for _, address in every_address(numbers(here)[0])]
    sent = Counter()

    @many(FORMS)
    @given(data=st.data())
    def bombard(data: st.DataObject) -> None:
        address, client = data.draw(st.sampled_from(addresses)), data.draw(st.sampled_from(people))
        own = sorted(known[address]) or all_names
        names = data.draw(st.lists(st.one_of(st.sampled_from(own), st.sampled_from(all_names)), max_size=6, unique=True))
        form = {name: data.draw(st.lists(text, min_size=1, max_size=3)) for name in names if name != "csrfmiddlewaretoken"}
        response = client.post(address, encodable(form))
        sent[response.status_code] += 1
        assert response.status_code < 500, (address, form)

    bombard()
    assert sum(sent.values()) >= FORMS
    assert len(sent) > 3
    check_store(here)


def test_every_page_takes_anything_in_its_address(here, people):  # noqa: F811 - fixtures
    addresses = [address for _, address in every_address(numbers(here)[0])]
    names = (
        "show",
        "page",
        "text",
        "token",
        "code",
        "after",
        "limit",
        "language",
        "snapshot",
        "again",
        "done",
        "from",
        "next",
        "q",
        "part",
        "tab",
    )
    sent = Counter()

    @many(QUERIES)
    @given(data=st.data())
    def bombard(data: st.DataObject) -> None:
        address, client = data.draw(st.sampled_from(addresses)), data.draw(st.sampled_from(people))
        query = encodable({name: [data.draw(text)] for name in data.draw(st.lists(st.sampled_from(names), max_size=4, unique=True))})
        odd = {"klal-language": data.draw(text), "klal-channel": data.draw(text)}
        headers = {"HTTP_ACCEPT_LANGUAGE": header(data.draw(text)), "HTTP_X_FORWARDED_FOR": header(data.draw(text))}
        client.cookies.load({name: header(value).replace(";", "")[:200] for name, value in odd.items() if header(value)})
        response = client.get(address, query, **headers)
        sent[response.status_code] += 1
        assert response.status_code < 500, (address, query)
        page_of(response)

    bombard()
    assert sum(sent.values()) >= QUERIES
    check_store(here)


def test_every_upload_takes_anything(here, people, fields):  # noqa: F811 - fixtures
    from django.core.files.uploadedfile import SimpleUploadedFile

    known, _ = fields
    number = numbers(here)[0]
    pages = [page_of(people[2].get(address)) for _, address in every_address(number)]
    targets = [
        (address, name)
        for (_, address), page in zip(every_address(number), pages, strict=True)
        for name in re.findall(r'<input\b[^>]*type="file"[^>]*name="([^"]+)"|<input\b[^>]*name="([^"]+)"[^>]*type="file"', page)
    ]
    targets = [(address, one or other) for address, (one, other) in targets]
    assert targets, "no page takes a file"
    starts = (b"", b"\xef\xbb\xbf", b"text,language\n", b"text;en;he\r\n", b"\xff\xfe", b"PK\x03\x04", b'"', b"text\n" + b'"open', b"id\n")
    sent = Counter()

    @many(TABLES)
    @given(data=st.data())
    def bombard(data: st.DataObject) -> None:
        address, name = data.draw(st.sampled_from(targets))
        lines = data.draw(st.lists(st.one_of(text.map(lambda one: one.encode("utf-8", "replace")), st.binary(max_size=40)), max_size=8))
        body = data.draw(st.sampled_from(starts)) + data.draw(st.sampled_from((b"\n", b",", b"\r", b"\0"))).join(lines)
        file = SimpleUploadedFile(data.draw(st.sampled_from(("a.csv", "../../x", "", "\0.csv"))) or "x", body)
        others = {one: "1" for one in known[address] if one not in {name, "csrfmiddlewaretoken"} and data.draw(st.booleans())}
        response = people[2].post(address, {**others, name: file})
        sent[response.status_code] += 1
        assert response.status_code < 500, (address, body)

    bombard()
    assert sum(sent.values()) >= TABLES
    check_store(here)


def test_the_api_takes_anything_and_answers_as_its_document_says(sqlite_database, monkeypatch):
    import schemathesis
    from django.contrib.auth.models import User
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import response_schema_conformance

    from klal.services.accounts.tokens import make_token
    from klal.services.opening import open_conversation
    from klal.store.models import Membership
    from klal.web.wsgi import application

    conversation = open_conversation("What joins our town?", slug="here", languages=["en"], seeds=["Every street should have a bench."])
    account = User.objects.create(username="owner")
    Membership.objects.create(conversation=conversation, account=account, role="owner")
    bearer = {"Authorization": f"Bearer {make_token(account, 'fuzz', None)[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    operations = [found.ok() for found in schema.get_all_operations() if found.ok().path.startswith("/api/")]
    sent = Counter()
    for operation in operations:
        for mode in schemathesis.GenerationMode:

            @many(API // 12)
            @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans(), is_here=st.booleans())
            def bombard(case: Any, is_known: Any, is_here: Any) -> None:
                if is_here and case.path_parameters:
                    case.path_parameters["slug"] = "here"
                response = case.call(headers={"Accept-Encoding": "identity", **(bearer if is_known else {})})
                sent[response.status_code] += 1
                case.validate_response(response, checks=[not_a_server_error, response_schema_conformance])

            with suppress(Unsatisfiable):  # of an address that takes nothing, nothing can be wrong
                bombard()
    assert sum(sent.values()) >= API
    assert {200, 400, 401, 404} <= sent.keys()


def test_the_votes_take_anything(sqlite_database):
    from klal.intake.application import KlalApplication, Role
    from tests.intake.conversations import cookie_of, make_conversation

    where, statements = make_conversation()
    value = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | text, lambda inner: st.lists(inner, max_size=3), max_leaves=4
    )
    vote = st.fixed_dictionaries(
        {"key": st.one_of(st.integers(-1, 2**54), value), "statement": st.one_of(st.sampled_from(statements), value), "choice": value},
        optional={"important": value, "extra": value},
    )
    body = st.one_of(
        st.fixed_dictionaries({"votes": st.lists(vote, max_size=4)}, optional={"language": text}).map(
            lambda found: json.dumps(found).encode()
        ),
        st.binary(max_size=200),
        st.sampled_from([b"", b"null", b"[" * 50_000, b'{"votes":[' + b"{}," * 200 + b"{}]}", b"\xff\xfe", b"{" * 3, b'{"votes":1e999}']),
    )
    good = {**HOST, "host": "localhost", "origin": "http://localhost", "cookie": f"klal-participant={cookie_of()}"}
    odd = st.dictionaries(
        st.sampled_from(sorted({*good, "x-forwarded-for", "content-length", "sec-fetch-site", "accept-language"})), text, max_size=2
    )
    sent = Counter()

    @many(VOTES)
    @given(body=body, changes=odd, method=st.sampled_from(["POST"] * 9 + ["GET", "BREW"]))
    def bombard(body: bytes, changes: dict[str, str], method: str) -> None:
        headers = {**good, **{name: header(value) for name, value in changes.items()}}
        answer = loop.run_until_complete(ask(application, http_scope(method, "/c/here/votes", headers), body_messages(body)))
        sent[answer.status] += 1
        assert answer.status < 500, (body, headers)
        assert answer.status == 200 or set(answer.json) == {"code", "message"}

    application = KlalApplication(Role.INTAKE, sqlite_database, ["localhost"])
    loop = asyncio.new_event_loop()
    try:
        bombard()
        loop.run_until_complete(application.close())
    finally:
        loop.close()
    assert sum(sent.values()) >= VOTES
    assert {200, 400, 403, 405} <= sent.keys()
    check_store(where)


def test_bare_sockets_bring_no_server_down(tmp_path: Path) -> None:
    with RunningServer(tmp_path / "home", "--no-worker") as server:
        requests = broken_requests(random.Random(20260301), SOCKETS)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda request: talk(server.port, request), requests))
        statuses = Counter(int(found[1]) for answer in answers if (found := re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)))
        assert not [status for status in statuses if status >= 500], statuses
        assert statuses[400] > SOCKETS / 10
        assert server.get("/healthz")[0] == 200
        assert server.get("/")[0] == 200
        assert "Traceback" not in server.errors


def broken_requests(rng: random.Random, count: int) -> list[bytes]:
    """Return requests with something wrong in each."""
    whole = (
        b"POST /c/here/votes HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Type: application/json\r\n"
        b'Content-Length: 12\r\n\r\n{"votes":[]}',
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: klal-participant=a.0.b; klal-language=he\r\n\r\n",
        b"GET /c/here/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /api/v1/conversations?after=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer klal_x\r\n\r\n",
        b"POST /convene/sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 9\r\n\r\nname=dana",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n",
    )
    odd = (
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0" * 100,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%00%ff%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /c/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_For: 1.2.3.4\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n",
        b"GET /?" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(3_000)) + b"\r\n",
    )
    found = list(odd)
    while len(found) < count:
        request = bytearray(rng.choice(whole))
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(request))
            match rng.randrange(4):
                case 0:
                    request[place] = rng.randrange(256)
                case 1:
                    del request[place : place + rng.randrange(1, 20)]
                case 2:
                    request[place:place] = rng.randbytes(rng.randrange(1, 30))
                case _:
                    request[place:place] = rng.choice((b"\r\n", b"\0", b"\r\n\r\n", b"%00", b": ", b"\n"))
            request = request or bytearray(b"x")
        found.append(bytes(request))
    return found


def talk(port: int, request: bytes) -> bytes:
    """Send bytes to the server and return the first bytes that come back, if any come soon."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as line:
        try:
            line.sendall(request)
            if not select.select([line], [], [], 0.05)[0]:
                line.shutdown(socket.SHUT_WR)  # what waits for the rest may stop waiting; what is slow to answer still does
            return line.recv(100)
        except OSError:  # the server would have no more of it
            return b""


def page_of(response: Any) -> str:
    """Return all of an answer, one that is sent piece by piece too."""
    return b"".join(response).decode("utf-8", "replace")


def encodable(form: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return a form that can be sent: half a letter pair goes as what a broken program makes of it."""
    return {name: [value.encode("utf-8", "replace").decode() for value in values] for name, values in form.items()}


def header(value: str) -> str:
    """Return a text that can stand in a header."""
    return value.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")
