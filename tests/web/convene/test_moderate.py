from __future__ import annotations

import json
import re

import pytest

from tests.web.pages import text_of

DESK = "/convene/c/here/moderate/"
WAITING = (
    "Buses should run at night.",
    "The night buses should run in the suburbs too.",
    "צריך ספסל בכל רחוב בעיר.",
    "A <b>bold</b> idea.",
)


@pytest.fixture
def said(here):
    """Return four statements that wait, by two participants."""
    from klal.services.revising import mark_revised
    from klal.store.models import Participant, Statement

    type(here).objects.filter(pk=here.pk).update(moderation_mode="before", next_statement=20)
    authors = [Participant.objects.create(conversation=here, label=f"p{n}", key=f"key-{n}") for n in range(2)]
    made = [
        Statement.objects.create(
            conversation=here, label=str(10 + n), text=text, language="he" if "צ" in text else "en", author=authors[n % 2]
        )
        for n, text in enumerate(WAITING)
    ]
    mark_revised(here.pk)
    here.refresh_from_db()
    return made


@pytest.fixture
def anna(people):
    return people("moderator")


@pytest.fixture
def boaz(people):
    return people("owner")


def key(statement, version=0):
    return f"{statement.pk}:{version}"


def decide(client, *statements, script=False, **fields):
    headers = {"HTTP_ACCEPT": "application/json"} if script else {}
    sent = {"statement": [one if isinstance(one, str) else key(one) for one in statements], **fields}
    return client.post(f"{DESK}decide/", sent, **headers)


def state(statement):
    statement.refresh_from_db()
    return statement.state


@pytest.mark.parametrize(
    ("path", "methods", "allowed"),
    [
        ("", ("GET",), ("owner", "moderator")),
        ("decide/", ("POST",), ("owner", "moderator")),
        ("undo/", ("POST",), ("owner", "moderator")),
        ("appeal/", ("POST",), ("owner", "moderator")),
        ("policy/", ("GET", "POST"), ("owner",)),
    ],
)
def test_who_may_open_what_and_how(here, shut_out, path, methods, allowed):
    shut_out(f"{DESK}{path}", allowed=allowed, methods=methods)


def test_what_scripts_ask_and_the_pages_of_one_statement_are_the_same_peoples(said, shut_out):
    shut_out(f"{DESK}more/", allowed=("owner", "moderator"), methods=("POST",))
    for path in ("pair", "words"):
        address = f"{DESK}{said[0].pk}/{path}/"
        shut_out(address, allowed=("owner", "moderator"), methods=("GET", "POST"))


def test_the_oldest_that_waits_comes_first_with_what_is_like_it(said, anna):
    page = text_of(anna.get(DESK))
    assert f'id="text-{said[0].pk}"' in page
    assert WAITING[0] in page
    assert WAITING[1] in page  # says nearly the same
    assert 'data-count="waiting">4<' in page
    assert 'id="empty" hidden' in page


def test_a_decision_by_form_leads_to_the_next_one_and_can_be_undone(said, anna):
    answer = decide(anna, said[0], act="accept", tab="waiting")
    assert (answer.status_code, state(said[0])) == (303, "accepted")
    page = text_of(anna.get(answer["Location"]))
    assert ("Accepted." in page, f'id="text-{said[1].pk}"' in page) == (True, True)
    batch = re.search(r'name="batch" value="(\w+)"', page)
    answer = anna.post(f"{DESK}undo/", {"batch": batch.group(1)})
    assert (answer.status_code, state(said[0])) == (303, "pending")
    assert "Taken back: 1 statement is as it was." in text_of(anna.get(answer["Location"]))


def test_a_rejection_gives_its_reason_and_a_note(said, anna):
    decide(anna, said[0], reason="unclear", note="What is meant?")
    assert (state(said[0]), said[0].reason_code, said[0].reason) == ("rejected", "unclear", "What is meant?")
    page = text_of(anna.get(f"{DESK}?tab=rejected"))
    assert "Unclear" in page


def test_many_are_decided_at_once_from_the_list(said, anna):
    page = text_of(anna.get(f"{DESK}?view=list"))
    assert page.count('name="statement"') == 4
    assert "A &lt;b&gt;bold&lt;/b&gt; idea." in page
    answer = decide(anna, *said[:3], act="reject", why="spam", view="list", tab="waiting")
    assert "3 rejected." in text_of(anna.get(answer["Location"]))
    assert {state(one) for one in said} == {"rejected", "pending"}


def test_a_script_is_answered_as_json_with_the_counts(said, anna):
    answer = decide(anna, said[0], act="accept", script=True)
    found = json.loads(answer.content)
    assert (answer.status_code, found["said"], found["counts"]["waiting"]) == (200, "Accepted.", "3")
    answer = anna.post(f"{DESK}undo/", {"batch": found["batch"], "tab": "waiting"}, HTTP_ACCEPT="application/json")
    found = json.loads(answer.content)
    assert [card["id"] for card in found["cards"]] == [said[0].pk]
    assert key(said[0], 2) in found["cards"][0]["html"]


def test_who_comes_second_is_told_what_happened_without_a_name(said, anna, boaz):
    decide(boaz, said[0], act="accept")
    answer = decide(anna, said[0], reason="spam", script=True)
    told = json.loads(answer.content)
    assert answer.status_code == 409
    assert told["message"] == "Another moderator has decided on this one a moment ago. It is now: Accepted."
    answer = decide(anna, said[0], reason="spam")
    assert (answer.status_code, "Another moderator has decided" in text_of(answer)) == (409, True)
    assert "owner" not in told["message"]
    assert state(said[0]) == "accepted"


def test_of_many_those_that_changed_meanwhile_are_named(said, anna, boaz):
    decide(boaz, said[0], act="accept")
    answer = decide(anna, *said, reason="spam")
    page = text_of(anna.get(answer["Location"]))
    assert "3 rejected." in page
    assert "1 statement had changed meanwhile and was left as it is: #10" in page


def test_without_scripts_too_the_next_one_is_kept_from_others(said, anna, boaz):
    decide(anna, said[0], act="accept", tab="waiting")
    assert f'id="text-{said[2].pk}"' in text_of(boaz.get(DESK))
    assert f'id="text-{said[1].pk}"' in text_of(anna.get(DESK))


def test_the_page_that_says_what_was_refused_leads_back_to_the_queue(said, anna):
    page = text_of(decide(anna, "999999:0", act="accept"))
    assert 'href="?' not in page
    assert f'href="{DESK}?tab=second"' in page


def test_sent_twice_it_is_done_once(said, anna):
    for _ in range(2):
        assert decide(anna, said[0], act="accept").status_code == 303
    assert said[0].acts.count() == 1


@pytest.mark.parametrize(
    ("statements", "fields"),
    [
        ((), {"act": "accept"}),
        (("x",), {"act": "accept"}),
        (("1:x",), {"act": "accept"}),
        (("1:0",) * 91, {"act": "accept"}),
        (("1:0",), {"act": "merge"}),
        (("1:0",), {"act": "\x00"}),
        (("1:0",), {"reason": "replaced"}),
        (("1:0",), {"act": "reject", "why": "because"}),
    ],
)
def test_what_makes_no_sense_is_refused(said, anna, statements, fields):
    assert decide(anna, *statements, **fields).status_code == 400
    assert said[0].acts.count() == 0


def test_what_is_elsewhere_cannot_be_decided_here(said, anna):
    assert decide(anna, "999999:0", act="accept").status_code == 404


def test_dealing_gives_each_moderator_others(said, anna, boaz):
    first = json.loads(anna.post(f"{DESK}more/", {"tab": "waiting"}).content)["cards"]
    assert [card["id"] for card in first] == [one.pk for one in said]
    assert json.loads(boaz.post(f"{DESK}more/", {"tab": "waiting"}).content)["cards"] == []
    assert '<p class="lede" tabindex="-1">What is left is on the screens of other moderators.' in text_of(boaz.get(DESK))
    again = json.loads(anna.post(f"{DESK}more/", {"tab": "waiting", "keep": [said[0].pk, "x"]}).content)["cards"]
    assert [card["id"] for card in again] == [one.pk for one in said[1:]]


def test_what_is_held_is_free_again_after_a_while(said, anna, boaz, here):
    from datetime import timedelta

    from django.utils import timezone

    anna.post(f"{DESK}more/", {"tab": "waiting"})
    here.statements.update(held_until=timezone.now() - timedelta(seconds=1))
    assert len(json.loads(boaz.post(f"{DESK}more/", {"tab": "waiting"}).content)["cards"]) == 4


def test_a_page_that_is_read_holds_nothing(said, anna, here):
    for query in ("", "?view=list", "?tab=all", "?tab=appeals", f"?one={said[0].pk}"):
        before = type(here).objects.get(pk=here.pk).revision
        assert anna.get(f"{DESK}{query}").status_code == 200
        assert not here.statements.exclude(held_by=None).exists()
        assert type(here).objects.get(pk=here.pk).revision == before


def test_the_list_is_turned_by_page_and_searched(here, anna, monkeypatch):
    from klal.services.moderation import queue
    from klal.store.models import Statement

    monkeypatch.setattr(queue.page, "__kwdefaults__", {**queue.page.__kwdefaults__, "most": 3})
    Statement.objects.bulk_create(Statement(conversation=here, label=f"n{n}", text=f"Idea number {n}.") for n in range(7))
    seen, address = [], f"{DESK}?view=list&tab=waiting"
    for _ in range(3):
        page = text_of(anna.get(address))
        seen += re.findall(r"Idea number (\d)\.</p>", page)
        after = re.search(r'after=(\d+)">Next', page)
        address = f"{DESK}?view=list&tab=waiting&after={after.group(1)}" if after else ""
    assert (seen, address) == ([str(n) for n in range(7)], "")
    assert re.findall(r"Idea number (\d)\.</p>", text_of(anna.get(f"{DESK}?q=number+4"))) == ["4"]
    assert re.findall(r"Idea number (\d)\.</p>", text_of(anna.get(f"{DESK}", {"q": "#n2"}))) == ["2"]
    assert re.findall(r"Idea number (\d)\.</p>", text_of(anna.get(f"{DESK}?tab=all"))) == ["6", "5", "4"]


def test_where_statements_are_shown_first_those_with_most_votes_come_first(said, here, anna):
    from tests.web.pages import snapshot

    type(here).objects.filter(pk=here.pk).update(moderation_mode="after")
    here.refresh_from_db()
    snapshot(here, statements={str(said[n].pk): {"agree": n, "disagree": 0, "pass": 0, "seen": 10 * n} for n in range(4)})
    order = re.findall(r'name="statement" id="s(\d+)"', text_of(anna.get(f"{DESK}?view=list")))
    assert order == [str(one.pk) for one in reversed(said)]
    assert f'id="text-{said[3].pk}"' in text_of(anna.get(DESK))
    cards = json.loads(anna.post(f"{DESK}more/", {"tab": "waiting"}).content)["cards"]
    assert [card["id"] for card in cards] == [one.pk for one in reversed(said)]
    page = text_of(anna.get(f"{DESK}?view=list&after={said[2].pk}"))
    assert re.findall(r'name="statement" id="s(\d+)"', page) == [str(said[1].pk), str(said[0].pk)]


def test_a_second_opinion_goes_to_somebody_else(said, anna, boaz):
    decide(anna, said[0], act="ask_second")
    assert "You asked for a second opinion" in text_of(anna.get(f"{DESK}?tab=second"))
    assert json.loads(anna.post(f"{DESK}more/", {"tab": "second"}).content)["cards"] == []
    assert decide(anna, key(said[0], 1), act="accept").status_code == 409
    assert len(json.loads(boaz.post(f"{DESK}more/", {"tab": "second"}).content)["cards"]) == 1
    assert decide(boaz, key(said[0], 1), act="accept").status_code == 303


def test_somebody_elses_act_is_not_undone_and_nothing_is_said_of_it(said, anna, boaz):
    answer = decide(boaz, said[0], act="accept", script=True)
    batch = json.loads(answer.content)["batch"]
    assert anna.post(f"{DESK}undo/", {"batch": batch}).status_code == 400
    assert "Accepted.</p>" not in text_of(anna.get(f"{DESK}?done={batch}"))


def test_the_forecast_says_how_long_it_takes(said, here, anna):
    assert "At this pace the queue grows" in text_of(anna.get(DESK))
    from klal.store.models import Statement

    Statement.objects.filter(conversation=here).update(created=None)
    for one in said[:2]:
        decide(anna, one, act="accept")
    assert "At this pace the queue is empty in 60 minutes." in text_of(anna.get(DESK))
    for one in said[2:]:
        decide(anna, one, act="accept")
    assert "Nothing waits for a decision." in text_of(anna.get(DESK))


@pytest.mark.parametrize(("minutes", "words"), [(0, "1 minute old"), (50, "50 minutes old"), (200, "3 hours old"), (5000, "3 days old")])
def test_the_age_of_a_statement_is_told_in_words(said, here, anna, minutes, words):
    from datetime import timedelta

    from django.utils import timezone

    here.statements.filter(pk=said[0].pk).update(created=timezone.now() - timedelta(minutes=minutes))
    assert words in text_of(anna.get(DESK))


def test_it_speaks_hebrew_from_right_to_left(said, people):
    page = text_of(people("moderator", "he").get(DESK))
    assert ('dir="rtl"' in page, "לקבל" in page, "ממתינים" in page) == (True, True, True)
