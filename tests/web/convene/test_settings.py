from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.web.pages import HOME, numbers, snapshot, text_of, vote

DESK = "/convene/c/here/"
SETTINGS = f"{DESK}settings/"


def fresh(one):
    return type(one).objects.get(pk=one.pk)


def form_of(client, **changes):
    """Return the settings form as a browser would send it."""
    from klal.services.caring import settings_of, version_of
    from klal.store.models import Conversation
    from klal.web.convene.settings import _fields

    held = Conversation.objects.get(slug="here")
    return {**_fields(settings_of(held)), "version": version_of(held), **changes}


def test_owners_alone_have_the_settings(shut_out):
    shut_out(SETTINGS, allowed=("owner",), methods=("GET", "POST"))
    shut_out(f"{SETTINGS}phase/", allowed=("owner",), methods=("POST",))
    shut_out(f"{SETTINGS}names/", allowed=("owner",), methods=("GET", "POST"))
    shut_out(f"{SETTINGS}copy/", allowed=("owner",), methods=("POST",))
    shut_out(f"{SETTINGS}shelf/", allowed=("owner",), methods=("POST",))
    shut_out(f"{SETTINGS}delete/", allowed=("owner",), methods=("GET", "POST"))


def test_a_form_from_another_site_changes_nothing(here, people):
    from django.test import Client

    owner = people("owner")
    strict = Client(SERVER_NAME="localhost", enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies = owner.cookies
    assert strict.post(f"{SETTINGS}phase/", {"phase": "closed"}).status_code == 403
    assert fresh(here).phase == "open"


def test_what_was_typed_is_kept_and_shown_again(here, people):
    owner = people("owner")
    answer = owner.post(
        SETTINGS, form_of(owner, topic_en="What holds us?", topic_he="מה מחזיק אותנו?", zone="Asia/Jerusalem", closes_at="2030-01-02T20:00")
    )
    assert answer["Location"] == f"{SETTINGS}?saved=1"
    page = text_of(owner.get(answer["Location"]))
    assert "Saved." in page
    assert 'value="מה מחזיק אותנו?"' in page
    assert 'value="2030-01-02T20:00"' in page
    assert "Meant as Israel time." in page
    assert fresh(here).topic == "What holds us?"


def test_the_second_of_two_owners_is_told_and_loses_nothing(here, people):
    owner = people("owner")
    form = form_of(owner)
    owner.post(SETTINGS, {**form, "topic_en": "First wording?"})
    answer = owner.post(SETTINGS, {**form, "topic_en": "Second wording?", "description_en": "A long text of mine."})
    assert answer.status_code == 409
    page = text_of(answer)
    assert "Somebody else changed this" in page
    assert 'value="Second wording?"' in page
    assert "A long text of mine." in page
    assert "First wording?" in page  # what stands now is beside it
    assert fresh(here).topic == "First wording?"
    version = re.search(r'name="version" value="(\w+)"', page).group(1)
    assert owner.post(SETTINGS, {**form, "topic_en": "Second wording?", "version": version}).status_code == 303
    assert fresh(here).topic == "Second wording?"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"topic_en": " "}, 422, "A conversation needs a question"),
        ({"closes_at": "soon"}, 422, "Found soon"),
        ({"opens_at": "2030-01-02T20:00", "closes_at": "2030-01-01T20:00"}, 422, "The dates run backwards"),
        ({"zone": "Atlantis"}, 422, "Found Atlantis"),
        ({"voters": "everybody"}, 400, "anyone / invited"),
    ],
)
def test_what_cannot_be_stored_is_said(here, people, changes, status, words):
    owner = people("owner")
    answer = owner.post(SETTINGS, form_of(owner, **changes))
    assert answer.status_code == status
    assert words in text_of(answer)
    assert fresh(here).topic == here.topic


def test_the_big_buttons_change_what_people_see(here, people, browser_of):
    owner = people("owner")
    vote(browser_of, numbers(here)[0])
    assert "Pause" in text_of(owner.get(SETTINGS))
    for phase, seen, status in (("paused", "have paused this conversation", 409), ("closed", "This conversation is closed.", 409)):
        assert owner.post(f"{SETTINGS}phase/", {"phase": phase})["Location"] == f"{SETTINGS}?phase=1"
        assert seen in text_of(browser_of.get(HOME))
        assert vote(browser_of, numbers(here)[1]).status_code == status
    assert "Open again" in text_of(owner.get(SETTINGS))
    owner.post(f"{SETTINGS}phase/", {"phase": "voting"})
    page = text_of(browser_of.get(HOME))
    assert 'id="card"' in page
    assert 'class="inline-speak"' not in page
    speak = browser_of.get(f"{HOME}speak/")
    assert "takes votes now, and no new statements" in text_of(speak)
    assert 'id="text"' not in text_of(speak)
    assert browser_of.post(f"{HOME}speak/", {"text": "A new idea for the town."}).status_code == 409
    assert vote(browser_of, numbers(here)[1]).status_code == 303
    owner.post(f"{SETTINGS}phase/", {"phase": "open"})
    assert 'id="text"' in text_of(browser_of.get(f"{HOME}speak/"))
    assert owner.post(f"{SETTINGS}phase/", {"phase": "draft"}).status_code == 400
    assert owner.post(f"{SETTINGS}phase/").status_code == 400


def test_where_only_convenors_speak_people_are_told(here, browser_of):
    type(here).objects.filter(pk=here.pk).update(speakers="convenors")
    assert "come from the convenors" in text_of(browser_of.get(f"{HOME}speak/"))
    assert 'id="card"' in text_of(browser_of.get(HOME))


def test_a_scheduled_opening_is_said_in_words(here, people, browser_of):
    from datetime import UTC, datetime

    type(here).objects.filter(pk=here.pk).update(
        opens_at=datetime(2090, 11, 22, 16, 0, tzinfo=UTC), settings={"time_zone": "Asia/Jerusalem"}
    )
    assert "22 November 2090, 18:00 (Israel time)" in text_of(browser_of.get(HOME))
    assert "22 November 2090" in text_of(people("owner").get(SETTINGS))
    assert "22 בנובמבר 2090, 18:00 (שעון ישראל)" in text_of(people("owner", "he").get(SETTINGS))


def test_the_first_page_names_what_is_listed_alone(here, visitor):
    home = visitor()
    assert HOME in text_of(home.get("/"))
    for fields in ({"is_listed": False}, {"is_listed": True, "archived": here.created}, {"archived": None, "deletes_at": here.created}):
        type(here).objects.filter(pk=here.pk).update(**fields)
        assert HOME not in text_of(home.get("/")), fields


def test_a_copy_is_a_draft_of_ones_own(here, people):
    owner = people("owner")
    there = owner.post(f"{SETTINGS}copy/")["Location"]
    assert "a draft with the same words" in text_of(owner.get(there))
    assert people("moderator").get(there).status_code == 404
    assert owner.post(f"{SETTINGS}copy/")["Location"] != there


def test_it_is_put_away_and_taken_out(here, people):
    owner = people("owner")
    for _ in range(2):
        owner.post(f"{SETTINGS}shelf/", {"archived": "yes"})
    assert fresh(here).archived is not None
    assert "Take out again" in text_of(owner.get(SETTINGS))
    for _ in range(2):
        owner.post(f"{SETTINGS}shelf/", {"archived": "no"})
    assert fresh(here).archived is None


def test_deleting_asks_grants_grace_and_can_be_undone(here, people, browser_of):
    owner = people("owner")
    page = text_of(owner.get(f"{SETTINGS}delete/"))
    assert "Delete in 30 days" in page
    assert fresh(here).deletes_at is None
    refused = owner.post(f"{SETTINGS}delete/", {"what": "now", "typed": "her"})
    assert refused.status_code == 422
    assert "type exactly: here" in text_of(refused)
    owner.post(f"{SETTINGS}delete/", {"what": "later"})
    owner.post(f"{SETTINGS}delete/", {"what": "later"})
    assert timedelta(days=29) < fresh(here).deletes_at - here.created < timedelta(days=31)
    assert browser_of.get(HOME).status_code == 404
    assert "Keep it after all" in text_of(owner.get(SETTINGS))
    assert owner.post(f"{SETTINGS}phase/", {"phase": "open"}).status_code == 409
    assert owner.post(f"{SETTINGS}delete/", {"what": "restore"})["Location"] == f"{SETTINGS}?restored=1"
    assert "It stays." in text_of(owner.get(f"{SETTINGS}?restored=1"))
    assert browser_of.get(HOME).status_code == 200
    assert owner.post(f"{SETTINGS}delete/", {"what": "now", "typed": "here"}).status_code == 303


def test_what_is_being_deleted_is_not_said_to_stay(here, people):
    owner = people("owner")
    owner.post(f"{SETTINGS}delete/", {"what": "now", "typed": "here"})
    type(here).objects.filter(pk=here.pk).update(claimed_by="deletion")
    assert owner.post(f"{SETTINGS}delete/", {"what": "restore"})["Location"] == f"{SETTINGS}delete/"
    assert fresh(here).deletes_at is not None


def test_names_appear_wherever_groups_do(here, people, browser_of):
    owner = people("owner")
    assert "There are no groups yet." in text_of(owner.get(f"{SETTINGS}names/"))
    snapshot(here)
    page = text_of(owner.get(f"{SETTINGS}names/"))
    before = re.search(r'name="before" value="([^"]+)"', page).group(1)
    form = {"before": before, "group_0_en": "The <b>neighbours", "group_0_he": "השכנים", "x_low_en": "change", "x_high_en": "keep"}
    assert owner.post(f"{SETTINGS}names/", form).status_code == 303
    assert "Saved." in text_of(owner.get(f"{SETTINGS}names/?saved=1"))
    shown = text_of(browser_of.get(f"{HOME}map/"))
    assert "The &lt;b&gt;neighbours" in shown
    assert "Across: from change to keep." in shown
    assert "השכנים" in text_of(people("owner", "he").get(f"{HOME}map/"))
    clash = owner.post(f"{SETTINGS}names/", {**form, "group_1_en": "The others"})
    assert clash.status_code == 409
    assert 'value="The others"' in text_of(clash)
    assert owner.post(f"{SETTINGS}names/", {"before": "forged", "group_0_en": "x"}).status_code == 409
