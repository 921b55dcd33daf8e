from __future__ import annotations

import re
from datetime import timedelta

import pytest

from klal.domain.identity import COOKIE, Identity, to_cookie
from tests.web.pages import HOME, close, data_of, numbers, snapshot, standing_votes, text_of, vote


def test_a_first_visit_shows_one_statement_and_stores_nothing(here, visitor):
    response = visitor().get(HOME)
    assert response.status_code == 200
    assert text_of(response).count('id="statement"') == 1
    assert "What joins our town?" in text_of(response)
    assert "To act together." in text_of(response)
    assert here.participants.count() == 0
    cookie = response.cookies[COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (HOME, True, "Lax")


def test_a_known_browser_is_given_no_new_cookie(browser_of):
    assert COOKIE not in browser_of.get(HOME).cookies


def test_a_vote_by_form_is_stored_and_the_next_statement_shown(here, browser_of):
    first = numbers(here)[0]
    response = vote(browser_of, first, "disagree", important="1")
    assert (response.status_code, response["Location"]) == (303, f"{HOME}?done={first}#vote")
    assert standing_votes(here) == [(first, 1, True)]
    after = browser_of.get(response["Location"])
    assert "Your last vote: Disagree" in text_of(after)
    assert "1 of 4" in text_of(after)
    assert data_of(after)["last"]["id"] == first


def test_the_same_form_sent_twice_is_one_vote(here, browser_of):
    from klal.store.models import VoteEvent

    first = numbers(here)[0]
    for _ in range(2):
        assert vote(browser_of, first, key="12345").status_code == 303
    assert VoteEvent.objects.count() == 1
    assert here.participants.count() == 1


def test_the_same_form_changed_and_sent_again_is_another_vote(here, browser_of):
    first, second, *_ = numbers(here)
    vote(browser_of, first, "agree", key="12345")
    vote(browser_of, first, "disagree", key="12345")
    vote(browser_of, second, "disagree", key="12345")
    assert standing_votes(here) == [(first, 1, False), (second, 1, False)]


def test_a_form_changed_to_and_fro_ends_where_it_was_left(here, browser_of):
    first, *_ = numbers(here)
    for choice in ("agree", "disagree", "agree"):
        assert vote(browser_of, first, choice, key="12345").status_code == 303
    assert standing_votes(here) == [(first, 3, False)]
    vote(browser_of, first, "agree", key="12345", important="1")
    vote(browser_of, first, "agree", key="12345")
    assert standing_votes(here) == [(first, 3, False)]


def test_the_link_and_language_of_who_votes_by_form_are_kept(here, browser_of):
    from klal.store.models import Channel

    Channel.objects.create(conversation=here, code="poster", name="The poster")
    browser_of.cookies["klal-channel"] = "poster"
    vote(browser_of, numbers(here)[0])
    assert list(here.participants.values_list("language", "channel")) == [("en", "poster")]


def test_a_stranger_to_a_conversation_for_those_invited_reads_and_may_not_vote(here, browser_of):
    type(here).objects.filter(pk=here.pk).update(voters="invited")
    page = text_of(browser_of.get(HOME))
    assert "for those who were invited" in page
    assert 'name="choice"' not in page
    assert vote(browser_of, numbers(here)[0]).status_code == 403
    assert browser_of.post(f"{HOME}speak/", {"text": "Open the door."}).status_code == 403
    assert here.participants.count() == 0


def test_a_vote_can_be_changed_from_the_page(here, browser_of):
    first = numbers(here)[0]
    vote(browser_of, first, "agree", important="1")
    page = text_of(browser_of.get(f"{HOME}?again={first}"))
    assert "Your vote so far: Agree" in page
    assert 'value="agree" class="choice" aria-pressed="true"' in page
    assert "checked" in page
    vote(browser_of, first, "pass")
    assert standing_votes(here) == [(first, 2, False)]


def test_a_vote_can_be_withdrawn(here, browser_of):
    first = numbers(here)[0]
    vote(browser_of, first)
    assert vote(browser_of, first, "withdraw")["Location"] == HOME
    assert standing_votes(here) == []


def test_when_all_is_answered_the_end_says_so(here, browser_of):
    for number in numbers(here):
        vote(browser_of, number)
    page = text_of(browser_of.get(HOME))
    assert "You have answered everything." in page
    assert re.search(r'<form class="card"[^>]* hidden>', page)


def test_an_empty_conversation_asks_for_a_beginning(here, browser_of):
    here.statements.update(state="rejected")
    from klal.services.revising import mark_revised

    mark_revised(here.pk)
    assert "Nobody has said anything yet." in text_of(browser_of.get(HOME))


@pytest.mark.parametrize("fields", [{}, {"statement": "1"}, {"statement": "x", "choice": "agree"}, {"statement": "1", "choice": "maybe"}])
def test_a_form_without_a_statement_or_a_choice_is_a_bad_request(browser_of, fields):
    assert browser_of.post(HOME, fields).status_code == 400


@pytest.mark.parametrize("number", ["0", "999999999", str(2**63 - 1), str(2**63), "9" * 30, "-1", "１"])
def test_an_unknown_statement_is_refused(browser_of, number):
    assert vote(browser_of, number).status_code in {400, 404}


def test_a_statement_of_another_conversation_is_refused(here, browser_of):
    from klal.services.opening import open_conversation

    other = open_conversation("Another town?", slug="there", seeds=["Trees are good."])
    assert vote(browser_of, numbers(other)[0]).status_code == 404


def test_a_rejected_statement_is_refused(here, browser_of):
    from klal.services.revising import mark_revised

    here.statements.filter(pk=numbers(here)[0]).update(state="rejected")
    mark_revised(here.pk)
    assert vote(browser_of, numbers(here)[0]).status_code == 404


def test_a_key_out_of_range_is_replaced(here, browser_of):
    for key in ("0", str(2**53), "x"):
        assert vote(browser_of, numbers(here)[0], key=key).status_code == 303


@pytest.mark.parametrize("query", ["again=x", "again=1", "done=999999999999999999999", "done=", "again=%00"])
def test_an_odd_address_shows_the_page_all_the_same(browser_of, query):
    assert browser_of.get(f"{HOME}?{query}").status_code == 200


def test_a_vote_on_what_is_no_longer_shown_is_not_offered_for_change(here, browser_of):
    from klal.services.revising import mark_revised

    first = numbers(here)[0]
    vote(browser_of, first)
    here.statements.filter(pk=first).update(state="rejected")
    mark_revised(here.pk)
    assert 'id="before" hidden' in text_of(browser_of.get(f"{HOME}?again={first}"))


def test_a_closed_conversation_is_readable_and_takes_nothing(here, browser_of):
    vote(browser_of, numbers(here)[0])
    close(here)
    page = browser_of.get(HOME)
    assert page.status_code == 200
    assert "This conversation is closed." in text_of(page)
    assert 'id="card"' not in text_of(page)
    assert vote(browser_of, numbers(here)[1]).status_code == 409
    assert len(standing_votes(here)) == 1


def test_a_conversation_that_opens_later_says_when(here, browser_of):
    from django.utils import timezone

    here.opens_at = timezone.now() + timedelta(days=1)
    here.save()
    page = text_of(browser_of.get(HOME))
    assert f"{here.opens_at:%B %Y, %H:%M} (UTC)" in page
    assert 'id="card"' not in page


def test_a_draft_is_unknown(here, browser_of):
    type(here).objects.filter(pk=here.pk).update(phase="draft")
    assert browser_of.get(HOME).status_code == 404


def test_made_up_votes_are_labelled(here, browser_of):
    here.is_synthetic = True
    here.save()
    assert "made up by a generator" in text_of(browser_of.get(HOME))


def test_a_forged_cookie_is_somebody_new(here, visitor):
    client = visitor()
    client.cookies[COOKIE] = "AAAAAAAAAAAAAAAAAAAAAA.0.forged"
    response = client.get(HOME)
    assert response.status_code == 200
    assert COOKIE in response.cookies


def test_a_revoked_cookie_reads_as_somebody_new_and_may_not_vote(here, browser_of, database):
    vote(browser_of, numbers(here)[0])
    here.participants.update(epoch=1)
    assert vote(browser_of, numbers(here)[1]).status_code == 403
    response = browser_of.get(HOME)
    assert COOKIE in response.cookies
    assert "0 of 4" in text_of(response)
    assert vote(browser_of, numbers(here)[1]).status_code == 303


def test_a_cookie_of_another_conversation_is_worth_nothing(here, visitor, database):
    client = visitor()
    client.cookies[COOKIE] = to_cookie(Identity("A" * 22), "there", database.secret_key)
    assert COOKIE in client.get(HOME).cookies


def test_the_page_is_for_its_reader_alone(browser_of):
    response = browser_of.get(HOME)
    assert "no-store" in response["Cache-Control"]
    assert "Cookie" in response["Vary"]


def test_texts_are_never_markup(here, browser_of):
    from klal.services.revising import mark_revised

    evil = "</script><script>alert(1)</script> & <b>bold</b>"
    here.statements.update(text=evil)
    here.topic = here.shared_purpose = here.description = evil
    here.save()
    mark_revised(here.pk)
    page = text_of(browser_of.get(HOME))
    assert "<script>alert" not in page
    assert "<b>" not in page
    assert data_of(browser_of.get(HOME))["next"][0]["text"] == evil


def test_the_script_is_given_statements_ahead_and_its_sentences(browser_of):
    data = data_of(browser_of.get(HOME))
    assert len(data["next"]) == 4
    assert data["words"]["agree"] == "Agree"
    assert data["words"]["waiting"]["other"].startswith("{count} votes")


def test_translations_are_shown_in_the_readers_language(here, visitor):
    from klal.services.revising import mark_revised

    here.texts = {"he": {"topic": "מה מחבר את העיר שלנו?"}}
    here.save()
    here.statements.update(translations={"he": "משפט בעברית"})
    mark_revised(here.pk)
    page = text_of(visitor("he-IL,he;q=0.9").get(HOME))
    assert '<html lang="he" dir="rtl">' in page
    assert "מה מחבר את העיר שלנו?" in page
    assert 'id="statement" lang="he" dir="auto" tabindex="-1">משפט בעברית<' in page


def test_the_last_counts_are_shown(here, browser_of):
    snapshot(here)
    assert "1,234 votes" in text_of(browser_of.get(HOME))


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(browser_of, method):
    response = getattr(browser_of, method)(HOME)
    assert response.status_code == 405
    assert response["Allow"] == "GET, POST, HEAD"


def test_head_is_answered(browser_of):
    assert browser_of.head(HOME).status_code == 200


def test_a_form_from_elsewhere_is_refused(here, visitor):
    from klal.services.taking_part import find_conversation

    client = visitor(enforce_csrf_checks=True)
    client.get(HOME)
    response = vote(client, numbers(find_conversation("here"))[0])
    assert response.status_code == 403
    assert "load the page again" in text_of(response)
    assert standing_votes(here) == []


def test_a_topic_says_which_language_it_is_in(here, visitor):
    assert '<h1 dir="auto" lang="en">What joins our town?' in text_of(visitor("he").get(HOME))
    here.texts = {"he": {"topic": "מה מחבר את העיר?"}}
    here.save()
    assert '<h1 dir="auto" lang="he">מה מחבר את העיר?' in text_of(visitor("he").get(HOME))
