"""What everybody may read, and how it may be kept."""

from __future__ import annotations

import json

import pytest

from tests.web.pages import numbers, snapshot

PUBLIC = ("conversations", "conversations/here", "conversations/here/statements", "conversations/here/results", "openapi.json")


def test_conversations_that_are_listed_are_told_the_newest_first(here, program):
    from klal.services.opening import open_conversation
    from klal.store.models import Conversation

    for slug in ("second", "unlisted", "draft", "leaving"):
        open_conversation(f"What of {slug}?", slug=slug, languages=["en"])
    Conversation.objects.filter(slug="unlisted").update(is_listed=False)
    Conversation.objects.filter(slug="draft").update(phase="draft")
    Conversation.objects.filter(slug="leaving").update(deletes_at="2030-01-01T00:00Z")
    found = program("GET", "conversations").json()
    assert [one["slug"] for one in found["conversations"]] == ["second", "here"]
    assert found["next"] is None
    assert found["conversations"][1] | {"counts": None} == {
        "slug": "here",
        "address": "/c/here/",
        "topic": "What joins our town?",
        "description": "About the town.",
        "shared_purpose": "To act together.",
        "languages": ["en", "he"],
        "texts": {},
        "stage": "open",
        "voters": "anyone",
        "speakers": "anyone",
        "opens_at": None,
        "statements_until": None,
        "closes_at": None,
        "is_synthetic": False,
        "counts": None,
    }
    assert program("GET", "conversations/unlisted").status_code == 200
    assert [program("GET", f"conversations/{slug}").status_code for slug in ("draft", "leaving", "none")] == [404] * 3


def test_pages_of_conversations_and_statements_follow_one_another(here, program, monkeypatch):
    from klal.services.opening import open_conversation
    from klal.web.api import public

    monkeypatch.setattr(public, "PAGE", 1)
    open_conversation("Another?", slug="second", languages=["en"])
    first = program("GET", "conversations").json()
    second = program("GET", f"conversations?after={first['next']}").json()
    assert [one["slug"] for page in (first, second) for one in page["conversations"]] == ["second", "here"]
    assert second["next"] is None
    start = program("GET", "conversations/here/statements?limit=3").json()
    rest = program("GET", f"conversations/here/statements?limit=3&after={start['next']}").json()
    assert [one["id"] for page in (start, rest) for one in page["statements"]] == numbers(here)
    assert rest["next"] is None


def test_only_statements_that_are_shown_are_told_and_nothing_of_their_authors(here, program):
    from klal.store.models import Statement

    hidden = numbers(here)[0]
    Statement.objects.filter(pk=hidden).update(state="rejected")
    type(here).objects.filter(pk=here.pk).update(revision=99)
    found = program("GET", "conversations/here/statements").json()["statements"]
    assert [one["id"] for one in found] == numbers(here)[1:]
    assert set(found[0]) == {"id", "text", "language", "translations", "is_seed", "is_meta"}


def test_results_are_the_screened_findings_without_what_was_taken_down(here, program):
    from klal.store.models import Statement

    none = program("GET", "conversations/here/results")
    assert (none.status_code, none.json()["code"]) == (404, "refused.no_results")
    snapshot(here)
    first = numbers(here)[0]
    found = program("GET", "conversations/here/results").json()
    assert found["counts"]["votes"] == 1234
    assert found["common_ground"][0]["statement"] == first
    assert found["statements"][str(first)]["groups"]["1"] is None
    assert len(found["map"]["points"]) == 32
    Statement.objects.filter(pk=first).update(state="rejected")
    type(here).objects.filter(pk=here.pk).update(revision=99, names={"groups": {"0": {"en": "The neighbours"}}})
    after = program("GET", "conversations/here/results").json()
    assert after["common_ground"] == []
    assert str(first) not in after["statements"]
    assert after["groups"][0]["name"] == {"en": "The neighbours"}


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_sent_again_only_if_it_changed_and_any_site_may_read_it(here, program, address):
    snapshot(here)
    found = program("GET", address)
    assert found.status_code == 200
    assert (found["Cache-Control"], found["Access-Control-Allow-Origin"]) == ("no-cache", "*")
    assert "Access-Control-Allow-Credentials" not in found
    assert not found.cookies
    again = program("GET", address, HTTP_IF_NONE_MATCH=found["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert program("HEAD", address).status_code == 200


@pytest.mark.parametrize("address", PUBLIC)
def test_other_methods_are_refused_as_json(here, program, address):
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        found = program(method, address)
        assert (found.status_code, found["Allow"], found.json()["code"]) == (405, "GET, HEAD", "refused.wrong_method")


def test_errors_are_told_in_the_language_of_the_header_and_no_cookie_changes_it(here, program, visitor):
    found = program("GET", "conversations/none", HTTP_ACCEPT_LANGUAGE="he")
    assert found.json()["code"] == "refused.unknown_conversation"
    assert "אין שיחה" in found.json()["message"]
    client = visitor("en")
    client.cookies["klal-language"] = "he"
    assert client.get("/api/v1/conversations/none").json()["message"].startswith("There is no conversation")


@pytest.mark.parametrize("query", ["after=x", "after=-1", f"after={2**63}", "limit=0", "limit=1001"])
def test_what_cannot_be_asked_is_named(here, program, query):
    found = program("GET", f"conversations/here/statements?{query}")
    assert (found.status_code, found.json()["code"]) == (400, "refused.bad_request")
    assert query.partition("=")[0] in found.json()["message"]


def test_one_address_asks_only_so_often(here, program, monkeypatch):
    from klal.domain.limits import read_limits
    from klal.intake.limits import Limits
    from klal.web.api import answers

    limits = Limits(read_limits("api=2/1"))
    monkeypatch.setattr(answers, "shared_limits", lambda: limits)
    found = [program("GET", "conversations") for _ in range(3)]
    assert [one.status_code for one in found] == [200, 200, 429]
    assert int(found[-1]["Retry-After"]) > 0


def test_an_absent_database_is_told(here, program, monkeypatch):
    from django.db import DataError, OperationalError

    from klal.web.api import public

    def fail(error):
        def raise_it(slug):
            raise error

        return raise_it

    for error, status in ((OperationalError(), 503), (DataError(), 400)):
        monkeypatch.setattr(public, "find_conversation", fail(error))
        assert program("GET", "conversations/here").status_code == status
    monkeypatch.setattr(public, "find_conversation", fail(ZeroDivisionError()))
    assert program("GET", "conversations/here").status_code == 500


def test_the_document_and_its_page_name_every_address(here, program):
    document = json.loads(program("GET", "openapi.json").content)
    assert document["openapi"].startswith("3.")
    assert "/c/{slug}/votes" in document["paths"]
    page = program("GET", "docs")
    assert page.status_code == 200
    for address in document["paths"]:
        assert address in page.content.decode()
    assert "<script" not in page.content.decode()
    assert program("POST", "docs").status_code == 405
