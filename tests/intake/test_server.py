"""What a browser, or somebody who pretends to be one, gets from a real server."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from klal.domain.identity import Identity, new_identity
from klal.store.configuration import Configuration
from tests.intake.conversations import cookie_of, make_conversation, stored_votes, vote
from tests.serving import RunningServer
from tests.waiting import PATIENCE


def revise(slug: str, **fields: object) -> None:
    from django.db.models import F

    from klal.store.models import Conversation

    Conversation.objects.filter(slug=slug).update(revision=F("revision") + 1, changes=F("changes") + 1, **fields)


def running(database: Configuration, *options: str) -> RunningServer:
    return RunningServer(database.home, "--no-worker", *options, database_url=database.database_url)


def test_votes_on_what_is_not_open_for_them_are_refused_and_never_stored(database: Configuration) -> None:
    from klal.store.models import Participant, Statement, VoteEvent

    where, (first, second, third, *_) = make_conversation(moderation_mode="before")
    _, (foreign, *_) = make_conversation("elsewhere")
    pending = Statement.objects.create(conversation=where, label="pending", text="not yet").pk
    me = new_identity()
    with running(database) as server:
        assert server.vote("here", cookie_of(me), [vote(first, key=1)])[0] == 200
        Statement.objects.filter(pk=second).update(state="rejected")
        revise("here")
        wrong = [vote(one) for one in (second, foreign, pending, 10**6, 0, -1, 2**63, 10**200)]
        status, answer = server.vote("here", cookie_of(me), [*wrong, vote(third, key=2)])
        assert (status, answer["saved"], answer["voted"]) == (200, [2], 2)
        assert [one["code"] for one in answer["refused"]] == ["refused.no_such_statement"] * len(wrong)
        assert {one["key"] for one in answer["refused"]} == {one["key"] for one in wrong}

        revise("here", phase="closed")
        late = vote(first, "disagree")
        status, answer = server.vote("here", cookie_of(me), [late, vote(first, key=1)], "he")
        assert (status, answer["saved"], answer["next"]) == (200, [1], [])
        assert [(one["key"], one["code"]) for one in answer["refused"]] == [(late["key"], "refused.closed")]
        assert "אי אפשר עכשיו להצביע" in answer["refused"][0]["message"]

        status, answer = server.vote("nowhere", cookie_of(slug="nowhere"), [vote(first)])
        assert (status, answer["code"]) == (404, "refused.unknown_conversation")
        assert server.errors == ""
    assert stored_votes() == sorted([(me.key, first, 3), (me.key, third, 3)])
    assert (VoteEvent.objects.count(), Participant.objects.count()) == (2, 1)


def test_cookies_that_klal_did_not_give_are_refused(database: Configuration) -> None:
    from klal.store.models import Participant

    _, (first, *_) = make_conversation()
    make_conversation("elsewhere")
    me = new_identity()
    with running(database) as server:
        assert server.vote("here", cookie_of(me), [vote(first)])[0] == 200
        forged = [None, "", "x", cookie_of(me, "elsewhere"), cookie_of(me)[:-1] + "?", f"{me.key}.0.", cookie_of(Identity(me.key, 1))]
        Participant.objects.update(epoch=2)
        for value in [*forged, cookie_of(me)]:  # the last is of an earlier epoch: revoked
            status, answer = server.vote("here", value, [vote(first)])
            assert (status, answer["code"]) == (403, "refused.bad_identity"), value
        assert server.vote("here", cookie_of(Identity(me.key, 2)), [vote(first, "pass")])[0] == 200
        assert server.errors == ""
    assert stored_votes() == [(me.key, first, 2)]


def test_broken_and_enormous_requests_are_refused_in_words(database: Configuration) -> None:
    _, (first, *_) = make_conversation()
    good = {"origin": "", "content-type": "application/json", "cookie": f"klal-participant={cookie_of()}"}
    bodies = {
        b"": 400,
        b"{": 400,
        b"\x00\xff": 400,
        b"NaN": 400,
        b'{"votes":[{"key":NaN,"statement":1,"choice":"agree"}]}': 400,
        b"[" * 60_000: 400,
        b'{"votes":[{"key":%s,"statement":1,"choice":"agree"}]}' % (b"9" * 5000): 400,
        b'{"votes":[{"key":1,"statement":%d,"choice":"yes"}]}' % first: 400,
        b'{"votes":[' + b"1," * 20_000 + b"1]}": 400,
        b" " * 5_000_000: 413,
        b'{"votes":"' + b"x" * 5_000_000 + b'"}': 413,
    }
    with running(database) as server:
        good["origin"] = server.url
        for body, expected in bodies.items():
            status, headers, answer = server.request("POST", "/c/here/votes", body, good)
            assert status == expected, body[:60]
            assert json.loads(answer)["message"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["content-security-policy"] == "default-src 'none'"
        for method, path, expected in (
            ("HEAD", "/c/here/votes", 405),
            ("OPTIONS", "/c/here/votes", 405),
            ("GET", "/c/here/votes", 405),
            ("PATCH", "/c/here/votes", 405),
            ("POST", "/c/here/events", 405),
            ("POST", "/c/here/votes?x=%ff%00", 400),
            ("POST", "/c/%00/votes", 404),
            ("POST", "/c/../votes", 404),
        ):
            assert server.request(method, path, b"", good)[0] == expected, (method, path)
        for changed in ({"origin": "http://evil.example"}, {"host": "evil.example"}, {"content-type": "text/plain"}):
            assert server.request("POST", "/c/here/votes", b"{}", {**good, **changed})[0] in {400, 403}
        assert server.errors == ""
    assert stored_votes() == []


def test_a_flood_without_a_length_is_cut_off(sqlite_database: Configuration) -> None:
    make_conversation()
    with running(sqlite_database) as server:
        head = (
            f"POST /c/here/votes HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nOrigin: {server.url}\r\n"
            f"Content-Type: application/json\r\nCookie: klal-participant={cookie_of()}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(head.encode())
            for _ in range(8):
                connection.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 413")
        assert server.get("/healthz")[0] == 200


def test_a_replayed_vote_is_the_same_vote(database: Configuration) -> None:
    from klal.store.models import VoteEvent

    _, (first, *_) = make_conversation()
    me, cast = new_identity(), vote(first)
    with running(database) as server, ThreadPoolExecutor(16) as tabs:
        answers = list(tabs.map(lambda _: server.vote("here", cookie_of(me), [cast, cast]), range(40)))
    assert [one for one in answers if one[0] != 200 or set(one[1]["saved"]) != {cast["key"]}] == []
    assert stored_votes() == [(me.key, first, 3)]
    assert VoteEvent.objects.count() == 1


def test_a_thousand_tabs_of_one_participant_are_slowed_down_and_nobody_else(database: Configuration) -> None:
    _, statements = make_conversation()
    me, you, refused = new_identity(), new_identity(), []
    with running(database) as server:
        body = {"language": "en"}

        def tab(number: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
            for turn in range(20):
                votes = [vote(one, key=number * 1000 + turn * 5 + place + 1) for place, one in enumerate(statements)]
                sent = json.dumps({**body, "votes": votes})
                headers = {"origin": server.url, "content-type": "application/json", "cookie": f"klal-participant={cookie_of(me)}"}
                connection.request("POST", "/c/here/votes", sent, headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status in {200, 429, 503}
                if answer.status == 429:
                    refused.append(int(answer.headers["retry-after"]))
            connection.close()

        tabs = [threading.Thread(target=tab, args=(number,)) for number in range(50)]
        for one in tabs:
            one.start()
        for one in tabs:
            one.join()
        assert refused
        assert all(seconds > 0 for seconds in refused)
        assert server.vote("here", cookie_of(you), [vote(statements[0])])[0] == 200
        assert server.errors == ""
    assert len(stored_votes()) == 6


def test_two_servers_on_one_database_never_offer_what_was_answered_at_the_other(database: Configuration) -> None:
    _, statements = make_conversation(statements=10)
    me = cookie_of()
    with running(database) as one, running(database) as other:
        for place, statement in enumerate(statements):
            status, answer = (one, other)[place % 2].vote("here", me, [vote(statement)])
            assert (status, answer["voted"], answer["remaining"]) == (200, place + 1, 9 - place)
            assert not {next_one["id"] for next_one in answer["next"]} & set(statements[: place + 1])


def test_roles_in_processes_of_their_own(postgresql_database: Configuration) -> None:
    _, (first, *_) = make_conversation()
    with (
        running(postgresql_database, "--role", "intake") as intake,
        running(postgresql_database, "--role", "events") as events,
        running(postgresql_database, "--role", "web") as web,
    ):
        assert intake.vote("here", cookie_of(), [vote(first)])[0] == 200
        assert web.get("/c/here/")[0] == 200
        for server, path in ((intake, "/c/here/"), (intake, "/c/here/events"), (events, "/"), (web, "/c/here/events")):
            status, _, answer = server.get(path)
            assert (status, json.loads(answer)["code"]) == (404, "refused.not_served_here")
        connection = http.client.HTTPConnection("127.0.0.1", events.port, timeout=PATIENCE)
        connection.request("GET", "/c/here/events")
        lines = connection.getresponse()
        assert b"retry" in lines.readline()
        heard = []
        while len(heard) < 2:
            line = lines.readline()
            if line.startswith(b"data: "):
                heard.append(json.loads(line.removeprefix(b"data: ")))
                revise("here")
        connection.close()
        assert [one["revision"] for one in heard] == [0, 1]


@pytest.mark.parametrize("clock", [-3600.0, 3600.0])
def test_a_clock_set_back_or_forward_loses_no_vote(sqlite_database: Configuration, clock: float) -> None:
    from unittest import mock

    from klal.domain.ballot import Ballot, CastVote, Choice
    from klal.store import vote_store
    from klal.store.models import VoteEvent

    _, (first, *_) = make_conversation()
    me, store = new_identity(), vote_store.VoteStore()
    store.store([Ballot("here", me, (CastVote(1, first, Choice.AGREE),))])
    then = vote_store.time.time_ns() + int(clock * 1e9)
    with mock.patch.object(vote_store.time, "time_ns", return_value=then):
        store.store([Ballot("here", me, (CastVote(2, first, Choice.DISAGREE),))])
    assert stored_votes() == [(me.key, first, 1)]
    assert list(VoteEvent.objects.order_by("pk").values_list("choice", flat=True)) == [3, 1]
