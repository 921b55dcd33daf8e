from __future__ import annotations

import re

import pytest

from klal.domain.identity import COOKIE
from tests.web.pages import HOME, close, numbers, text_of, vote

KEEP, RECOVER = f"{HOME}keep/", f"{HOME}recover/"
CODE = re.compile(r'id="code">([0-9A-Z-]{19})<')


def code_of(client) -> str:
    return CODE.search(text_of(client.post(KEEP))).group(1)


def test_a_code_is_made_by_a_button_and_shown_once(here, browser_of):
    assert "Make a recovery code" in text_of(browser_of.get(KEEP))
    code = code_of(browser_of)
    assert code not in text_of(browser_of.get(KEEP))
    assert '<svg viewBox="0 0' in text_of(browser_of.post(KEEP))
    assert here.participants.get().recovery not in {None, code}


def test_the_code_opens_the_same_participant_on_another_device(here, browser_of, visitor):
    vote(browser_of, numbers(here)[0])
    other = visitor()
    response = other.post(RECOVER, {"code": code_of(browser_of).lower().replace("-", " ")})
    assert (response.status_code, response["Location"]) == (303, f"{HOME}mine/?recovered=1")
    assert other.cookies[COOKIE].value == browser_of.cookies[COOKIE].value
    page = text_of(other.get(response["Location"]))
    assert "Welcome back." in page
    assert "Every street should have a bench." in page
    assert here.participants.count() == 1


def test_a_new_code_replaces_the_old_one(browser_of, visitor):
    old, new = code_of(browser_of), code_of(browser_of)
    assert visitor().post(RECOVER, {"code": old}).status_code == 422
    assert visitor().post(RECOVER, {"code": new}).status_code == 303


@pytest.mark.parametrize("code", ["", "x", "AAAA-AAAA-AAAA-AAAA", "\x00", "א" * 16, "A" * 100_0])
def test_a_wrong_code_is_refused_kindly_and_stays_in_the_field(browser_of, code):
    response = browser_of.post(RECOVER, {"code": code})
    assert response.status_code == 422
    assert "This recovery code is not known here." in text_of(response)


def test_a_code_is_worth_nothing_in_another_conversation(browser_of, visitor):
    from klal.services.opening import open_conversation

    open_conversation("Another town?", slug="there", seeds=["Trees are good."])
    assert visitor().post("/c/there/recover/", {"code": code_of(browser_of)}).status_code == 422


def test_who_has_voted_in_this_browser_is_told_what_happens(here, browser_of):
    assert "You have voted in this browser before." not in text_of(browser_of.get(RECOVER))
    vote(browser_of, numbers(here)[0])
    assert "You have voted in this browser before." in text_of(browser_of.get(RECOVER))


def test_a_closed_conversation_can_be_recovered_too(here, browser_of, visitor):
    vote(browser_of, numbers(here)[0])
    close(here)
    assert visitor().post(RECOVER, {"code": code_of(browser_of)}).status_code == 303


def test_without_mail_none_is_offered(browser_of):
    assert 'name="mail"' not in text_of(browser_of.get(KEEP))
    assert browser_of.post(KEEP, {"mail": "me@example.org"}).status_code == 400


@pytest.fixture
def mail(monkeypatch, database):
    """Let the instance send mail; return what waits to be sent."""
    from dataclasses import replace

    from klal.services import recovery_mail
    from klal.store.models import Mail
    from klal.web.pages import keep

    found = replace(database, mail_url="smtp://localhost", mail_from="klal@example.org", url="http://localhost")
    for module in (recovery_mail, keep):
        monkeypatch.setattr(module, "configuration", lambda: found)
    monkeypatch.setattr(recovery_mail, "_sent", {})
    return lambda: list(Mail.objects.exclude(recipient=""))


def test_a_link_by_mail_opens_the_same_participant_after_a_button(here, browser_of, visitor, mail):
    vote(browser_of, numbers(here)[0])
    response = browser_of.post(KEEP, {"mail": "me@example.org"})
    assert "A link is on its way to me@example.org." in text_of(response)
    address = re.search(r"/c/here/recover/link/\?token=\S+", mail()[0].text).group()
    other = visitor()
    page = other.get(address)
    assert page.status_code == 200
    assert other.cookies[COOKIE].value != browser_of.cookies[COOKIE].value
    token = address.partition("token=")[2]
    assert other.post(f"{RECOVER}link/", {"token": token}).status_code == 303
    assert other.cookies[COOKIE].value == browser_of.cookies[COOKIE].value


def test_asking_again_tells_nobody_who_is_here(browser_of, mail):
    response = browser_of.post(RECOVER, {"mail": "nobody@example.org"})
    assert "If this address is known here" in text_of(response)
    assert mail() == []


def test_a_wrong_address_stays_in_the_field(browser_of, mail):
    response = browser_of.post(KEEP, {"mail": "no address"})
    assert response.status_code == 422
    assert 'value="no address"' in text_of(response)


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "\x00"])
def test_a_link_that_is_none_of_ours_is_refused(browser_of, token):
    for response in (browser_of.get(f"{RECOVER}link/", {"token": token}), browser_of.post(f"{RECOVER}link/", {"token": token})):
        assert response.status_code == 422
        assert "This link is old or incomplete." in text_of(response)


@pytest.mark.parametrize("address", [KEEP, RECOVER, f"{RECOVER}link/"])
def test_other_methods_are_refused(browser_of, address):
    assert browser_of.put(address).status_code == 405


def test_a_recovery_code_outlives_a_change_of_the_secret_key(here, database, monkeypatch):
    from dataclasses import replace

    from klal.domain.identity import new_identity
    from klal.services import recovering
    from klal.store.guards import Guards

    who = new_identity()
    code = recovering.make_recovery_code(here, who)
    changed = replace(database, secret_key="another secret " * 3, guards=Guards(old_secret_keys=(database.secret_key,)))
    monkeypatch.setattr(recovering, "configuration", lambda: changed)
    assert recovering.recover(here, code).key == who.key
