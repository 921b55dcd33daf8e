"""The convenors' door: password, mailed link, second step."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from klal.web.door import ACCOUNT_ATTEMPTS, LINKS
from tests.web.convene.accounts import PASSWORD, code_of, last_link, let_wait_pass, make_account, sign_in, turn_second_step_on
from tests.web.pages import text_of

DOOR, MAIL, LINK, CODE = (f"/convene/sign-in/{part}" for part in ("", "mail/", "link/", "code/"))


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
def pauses(monkeypatch):
    """Return how long the answers to who wants a link were held back, instead of holding them back."""
    found: list[float] = []
    monkeypatch.setattr("klal.web.convene.sign_in.time.sleep", found.append)
    return found


@pytest.mark.parametrize("name", ["dana", "DANA", "dana@example.org", "Dana@Example.org"])
def test_name_or_mail_address_and_password_let_in(visitor, dana, name):
    client = visitor()
    before = client.cookies.get("klal-session")
    answer = sign_in(client, name)
    assert (answer.status_code, answer["Location"]) == (303, "/convene/")
    assert client.get("/convene/account/").status_code == 200
    assert before is None or before.value != client.cookies["klal-session"].value


@pytest.mark.parametrize(
    ("name", "password"),
    [("dana", "wrong"), ("nobody", PASSWORD), ("", PASSWORD), ("dana", ""), ("da\x00na", "a\x00"), ("x" * 3000, "y" * 3000)],
)
def test_who_does_not_match_is_told_the_same_whatever_is_wrong(visitor, dana, name, password):
    answer = sign_in(visitor(), name, password)
    assert answer.status_code == 403
    assert "Name and password do not match." in text_of(answer)
    assert PASSWORD not in text_of(answer)


def test_a_password_is_hashed_for_unknown_names_too(visitor, dana, monkeypatch):
    hashed = []
    from django.contrib.auth.hashers import MD5PasswordHasher

    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *given: hashed.append(1) or encode(self, *given))
    make_account("tal", None)
    make_account("shut", PASSWORD)
    type(dana).objects.filter(username="shut").update(is_active=False)
    hashed.clear()
    counts = []
    for name in ("dana", "nobody", "no@example.org", "dana@example.org", "shut", "tal"):
        sign_in(visitor(), name, "wrong password")
        counts.append(len(hashed))
        hashed.clear()
    assert set(counts) == {1}


def test_a_shut_account_stays_outside_and_falls_out(visitor, dana):
    client = visitor()
    sign_in(client)
    from klal.services.accounts.creating import deactivate

    deactivate(dana)
    assert client.get("/convene/account/").status_code == 303
    assert sign_in(client).status_code == 403


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "evil", "\x00"])
def test_nobody_is_sent_to_another_site(visitor, dana, address):
    assert sign_in(visitor(), next=address)["Location"] == "/convene/"
    assert 'name="next" value=""' in text_of(visitor().get(DOOR, {"next": address}))


def test_whoever_was_on_the_way_gets_there(visitor, dana):
    client = visitor()
    asked = client.get("/convene/account/")["Location"]
    assert asked == "/convene/sign-in/?next=/convene/account/"
    assert 'name="next" value="/convene/account/"' in text_of(client.get(asked))
    assert sign_in(client, next="/convene/account/")["Location"] == "/convene/account/"


def test_signing_in_gives_the_session_another_key(visitor, dana):
    client = visitor()
    client.session.save()
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["klal-session"] = session.session_key
    sign_in(client)
    assert client.cookies["klal-session"].value != session.session_key


def test_a_session_lasts_two_weeks_and_begins_anew_when_it_is_used(visitor, dana):
    client = visitor()
    sign_in(client)
    assert client.cookies["klal-session"]["max-age"] == 14 * 86_400
    first = client.get("/convene/account/")
    assert "klal-session" not in first.cookies
    session = client.session
    session["seen"] = int(time.time()) - 3_600
    session.save()
    assert client.get("/convene/account/").cookies["klal-session"]["max-age"] == 14 * 86_400


def test_on_a_shared_device_it_lasts_twelve_hours_from_the_beginning(visitor, dana):
    client = visitor()
    answer = sign_in(client, shared="1")
    assert 11.9 * 3_600 < client.cookies["klal-session"]["max-age"] <= 12 * 3_600
    assert "klal-known" not in answer.cookies
    session = client.session
    ends = session.get_expiry_date()
    session["seen"] = 0
    session.save()
    client.get("/convene/account/")
    assert client.session.get_expiry_date() == ends


def test_a_browser_that_signed_in_is_listed_with_its_device(visitor, dana):
    agent = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
    client = visitor(HTTP_USER_AGENT=agent)
    sign_in(client)
    assert dana.sign_ins.get().device == agent
    assert "Chrome · Android" in text_of(client.get("/convene/account/"))
    client.post("/convene/sign-out/")
    assert not dana.sign_ins.exists()
    assert client.get("/convene/account/").status_code == 303
    assert client.post("/convene/sign-out/").status_code == 303


def test_guessing_from_everywhere_slows_strangers_down_but_not_a_browser_that_was_here_before(visitor, dana):
    own = visitor(REMOTE_ADDR="192.0.2.250")
    sign_in(own)
    own.post("/convene/sign-out/")
    answers = [sign_in(visitor(REMOTE_ADDR=f"192.0.2.{n}"), "dana", "wrong").status_code for n in range(ACCOUNT_ATTEMPTS)]
    assert answers[-2:] == [403, 429]
    assert sign_in(visitor(REMOTE_ADDR="192.0.2.251")).status_code == 429
    assert sign_in(own).status_code == 303
    forged = visitor(REMOTE_ADDR="192.0.2.252")
    forged.cookies["klal-known"] = "1:forged"
    assert sign_in(forged).status_code == 429
    make_account("tal")
    assert sign_in(visitor(REMOTE_ADDR="192.0.2.253"), "tal").status_code == 303


@pytest.mark.parametrize("address", ["dana@example.org", "DANA@example.org", "nobody@example.org"])
def test_who_wants_a_link_is_answered_the_same_and_as_slowly_known_or_not(visitor, dana, pauses, address):
    answer = visitor().post(MAIL, {"email": address})
    assert answer.status_code == 200
    assert "If there is an account with" in text_of(answer).replace("<bdi>", "")
    assert len(pauses) == 1
    from klal.store.models import Mail

    assert list(Mail.objects.values_list("recipient", flat=True)) == (["dana@example.org"] if address.lower() == "dana@example.org" else [])


@pytest.mark.parametrize("address", ["", "dana", "a@b", "x" * 400 + "@example.org", "da\nna@example.org"])
def test_what_is_no_address_is_refused_in_the_same_time(visitor, dana, pauses, address):
    answer = visitor().post(MAIL, {"email": address})
    assert answer.status_code == 422
    assert "needed a mail address" in text_of(answer)
    assert len(pauses) == 1


def test_a_mailed_link_lets_in_by_its_button_and_once(visitor, dana, pauses):
    client = visitor()
    client.post(MAIL, {"email": "dana@example.org"})
    address = last_link()
    for _ in range(2):  # programs look at links in mails: that uses nothing up
        page = text_of(client.get(address))
        assert "Sign in as dana" in page
        assert "another browser" not in page
    token = address.partition("token=")[2]
    answer = client.post(LINK, {"token": token})
    assert (answer.status_code, answer["Location"]) == (303, "/convene/")
    assert client.get("/convene/account/").status_code == 200
    assert visitor().post(LINK, {"token": token}).status_code == 422
    assert visitor().get(address).status_code == 422


def test_in_another_browser_a_link_says_so_before_its_button(visitor, dana, pauses):
    visitor().post(MAIL, {"email": "dana@example.org"})
    other = visitor()
    assert "asked for in another browser" in text_of(other.get(last_link()))
    assert other.post(LINK, {"token": last_link().partition("token=")[2]}).status_code == 303


def test_a_link_is_worth_nothing_when_it_is_old_replaced_or_another_kind(visitor, dana, pauses):
    from klal.domain.language import get
    from klal.services.accounts.links import mail_address_link
    from klal.store.models import AccountLink

    client = visitor()
    client.post(MAIL, {"email": "dana@example.org"})
    first = last_link()
    client.post(MAIL, {"email": "dana@example.org"})
    assert client.get(first).status_code == 422
    second = last_link()
    AccountLink.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert client.get(second).status_code == 422
    mail_address_link(dana, "new@example.org", "http://localhost", get("en"))
    assert client.post(LINK, {"token": last_link().partition("token=")[2]}).status_code == 422
    for token in ("", "x", "\x00", "x" * 5_000):
        assert client.post(LINK, {"token": token}).status_code == 422


def test_nobodys_inbox_is_filled(visitor, dana, pauses):
    answers = [visitor(REMOTE_ADDR=f"192.0.2.{n}").post(MAIL, {"email": "dana@example.org"}).status_code for n in range(LINKS + 1)]
    assert answers == [200] * LINKS + [429]


def test_with_a_second_step_the_password_alone_lets_nobody_in(visitor, dana):
    written = turn_second_step_on(dana)
    client = visitor()
    answer = sign_in(client, next="/convene/account/")
    assert answer["Location"] == CODE
    assert client.get("/convene/account/").status_code == 303
    assert "dana asks for a second step" in text_of(client.get(CODE)).replace("<bdi>", "").replace("</bdi>", "")
    assert client.post(CODE, {"code": "000000"}).status_code == 403
    let_wait_pass()
    answer = client.post(CODE, {"code": code_of(dana)})
    assert answer["Location"] == "/convene/account/"
    assert client.get("/convene/account/").status_code == 200
    assert client.post(CODE, {"code": code_of(dana)})["Location"] == "/convene/sign-in/"  # twice: nobody waits any more
    other = visitor()
    sign_in(other)
    assert other.post(CODE, {"code": written[0].upper().replace("-", " ")}).status_code == 303
    third = visitor()
    sign_in(third)
    assert third.post(CODE, {"code": written[0]}).status_code == 403  # used up


def test_a_mailed_link_does_not_skip_the_second_step(visitor, dana, pauses):
    turn_second_step_on(dana)
    client = visitor()
    client.post(MAIL, {"email": "dana@example.org"})
    assert client.post(LINK, {"token": last_link().partition("token=")[2]})["Location"] == CODE


def test_the_second_step_waits_ten_minutes_and_not_for_a_changed_password(visitor, dana):
    turn_second_step_on(dana)
    client = visitor()
    assert client.get(CODE)["Location"] == DOOR
    sign_in(client)
    session = client.session
    session["pending"] = {**session["pending"], "until": time.time() - 1}
    session.save()
    assert client.get(CODE)["Location"] == DOOR
    sign_in(client)
    dana.set_password("another quiet bench")
    dana.save()
    assert client.post(CODE, {"code": code_of(dana)})["Location"] == DOOR


def test_wrong_codes_make_the_next_try_wait(visitor, dana):
    turn_second_step_on(dana)
    client = visitor()
    sign_in(client)
    assert client.post(CODE, {"code": "000000"}).status_code == 403
    assert client.post(CODE, {"code": code_of(dana)}).status_code == 403


@pytest.mark.parametrize(
    ("address", "methods"), [(DOOR, "GET POST"), (MAIL, "POST"), (LINK, "GET POST"), (CODE, "GET POST"), ("/convene/sign-out/", "POST")]
)
def test_the_door_knows_its_methods_and_wants_its_own_forms(visitor, here, address, methods):
    client = visitor()
    assert client.put(address).status_code == 405
    assert (client.get(address).status_code == 405) == ("GET" not in methods)
    strict = visitor(enforce_csrf_checks=True)
    assert strict.post(address, {"name": "dana", "email": "dana@example.org"}).status_code == 403


def test_the_door_is_hebrew_too(visitor, dana):
    page = text_of(visitor("he").get(DOOR))
    assert 'dir="rtl"' in page
    assert "שלחו לי קישור" in page
