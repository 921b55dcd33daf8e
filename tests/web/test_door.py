"""Guessing passwords."""

from __future__ import annotations

import dataclasses

import pytest

from klal.errors import BusyError, TooManyError
from klal.web.door import ATTEMPTS, Door, address_of
from tests.web.pages import text_of

ADDRESS = "/convene/sign-in/"


@pytest.fixture
def convenor(database):
    from django.contrib.auth.models import User
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):  # a quick one: many are checked
        User.objects.create_user("dana", password="a good password")
        yield


def test_guessing_ends_after_a_few_attempts_and_others_may_still_sign_in(here, visitor, convenor):
    guesser, other = visitor(), visitor(REMOTE_ADDR="192.0.2.7")
    answers = [guesser.post(ADDRESS, {"name": "dana", "password": f"guess {n}"}) for n in range(ATTEMPTS + 1)]
    assert [answer.status_code for answer in answers] == [403] * ATTEMPTS + [429]
    assert int(answers[-1]["Retry-After"]) > 0
    assert "Wait" in text_of(answers[-1])
    assert guesser.post(ADDRESS, {"name": "dana", "password": "a good password"}).status_code == 429
    assert other.post(ADDRESS, {"name": "dana", "password": "a good password"}).status_code == 303


def test_one_password_is_checked_at_a_time(rf_request):
    door = Door()
    with door.attempt(rf_request()), pytest.raises(BusyError), door.attempt(rf_request()):
        pass
    with door.attempt(rf_request()):
        pass


def test_a_check_that_fails_leaves_the_door_usable(rf_request):
    door = Door()
    with pytest.raises(ZeroDivisionError), door.attempt(rf_request()):
        _ = 1 / 0
    with door.attempt(rf_request()):
        pass


def test_a_proxys_word_counts_only_where_there_is_a_proxy(rf_request, database, monkeypatch):
    asked = rf_request(HTTP_X_FORWARDED_FOR="made up, 198.51.100.4")
    assert address_of(asked) == "127.0.0.1"
    monkeypatch.setattr("klal.web.door.configuration", lambda: dataclasses.replace(database, https=True))
    assert address_of(asked) == "198.51.100.4"
    assert address_of(rf_request()) == "127.0.0.1"


def test_behind_a_proxy_each_address_has_its_own_attempts(rf_request, database, monkeypatch):
    monkeypatch.setattr("klal.web.door.configuration", lambda: dataclasses.replace(database, https=True))
    door = Door()

    def attempt(address):
        with door.attempt(rf_request(HTTP_X_FORWARDED_FOR=address)):
            pass

    for _ in range(ATTEMPTS):
        attempt("198.51.100.4")
    with pytest.raises(TooManyError):
        attempt("198.51.100.4")
    attempt("198.51.100.5")


@pytest.fixture
def rf_request(database):
    from django.test import RequestFactory

    def make(**headers):
        return RequestFactory().post(ADDRESS, **headers)

    return make
