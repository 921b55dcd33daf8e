"""Guessing passwords."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network

import pytest

from klal.errors import BusyError
from klal.store.guards import Guards
from klal.store.opening import configuration
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


def test_a_household_of_the_new_internet_counts_once(rf_request):
    assert address_of(rf_request()) == "127.0.0.1"
    assert address_of(rf_request(REMOTE_ADDR="2001:db8:1:2:3:4:5:6")) == "2001:db8:1:2::/64"


def test_behind_a_proxy_each_address_has_its_own_attempts(here, visitor, convenor, monkeypatch):
    behind = dataclasses.replace(configuration(), guards=Guards(proxies=(ip_network("127.0.0.1"),)))
    monkeypatch.setattr("klal.web.middleware.configuration", lambda: behind)

    def attempt(address):
        return visitor(HTTP_X_FORWARDED_FOR=f"192.0.2.66, {address}").post(ADDRESS, {"name": "dana", "password": "a guess"}).status_code

    assert [attempt("198.51.100.4") for _ in range(ATTEMPTS + 1)] == [403] * ATTEMPTS + [429]
    assert attempt("198.51.100.5") == 403


@pytest.fixture
def rf_request(database):
    from django.test import RequestFactory

    def make(**headers):
        return RequestFactory().post(ADDRESS, **headers)

    return make
