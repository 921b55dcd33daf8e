from __future__ import annotations

import json

from tests.web.pages import HOME, close, numbers, standing_votes, text_of, vote

LEAVE = f"{HOME}leave/"


def people():
    from klal.store.models import Participant

    return Participant.objects.count()


def test_somebody_new_has_nothing_to_take_or_erase(browser_of):
    assert json.loads(browser_of.get(f"{HOME}mine/data.json").content) == {}
    assert browser_of.get(f"{HOME}mine/votes.csv").content == b""
    page = text_of(browser_of.get(LEAVE))
    assert "There is nothing of yours here" in page
    assert 'name="statements"' not in page
    assert browser_of.post(LEAVE, {"statements": "leave", "sure": "yes"}).status_code == 303


def test_ones_own_is_for_oneself_alone(here, browser_of, visitor):
    vote(browser_of, numbers(here)[0])
    mine = browser_of.get(f"{HOME}mine/data.json")
    assert (mine["Cache-Control"], mine["Content-Disposition"]) == ("private, no-store", 'attachment; filename="here-mine.json"')
    assert len(json.loads(mine.content)["votes"]) == 1
    assert "agree" in browser_of.get(f"{HOME}mine/votes.csv").content.decode("utf-8-sig")
    assert json.loads(visitor().get(f"{HOME}mine/data.json").content) == {}


def test_it_is_asked_once_more_and_then_done(here, browser_of):
    vote(browser_of, numbers(here)[0])
    browser_of.post(f"{HOME}speak/", {"text": "A choir in every quarter.", "agrees": "1"})
    page = text_of(browser_of.get(LEAVE))
    assert "Your statement" in page
    assert browser_of.post(LEAVE, {"statements": "everything"}).status_code == 200
    sure = text_of(browser_of.post(LEAVE, {"statements": "withdraw"}))
    assert "Are you sure?" in sure
    assert people() == 1
    answer = browser_of.post(LEAVE, {"statements": "withdraw", "sure": "yes"})
    assert answer["Location"] == f"{LEAVE}done/"
    assert (people(), standing_votes(here)) == (0, [])
    assert here.statements.filter(text="A choir in every quarter.").count() == 0
    assert "Everything of yours is erased" in text_of(browser_of.get(answer["Location"]))
    assert text_of(browser_of.get(f"{HOME}mine/")).count("You have not voted yet.") == 1


def test_the_browser_is_somebody_new_afterwards(here, browser_of):
    from klal.domain.identity import COOKIE

    vote(browser_of, numbers(here)[0])
    before = browser_of.cookies[COOKIE].value
    answer = browser_of.post(LEAVE, {"statements": "leave", "sure": "yes"})
    assert answer.cookies[COOKIE].value == ""
    browser_of.get(HOME)
    assert browser_of.cookies[COOKIE].value not in {"", before}
    vote(browser_of, numbers(here)[0])
    assert people() == 1


def test_one_can_leave_what_is_closed(here, browser_of):
    vote(browser_of, numbers(here)[0])
    close(here)
    browser_of.post(LEAVE, {"statements": "leave", "sure": "yes"})
    assert people() == 0


def test_a_form_from_elsewhere_and_wrong_methods_erase_nothing(here, browser_of, visitor):
    vote(browser_of, numbers(here)[0])
    strict = visitor(enforce_csrf_checks=True)
    strict.cookies = browser_of.cookies
    assert strict.post(LEAVE, {"statements": "leave", "sure": "yes"}).status_code == 403
    assert browser_of.put(LEAVE).status_code == 405
    for address in ("mine/data.json", "mine/votes.csv", "leave/done/"):
        assert browser_of.post(f"{HOME}{address}").status_code == 405
    assert people() == 1
