"""The list and the four steps: who may, what is stored, and that what was typed is never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.pages import text_of

NEW, HERE = "/convene/new/", "/convene/c/here/create/"
WORDS = {"languages": ["en", "he"], "topic_en": "What joins us?", "topic_he": "מה מחבר אותנו?", "form": "f"}


@pytest.fixture
def draft(here):
    type(here).objects.filter(pk=here.pk).update(phase="draft")
    here.refresh_from_db()
    return here


def owner_of(slug):
    from klal.store.models import Conversation

    return Conversation.objects.get(slug=slug)


@pytest.mark.parametrize(
    ("page", "methods"),
    [
        ("question/", ("GET", "POST")),
        ("statements/", ("GET", "POST")),
        ("rules/", ("GET", "POST")),
        ("look/", ("GET",)),
        ("look/he/", ("GET",)),
        ("open/", ("POST",)),
    ],
)
def test_the_steps_are_the_owners(draft, shut_out, page, methods):
    shut_out(HERE + page, allowed=("owner",), methods=methods)


def test_a_new_conversation_takes_an_account(here, people):
    assert people("nobody").get(NEW)["Location"] == f"/convene/sign-in/?next={NEW}"
    assert people("stranger").get(NEW).status_code == 200
    assert people("stranger").put(NEW).status_code == 405


def test_looking_at_the_form_stores_nothing(here, people):
    people("stranger").get(NEW)
    assert type(here).objects.count() == 1


def test_the_first_step_makes_a_draft_once(here, people):
    client = people("stranger")
    first = client.post(NEW, {**WORDS, "shared_purpose_en": "To act."})
    assert (first.status_code, first["Location"]) == (303, "/convene/c/what-joins-us/create/statements/")
    assert client.post(NEW, WORDS)["Location"] == first["Location"]
    made = owner_of("what-joins-us")
    assert (made.phase, made.languages, made.texts["he"]["topic"]) == ("draft", ["en", "he"], "מה מחבר אותנו?")
    assert people("nobody").get("/c/what-joins-us/").status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"topic_en": "", "topic_he": " "}, "Write a question"),
        ({"languages": []}, "Choose at least one language"),
        ({"topic_en": "x" * 201}, "201 characters; at most 200 fit."),
        ({"slug": "No Address"}, "Use small Latin letters"),
        ({"slug": "here"}, "Another conversation has this address already."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_the_rest_stays(here, people, change, told):
    typed = {**WORDS, "description_en": "Line one\nLine two", **change}
    response = people("stranger").post(NEW, typed)
    page = text_of(response)
    assert response.status_code == 422
    assert told in page
    assert "Line one\nLine two" in page
    assert page.count('aria-invalid="true"') + page.count("languages-wrong") >= 1
    assert type(here).objects.count() == 1


def test_the_words_of_a_draft_can_be_changed_and_its_address_moved(draft, people):
    owner = people("owner")
    page = text_of(owner.get(f"{HERE}question/"))
    assert "What joins our town?" in page
    assert 'value="here"' in page
    response = owner.post(f"{HERE}question/", {**WORDS, "slug": "there"})
    assert response["Location"] == "/convene/c/there/create/statements/"
    taken = owner.post("/convene/c/there/create/question/", {**WORDS, "slug": "-"})
    assert (taken.status_code, "Use small Latin letters" in text_of(taken)) == (422, True)
    from klal.services.opening import open_conversation

    open_conversation("Another?", slug="here")
    taken = owner.post("/convene/c/there/create/question/", {**WORDS, "slug": "here"})
    assert (taken.status_code, "has this address already" in text_of(taken)) == (422, True)


def test_rules_have_good_defaults_and_dates_are_in_the_time_zone_given(draft, people):
    owner, page = people("owner"), f"{HERE}rules/"
    assert "zone.js" in text_of(owner.get(page))  # nobody has chosen one yet: a script proposes the browser's
    dates = {"opens_at": "2199-06-01T10:00", "closes_at": "2199-07-01T10:00", "zone": "Asia/Jerusalem"}
    response = owner.post(page, {**dates, "voters": "invited", "speakers": "convenors", "moderation": "before"})
    assert response["Location"] == f"{HERE}look/"
    made = owner_of("here")
    assert (made.voters, made.speakers, made.moderation_mode, made.is_listed) == ("invited", "convenors", "before", False)
    assert f"{made.opens_at:%H:%M}" == "07:00"
    shown = text_of(owner.get(page))
    assert 'value="2199-06-01T10:00"' in shown
    assert "zone.js" not in shown
    assert "1 June 2199, 10:00" in text_of(owner.get(f"{HERE}look/"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"opens_at": "soon"}, "Give day and time"),
        ({"zone": "Moon/Base"}, "Choose a time zone"),
        ({"closes_at": "2001-01-01T10:00"}, "This is over already."),
        ({"opens_at": "2199-06-01T10:00", "closes_at": "2199-05-01T10:00"}, "after the opening"),
        ({"statements_until": "2199-06-01T10:00", "closes_at": "2199-05-01T10:00"}, "before the closing"),
    ],
)
def test_dates_that_cannot_be_are_told_and_kept(draft, people, change, told):
    response = people("owner").post(f"{HERE}rules/", {"zone": "UTC", **change})
    page = text_of(response)
    assert response.status_code == 422
    assert told in page
    assert all(value in page for name, value in change.items() if name != "zone")
    assert owner_of("here").closes_at is None


def test_the_look_shows_the_participants_page_in_each_language(draft, people):
    owner = people("owner")
    page = text_of(owner.get(f"{HERE}look/"))
    assert page.count("<iframe") == 2
    assert "There are 4 statements. Ten make a better beginning" in page
    frame = owner.get(f"{HERE}look/he/")
    assert (frame["X-Frame-Options"], "frame-ancestors 'self'" in frame["Content-Security-Policy"]) == ("SAMEORIGIN", True)
    assert 'lang="he" dir="rtl"' in text_of(frame)
    assert "Every street should have a bench." in text_of(frame)
    assert owner.get(f"{HERE}look/fr/").status_code == 400
    around = owner.get(f"{HERE}look/")
    assert around["X-Frame-Options"] == "DENY"
    assert "frame-src 'self'" in around["Content-Security-Policy"]
    assert "frame-src" not in owner.get(f"{HERE}rules/")["Content-Security-Policy"]


def test_a_draft_without_statements_says_so(draft, people):
    draft.statements.all().delete()
    owner = people("owner")
    assert "There is no statement yet." in text_of(owner.get(f"{HERE}look/"))
    assert owner.get(f"{HERE}look/en/").status_code == 200


def test_it_opens_now_and_the_steps_are_over(draft, people):
    owner = people("owner")
    assert owner.post(f"{HERE}open/", {"when": "now"})["Location"] == "/convene/c/here/share/?opened=1"
    assert owner.post(f"{HERE}open/", {"when": "now"}).status_code == 303
    assert owner_of("here").phase == "open"
    assert "It is open." in text_of(owner.get("/convene/c/here/share/?opened=1"))
    for step in ("question/", "statements/", "rules/", "look/"):
        assert owner.get(HERE + step)["Location"] == "/convene/c/here/share/"
        assert owner.post(HERE + step, WORDS).status_code in {303, 405}


def test_it_opens_on_its_date(draft, people):
    from django.utils import timezone

    type(draft).objects.filter(pk=draft.pk).update(opens_at=timezone.now() + timedelta(days=2))
    owner = people("owner")
    owner.post(f"{HERE}open/", {"when": "later"})
    assert owner_of("here").opens_at is not None
    assert "It is ready." in text_of(owner.get("/convene/c/here/share/?opened=1"))
    assert "opens" in text_of(people("nobody").get("/c/here/"))


def test_the_list_tells_what_runs_what_waits_and_what_is_put_away(here, people):
    from django.utils import timezone

    from klal.services.convening import make_owner
    from klal.services.opening import open_conversation
    from klal.store.models import Appeal, Statement

    owner = people("owner")
    account = here.memberships.get(role="owner").account
    for slug, values in (
        ("begun", {"phase": "draft", "topic": ""}),
        ("over", {"phase": "closed"}),
        ("away", {"archived": timezone.now()}),
        ("soon", {"opens_at": timezone.now() + timedelta(days=9)}),
    ):
        made = open_conversation("Another town?", slug=slug)
        make_owner(account, made)
        type(made).objects.filter(pk=made.pk).update(**values)
    type(here).objects.filter(pk=here.pk).update(moderation_mode="before", closes_at=timezone.now() + timedelta(days=9))
    said = Statement.objects.create(conversation=here, label="8", text="Said")
    Appeal.objects.create(statement=said)
    page = text_of(owner.get("/convene/"))
    for words in (
        "Waiting for you",
        "1 statement to look at",
        "1 appeal",
        "Running",
        "Drafts",
        "Finished",
        "Put away",
        "Opens on",
        "Until",
    ):
        assert words in page, words
    assert 'href="/convene/c/begun/create/question/"' in page
    assert "Without a question yet" in page
    assert "Waiting for you" not in text_of(people("viewer").get("/convene/"))


def test_who_convenes_nothing_is_told_how_to_begin(here, people):
    page = text_of(people("stranger").get("/convene/"))
    assert "Begin with a question." in page
    assert f'href="{NEW}"' in page


def test_the_hosts_account_sees_all(here, people):
    from django.contrib.auth.models import User

    client = people("stranger")
    User.objects.filter(username="stranger").update(is_superuser=True)
    assert "/convene/c/here/" in text_of(client.get("/convene/"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.fixed_dictionaries(
        {},
        optional={
            name: st.text(max_size=40)
            for name in ("languages", "topic_en", "topic_he", "description_en", "slug", "form", "voters", "zone", "opens_at", "closes_at")
        },
    )
)
def test_no_form_is_a_fault(draft, people, fields):
    owner = people("owner")
    for address in (NEW, f"/convene/c/{owner_slug(draft)}/create/question/", f"/convene/c/{owner_slug(draft)}/create/rules/"):
        assert owner.post(address, fields).status_code in {303, 400, 422}, (address, fields)


def owner_slug(draft):
    return type(draft).objects.values_list("slug", flat=True).get(pk=draft.pk)
