"""What a convenor's programs may do: the right person, the wrong person, the wrong method, twice."""

from __future__ import annotations

import pytest

from tests.web.pages import numbers

ADDRESSES = (
    ("GET", "own/conversations", None),
    ("POST", "own/conversations", {"topic": "What now?"}),
    ("POST", "own/conversations/here/seeds", {"statements": [{"text": "Trees should line every road."}]}),
    ("GET", "own/conversations/here/queue", None),
    ("PUT", "own/conversations/here/phase", {"phase": "paused"}),
)


@pytest.mark.parametrize(("method", "address", "body"), ADDRESSES)
def test_without_a_token_nothing_is_told_and_nothing_done(here, program, method, address, body):
    from klal.store.models import Conversation

    for token in ("", "klal_made-up", "klal_" + "x" * 5000, "no token"):
        found = program(method, address, body, token)
        assert (found.status_code, found.json()["code"], found["WWW-Authenticate"]) == (401, "refused.bad_token", 'Bearer realm="klal"')
        assert found["Cache-Control"] == "private, no-store"
        assert "Access-Control-Allow-Origin" not in found
    assert Conversation.objects.values_list("slug", "phase").get() == ("here", "open")


def test_a_session_is_no_token(here, visitor):
    from django.contrib.auth.models import User

    client = visitor()
    client.force_login(User.objects.create(username="root", is_superuser=True))
    assert client.get("/api/v1/own/conversations").status_code == 401


@pytest.mark.parametrize(
    ("method", "address", "body", "allowed"),
    [(*ADDRESSES[2], {"owner"}), (*ADDRESSES[3], {"owner", "moderator"}), (*ADDRESSES[4], {"owner"})],
)
def test_who_may_is_let_and_others_are_not(here, program, token_of, method, address, body, allowed):
    for who in ("viewer", "moderator", "owner"):
        found = program(method, address, body, token_of(who))
        assert found.status_code == (200 if who in allowed else 403), who
    stranger = program(method, address, body, token_of("stranger"))
    assert (stranger.status_code, stranger.json()["code"]) == (404, "refused.unknown_conversation")
    assert program("DELETE", address, None, token_of("owner")).status_code == 405


def test_own_conversations_are_listed_with_the_role(here, program, token_of):
    found = program("GET", "own/conversations", None, token_of("moderator")).json()["conversations"]
    assert [(one["slug"], one["role"], one["phase"]) for one in found] == [("here", "moderator", "open")]
    assert program("GET", "own/conversations", None, token_of("stranger")).json() == {"conversations": []}


def test_the_hosts_own_account_owns_all(here, program):
    from django.contrib.auth.models import User

    from klal.services.accounts.tokens import make_token

    token = make_token(User.objects.create(username="root", is_superuser=True), "script", None)[1]
    found = program("GET", "own/conversations", None, token).json()["conversations"]
    assert [(one["slug"], one["role"]) for one in found] == [("here", "owner")]


def test_a_conversation_is_begun_seeded_opened_and_closed(here, program, token_of):
    from klal.store.models import AuditEntry, Conversation

    token = token_of("stranger")
    made = program("POST", "own/conversations", {"topic": "מה מחבר אותנו?", "language": "he", "slug": "what-joins"}, token)
    assert (made.status_code, made.json()["phase"], made.json()["role"]) == (201, "draft", "owner")
    again = program("POST", "own/conversations", {"topic": "Another?", "slug": "what-joins"}, token)
    assert again.status_code in {400, 409}
    assert program("GET", "conversations/what-joins").status_code == 404
    seeds = {"statements": [{"text": "כל רחוב צריך ספסל."}, {"text": "A bench.", "language": "klingon"}, {"text": "כל רחוב צריך ספסל"}]}
    added = program("POST", "own/conversations/what-joins/seeds", seeds, token).json()
    assert added == {"stored": 1, "to_mend": 2, "problem": None}
    assert program("PUT", "own/conversations/what-joins/phase", {"phase": "closed"}, token).status_code == 400
    for phase in ("open", "open", "voting", "closed", "closed"):
        assert program("PUT", "own/conversations/what-joins/phase", {"phase": phase}, token).json()["phase"] == phase
    assert program("GET", "conversations/what-joins").json()["stage"] == "closed"
    assert Conversation.objects.get(slug="what-joins").languages == ["he"]
    acts = list(AuditEntry.objects.filter(slug="what-joins").order_by("pk").values_list("act", flat=True))
    assert acts[:3] == ["created", "seeds_added", "opened"]
    assert acts.count("phase_set") == 2


def test_the_queue_is_read_in_its_parts(here, program, token_of):
    from klal.store.models import Statement

    first = numbers(here)[0]
    Statement.objects.filter(pk=first).update(state="pending")
    type(here).objects.filter(pk=here.pk).update(revision=99)
    found = program("GET", "own/conversations/here/queue", None, token_of("moderator")).json()
    assert [one["id"] for one in found["statements"]] == [first]
    assert found["counts"]["waiting"] == 1
    assert set(found["statements"][0]) == {"id", "text", "language", "is_seed", "is_meta", "state", "reason", "version", "votes", "created"}
    shown = program("GET", "own/conversations/here/queue?part=shown", None, token_of("moderator")).json()
    assert sorted(one["id"] for one in shown["statements"]) == numbers(here)[1:]
    assert program("GET", "own/conversations/here/queue?part=none", None, token_of("moderator")).status_code == 400


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("own/conversations", {}),
        ("own/conversations", {"topic": ""}),
        ("own/conversations", {"topic": "x" * 5000}),
        ("own/conversations", {"topic": "What?", "language": "klingon"}),
        ("own/conversations", {"topic": "What?", "slug": "../../etc"}),
        ("own/conversations", {"topic": "​"}),
        ("own/conversations", [1]),
        ("own/conversations/here/seeds", {"statements": []}),
        ("own/conversations/here/seeds", {"statements": [{"text": 1}]}),
        ("own/conversations/here/seeds", {"statements": [{"text": "x"}] * 201}),
    ],
)
def test_what_cannot_be_used_is_refused(here, program, token_of, address, body):
    found = program("POST", address, body, token_of("owner"))
    assert found.status_code in {400, 422}
    assert set(found.json()) == {"code", "message"}


def test_what_is_no_json_is_refused(here, token_of, visitor):
    token = token_of("owner")
    for body in ("{", "\0", "[" * 20_000, '{"topic": "\\ud800"}'):
        found = visitor().post("/api/v1/own/conversations", body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert found.status_code in {201, 400, 422}, body[:10]
