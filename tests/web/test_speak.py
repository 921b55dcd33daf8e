from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.web.conftest import TEXTS
from tests.web.pages import HOME, close, data_of, numbers, standing_votes, text_of

SPEAK = f"{HOME}speak/"
NEW = "A choir in every quarter would bring people together."


def say(client, text=NEW, **fields):
    return client.post(SPEAK, {"text": text, **fields})


def test_the_form_guides_and_says_what_happens_next(browser_of):
    page = text_of(browser_of.get(SPEAK))
    assert "One idea." in page
    assert "It is shown to others at once." in page
    assert "280 characters at most" in page


def test_a_statement_is_stored_with_its_authors_agreement(here, browser_of):
    response = say(browser_of, agrees="1")
    assert (response.status_code, response["Location"]) == (303, f"{HOME}mine/?spoken=1#statements")
    stored = here.statements.get(text=NEW)
    assert (stored.state, stored.language, stored.is_seed, stored.label) == ("pending", "en", False, "4")
    assert stored.author == here.participants.get()
    assert standing_votes(here) == [(stored.pk, 3, False)]
    assert "Others are reading it now." in text_of(browser_of.get(response["Location"]))


def test_a_statement_counts_as_a_revision_and_its_vote_as_a_change(here, browser_of):
    before = type(here).objects.get(pk=here.pk)
    say(browser_of, agrees="1")
    after = type(here).objects.get(pk=here.pk)
    assert (after.revision - before.revision, after.changes - before.changes) == (1, 2)


def test_the_author_need_not_agree(here, browser_of):
    say(browser_of)
    assert standing_votes(here) == []


def test_one_is_not_asked_about_ones_own_statement_again(here, browser_of):
    for number in numbers(here):
        browser_of.post(HOME, {"statement": number, "choice": "pass"})
    say(browser_of, agrees="1")
    assert "You have answered everything." in text_of(browser_of.get(HOME))


def test_others_are_shown_it_without_its_author(here, browser_of, visitor):
    say(browser_of)
    here.statements.exclude(text=NEW).update(state="rejected")
    from klal.services.revising import mark_revised

    mark_revised(here.pk)
    (shown,) = data_of(visitor().get(HOME))["next"]
    assert (shown["text"], set(shown)) == (NEW, {"id", "text", "language", "seed"})


def test_before_moderation_it_waits(here, browser_of, visitor):
    here.moderation_mode = "before"
    here.save()
    assert "A moderator reads it first." in text_of(browser_of.get(SPEAK))
    response = say(browser_of, agrees="1")
    assert "A moderator reads it first; you will find" in text_of(browser_of.get(response["Location"]))
    assert "Waiting for a moderator" in text_of(browser_of.get(f"{HOME}mine/"))
    assert NEW not in text_of(visitor().get(HOME))
    assert len(standing_votes(here)) == 1


@pytest.mark.parametrize("text", ["", "   ", "\n", "\u202e", "...", "\x00"])
def test_nothing_is_refused_kindly(here, browser_of, text):
    response = say(browser_of, text)
    assert response.status_code == 422
    assert "There is nothing to send yet." in text_of(response)
    assert here.statements.count() == 4


def test_what_is_too_long_is_refused_and_kept_in_the_form(here, browser_of):
    text = "word " * 60
    response = say(browser_of, text)
    assert response.status_code == 422
    assert "Your statement has 299 characters; at most 280 fit." in text_of(response)
    assert text.strip() in text_of(response)
    assert here.participants.count() == 0


def test_what_has_been_said_is_refused_with_a_vote_instead(here, browser_of):
    response = say(browser_of, "every street should have a BENCH!")
    assert response.status_code == 409
    page = text_of(response)
    assert "This has been said already." in page
    assert f'name="statement" value="{numbers(here)[0]}"' in page
    assert here.statements.count() == 4


def test_a_translation_counts_as_said(here, browser_of):
    from klal.services.revising import mark_revised

    here.statements.filter(pk=numbers(here)[0]).update(translations={"he": "ספסל בכל רחוב"})
    mark_revised(here.pk)
    assert say(browser_of, "ספסל, בכל רחוב").status_code == 409


def test_the_same_statement_sent_twice_is_one(here, browser_of):
    assert say(browser_of).status_code == 303
    assert say(browser_of).status_code == 409
    assert here.statements.count() == 5


def test_ones_own_waiting_statement_is_known_to_oneself_alone(here, browser_of, visitor):
    here.moderation_mode = "before"
    here.save()
    assert say(browser_of).status_code == 303
    again = say(browser_of)
    assert again.status_code == 409
    assert "Somebody has said this already" in text_of(again)
    assert say(visitor()).status_code == 303


def test_a_flood_is_held_up(here, browser_of):
    for i in range(6):
        assert say(browser_of, f"Idea number {i} of many").status_code == 303
    response = say(browser_of, "One idea too many for now")
    assert response.status_code == 429
    assert "One idea too many for now" in text_of(response)
    assert "Wait 600 seconds" in text_of(response) or "Wait 59" in text_of(response)


def test_a_clock_set_back_holds_nobody_up(here, browser_of):
    for n in range(6):
        say(browser_of, f"Idea number {n} of mine.")
    here.statements.filter(author__isnull=False).update(created=timezone.now() + timedelta(days=1))
    assert say(browser_of, "Idea number 6 of mine.").status_code == 303


def test_the_language_is_told_by_the_writing(here, browser_of):
    say(browser_of, "מקהלה בכל שכונה")
    assert here.statements.get(text="מקהלה בכל שכונה").language == "he"


def test_labels_follow_those_of_a_conversation_with_texts_as_ids(here, browser_of):
    here.statements_are_text = True
    here.save()
    say(browser_of)
    assert here.statements.get(text=NEW).label == "klal-4"


def test_a_closed_conversation_takes_no_statement(here, browser_of):
    close(here)
    assert say(browser_of).status_code == 409
    page = browser_of.get(SPEAK)
    assert page.status_code == 200
    assert "<textarea" not in text_of(page)


def test_a_statement_is_stored_without_null_bytes_and_markup_stays_text(here, browser_of):
    assert say(browser_of, "a\x00<b>bold</b> idea").status_code == 303
    assert here.statements.filter(text="a<b>bold</b> idea").exists()
    assert "&lt;b&gt;bold&lt;/b&gt;" in text_of(browser_of.get(f"{HOME}mine/"))


def test_similar_statements_are_found_while_typing(here, browser_of):
    found = json.loads(browser_of.get(f"{SPEAK}similar", {"text": "benches on every street"}).content)
    assert [one["id"] for one in found["similar"]] == numbers(here)[:1]
    assert found["similar"][0]["text"] == "Every street should have a bench."


def test_a_hint_is_left_out_while_another_is_worked_on(here, browser_of):
    from klal.services import speaking

    with speaking._comparing:
        assert browser_of.get(f"{SPEAK}similar", {"text": TEXTS[0]}).json()["similar"] == []
    assert browser_of.get(f"{SPEAK}similar", {"text": TEXTS[0]}).json()["similar"]


def test_similar_statements_are_found_wherever_they_are(here, browser_of):
    for text in TEXTS:
        assert browser_of.get(f"{SPEAK}similar", {"text": text}).json()["similar"][0]["text"] == text


@pytest.mark.parametrize("text", ["", "bench", "cats", "quantum physics of neutron stars", "\x00\x00", "x" * 5000])
def test_what_is_not_similar_is_not_shown(browser_of, text):
    response = browser_of.get(f"{SPEAK}similar", {"text": text})
    assert (response.status_code, json.loads(response.content)["similar"]) == (200, [])


def test_hebrew_is_found_through_its_prefixes(here, browser_of):
    from klal.services.revising import mark_revised

    here.statements.filter(pk=numbers(here)[0]).update(text="החגים מחברים בינינו גם כשאיננו מאמינים באותם דברים.")
    mark_revised(here.pk)
    found = json.loads(browser_of.get(f"{SPEAK}similar", {"text": "חגים שמחברים את המאמינים"}).content)
    assert [one["id"] for one in found["similar"]] == numbers(here)[:1]


def test_a_rejected_statement_is_never_hinted_at(here, browser_of):
    from klal.services.revising import mark_revised

    here.statements.filter(pk=numbers(here)[0]).update(state="rejected")
    mark_revised(here.pk)
    assert json.loads(browser_of.get(f"{SPEAK}similar", {"text": "every street a bench"}).content)["similar"] == []


@pytest.mark.parametrize(("address", "method"), [(SPEAK, "put"), (f"{SPEAK}similar", "post")])
def test_other_methods_are_refused(browser_of, address, method):
    assert getattr(browser_of, method)(address).status_code == 405
