"""One's own account: address, password, second step, browsers, tokens, its end."""

from __future__ import annotations

import re

import pytest
from django.test import override_settings

from klal.web.door import LINKS
from tests.web.convene.accounts import PASSWORD, code_of, last_link, let_wait_pass, make_account, make_old, sign_in, turn_second_step_on
from tests.web.pages import text_of

HOME = "/convene/account/"
PAGES = {
    "": "GET",
    "new-address/": "POST",
    "address/": "GET POST",
    "password/": "POST",
    "second-step/": "GET POST",
    "sessions/": "POST",
    "tokens/": "POST",
    "tokens/revoke/": "POST",
    "delete/": "GET POST",
}


@pytest.fixture
def database(sqlite_database):
    """Return the embedded database: the services below run on both."""
    return sqlite_database


@pytest.fixture(autouse=True)
def quick_hash(database):
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def dana(here):
    return make_account()


@pytest.fixture
def client(visitor, dana):
    found = visitor()
    sign_in(found)
    return found


def told(address):
    """Return what the newest mail says was changed."""
    from klal.store.models import Mail

    mail = Mail.objects.filter(recipient=address).order_by("-pk")[0]
    return mail.text.split(": ", 1)[1].split("\n")[0]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_for_who_is_signed_in_and_knows_its_methods(visitor, client, page):
    nobody = visitor()
    for method in PAGES[page].split():
        assert getattr(nobody, method.lower())(HOME + page)["Location"].startswith("/convene/sign-in/")
    assert client.put(HOME + page).status_code == 405
    assert (client.get(HOME + page).status_code == 405) == ("GET" not in PAGES[page])


def test_the_account_page_says_who_one_is_in_both_languages(client):
    page = text_of(client.get(HOME))
    for words in ("Your account", "dana@example.org", "Where you are signed in", "this browser", "You have given none."):
        assert words in page
    assert "החשבון שלך" in text_of(client.get(HOME, HTTP_ACCEPT_LANGUAGE="he"))
    assert text_of(client.get(HOME, {"done": "evil"})).count('role="status"') == 0


def test_a_new_address_is_taken_when_its_link_is_used_and_the_old_one_is_told(client, visitor, dana):
    from klal.store.models import Mail

    assert "A link is on its way to" in text_of(client.post(f"{HOME}new-address/", {"email": "new@example.org"}))
    dana.refresh_from_db()
    assert dana.email == "dana@example.org"
    address = last_link()
    assert "new@example.org" in text_of(client.get(address))
    token = {"token": address.partition("token=")[2]}
    tal = visitor()
    make_account("tal")
    sign_in(tal, "tal")
    assert tal.post(f"{HOME}address/", token).status_code == 422
    assert client.post(f"{HOME}address/", token)["Location"].endswith("done=address")
    dana.refresh_from_db()
    assert dana.email == "new@example.org"
    assert Mail.objects.order_by("-pk")[0].recipient == "dana@example.org"
    assert client.post(f"{HOME}address/", token).status_code == 422
    assert client.post(f"{HOME}new-address/", {"email": "no address"}).status_code == 422
    answers = [client.post(f"{HOME}new-address/", {"email": "third@example.org"}).status_code for _ in range(LINKS + 1)]
    assert answers == [200] * LINKS + [429]


def test_an_address_that_somebody_else_has_by_then_is_refused(client, dana):
    client.post(f"{HOME}new-address/", {"email": "tal@example.org"})
    make_account("tal")
    assert client.post(f"{HOME}address/", {"token": last_link().partition("token=")[2]}).status_code == 409


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(client, visitor, dana):
    other = visitor()
    sign_in(other)
    fields = {"old": PASSWORD, "new": "five loud trams", "again": "five loud trams"}
    for wrong, sentence in (
        ({"old": "no"}, "This is not right."),
        ({"again": "x"}, "not the same"),
        ({"new": "dana", "again": "dana"}, "easy to guess"),
    ):
        answer = client.post(f"{HOME}password/", {**fields, **wrong})
        assert sentence in text_of(answer)
        assert answer.status_code in {403, 422}
    before = client.cookies["klal-session"].value
    assert client.post(f"{HOME}password/", fields)["Location"].endswith("done=password")
    assert told("dana@example.org") == "its password was changed."
    assert client.cookies["klal-session"].value != before
    assert client.get(HOME).status_code == 200
    assert "every other browser was signed out" in text_of(client.get(f"{HOME}?done=password"))
    assert other.get(HOME).status_code == 303
    assert [one.session_key for one in dana.sign_ins.all()] == [client.cookies["klal-session"].value]
    assert sign_in(visitor()).status_code == 403
    assert sign_in(visitor(), password="five loud trams").status_code == 303


def test_who_has_no_password_may_set_one_soon_after_signing_in(visitor, here):
    make_account("tal", None)
    client = visitor()
    client.force_login(type(make_account("eli")).objects.get(username="tal"))
    fields = {"new": "five loud trams", "again": "five loud trams"}
    make_old(client)
    assert client.post(f"{HOME}password/", fields).status_code == 403
    session = client.session
    session["entered"] += 7_200
    session.save()
    assert client.post(f"{HOME}password/", fields).status_code == 303


def test_other_browsers_are_ended_one_or_all(client, visitor, dana):
    others = [visitor(), visitor(), visitor()]
    for one in others:
        sign_in(one)
    keys = [one.cookies["klal-session"].value for one in others]
    number = dana.sign_ins.get(session_key=keys[0]).pk
    stranger = visitor()
    make_account("tal")
    sign_in(stranger, "tal")
    stranger.post(f"{HOME}sessions/", {"one": number})
    assert others[0].get(HOME).status_code == 200
    for _ in range(2):
        assert client.post(f"{HOME}sessions/", {"one": number}).status_code == 303
    assert [one.get(HOME).status_code for one in others] == [303, 200, 200]
    client.post(f"{HOME}sessions/", {"all": "1"})
    assert [one.get(HOME).status_code for one in (client, *others, stranger)] == [200, 303, 303, 303, 200]
    assert client.post(f"{HOME}sessions/").status_code == 400


def test_a_token_is_shown_once_and_taken_back(client, visitor, dana):
    from klal.services.accounts.tokens import account_of_token
    from klal.store.models import AccessToken, AuditEntry

    page = text_of(client.post(f"{HOME}tokens/", {"name": "our website", "days": "90"}))
    token = re.search(r'id="token">([^<]+)<', page).group(1)
    assert account_of_token(token) == dana
    listed = text_of(client.get(HOME))
    assert "our website" in listed
    assert token not in listed
    assert token not in str(list(AuditEntry.objects.values()))
    number = AccessToken.objects.get().pk
    stranger = visitor()
    make_account("tal")
    sign_in(stranger, "tal")
    stranger.post(f"{HOME}tokens/revoke/", {"one": number})
    assert account_of_token(token) == dana
    for _ in range(2):
        assert client.post(f"{HOME}tokens/revoke/", {"one": number}).status_code == 303
    assert account_of_token(token) is None
    for fields in ({"name": "", "days": "90"}, {"name": "x", "days": "7"}, {"name": "x", "days": "\x00"}):
        assert client.post(f"{HOME}tokens/", fields).status_code == 400
    assert client.post(f"{HOME}tokens/revoke/", {"one": "x"}).status_code == 400
    assert "until I take it back" in text_of(client.post(f"{HOME}tokens/", {"name": "for ever", "days": ""}) and client.get(HOME))


def test_the_second_step_is_set_up_by_a_code_and_turned_off_by_a_proof(client, dana):
    from klal.services.accounts import second_step

    step = f"{HOME}second-step/"
    assert "square" not in text_of(client.get(step))
    assert client.post(step, {"do": "begin"}).status_code == 303
    page = text_of(client.get(step))
    assert "<svg" in page
    assert "style=" not in page
    assert text_of(client.get(step)) == page or second_step.waiting(dana)
    assert client.post(step, {"do": "confirm", "code": "000000"}).status_code == 403
    assert not second_step.is_on(dana)
    let_wait_pass()
    page = text_of(client.post(step, {"do": "confirm", "code": code_of(dana)}))
    written = re.findall(r"<li>([0-9a-z]{5}-[0-9a-z]{5})</li>", page)
    assert len(written) == 10
    assert written[0] not in text_of(client.get(step))
    assert second_step.is_on(dana)
    assert client.post(step, {"do": "codes"}).content.decode().count("<li>") >= 10
    let_wait_pass()
    assert not second_step.is_right(dana, written[0])
    let_wait_pass()
    assert client.post(step, {"do": "off", "secret": "no"}).status_code == 403
    assert second_step.is_on(dana)
    let_wait_pass()
    for _ in range(2):
        assert client.post(step, {"do": "off", "secret": PASSWORD})["Location"].endswith("done=second_step_off")
    assert not second_step.is_on(dana)
    assert told("dana@example.org") == "the second step of signing in was turned off."
    assert client.post(step, {"do": "codes"}).status_code == 200
    assert second_step.codes_left(dana) == 0
    assert client.post(step, {"do": "evil"}).status_code == 400


def test_what_cannot_be_taken_back_asks_again_an_hour_after_signing_in_and_loses_nothing(client, dana):
    from klal.store.models import AccessToken

    make_old(client)
    asked = client.post(f"{HOME}tokens/", {"name": "<our> website", "days": "90"})
    page = text_of(asked)
    assert asked.status_code == 428
    assert "Is it still you?" in page
    assert 'name="name" value="&lt;our&gt; website"' in page
    assert not AccessToken.objects.exists()
    wrong = client.post(f"{HOME}tokens/", {"name": "our website", "days": "90", "again_secret": "no"})
    assert (wrong.status_code, AccessToken.objects.exists()) == (403, False)
    assert client.post(f"{HOME}tokens/", {"name": "our website", "days": "90", "again_secret": PASSWORD}).status_code == 200
    assert AccessToken.objects.get().name == "our website"
    assert client.post(f"{HOME}tokens/", {"name": "another", "days": "90"}).status_code == 200


def test_a_code_proves_it_too_and_who_has_neither_signs_in_again(client, visitor, dana):
    turn_second_step_on(dana)
    make_old(client)
    assert "code of the second step" in text_of(client.post(f"{HOME}delete/"))
    dana.set_unusable_password()
    dana.save()
    client.force_login(dana)
    make_old(client)
    assert client.post(f"{HOME}tokens/", {"name": "x", "days": "", "again_secret": code_of(dana)}).status_code == 200
    from klal.services.accounts.second_step import turn_off

    turn_off(dana, dana)
    make_old(client)
    page = text_of(client.post(f"{HOME}tokens/", {"name": "x", "days": ""}))
    assert 'href="/convene/sign-in/?next=/convene/account/tokens/"' in page


def test_an_account_is_deleted_but_not_the_only_owner_of_a_conversation(client, dana, here):
    from django.contrib.auth.models import User

    from klal.services.convening import make_owner
    from klal.store.models import AuditEntry, Membership

    make_owner(dana, here)
    page = client.get(f"{HOME}delete/")
    assert "What joins our town?" in text_of(page)
    answer = client.post(f"{HOME}delete/")
    assert answer.status_code == 409
    assert "Nobody else owns" in text_of(answer)
    make_owner(make_account("tal"), here)
    assert client.post(f"{HOME}delete/")["Location"] == "/"
    assert not User.objects.filter(username="dana").exists()
    assert Membership.objects.count() == 1
    assert AuditEntry.objects.get(act="account_deleted").name == "dana"
    assert client.get(HOME).status_code == 303
    assert client.post(f"{HOME}delete/").status_code == 303


def test_a_role_is_given_up_from_the_account(client, dana, here):
    here.memberships.create(account=dana, role="viewer")
    assert "What joins our town?" in text_of(client.get(HOME))
    assert client.post("/convene/c/here/people/leave/")["Location"].endswith("done=left")
    assert not here.memberships.exists()
    assert client.post("/convene/c/here/people/leave/").status_code == 404
