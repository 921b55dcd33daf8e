"""Signing in by another service: against a real provider of OpenID Connect, in a process of its own."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from klal.store.outside import OutsideService
from tests.postgresql import free_port
from tests.waiting import PATIENCE
from tests.web.convene.accounts import make_account, turn_second_step_on
from tests.web.pages import text_of

PROVIDER = str(Path(sys.executable).with_name("oidc-provider-mock"))
START, BACK = "/convene/sign-in/outside/", "/convene/sign-in/outside/back/"
DANA = {"sub": "d-1", "email": "dana@example.org", "email_verified": True, "preferred_username": "dana", "name": "Dana Levi"}


@pytest.fixture
def database(sqlite_database):
    """Return the embedded database: what decides whose account it is runs on both."""
    return sqlite_database


@pytest.fixture(scope="module")
def provider():
    """Return the address of a real provider, in a process of its own: it tells by its warnings that it is for tests."""
    port = free_port()
    server = subprocess.Popen(
        [PROVIDER, "--port", str(port), "--require-nonce", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE
    while not is_up(address):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield address
    server.terminate()
    server.wait(PATIENCE)


def is_up(address):
    try:
        return requests.get(f"{address}/.well-known/openid-configuration", timeout=PATIENCE).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def service(provider, database, monkeypatch, here):
    """Return a function that sets the service up."""
    from klal.web.convene import outside

    def make(**changes):
        found = OutsideService(provider, "klal", "a secret", "Town login")
        configured = dataclasses.replace(database, outside=dataclasses.replace(found, **changes))
        monkeypatch.setattr("klal.web.convene.outside.configuration", lambda: configured)
        monkeypatch.setattr("klal.web.convene.sign_in.configuration", lambda: configured)
        outside._client.cache_clear()

    make()
    yield make
    outside._client.cache_clear()


def told(provider, claims):
    """Tell the provider about somebody."""
    body = {name: value for name, value in claims.items() if name != "sub"}
    assert requests.put(f"{provider}/users/{claims['sub']}", json=body, timeout=PATIENCE).status_code == 204


def way_to(client, **fields):
    """Return where the browser is sent."""
    answer = client.post(START, fields)
    assert answer.status_code == 200
    return re.search(r'content="0; url=([^"]+)"', text_of(answer)).group(1).replace("&amp;", "&")


def way_back(address, subject="d-1"):
    """Let somebody sign in at the provider; return what their browser brings back."""
    answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def come_in(client, provider, claims=DANA, **fields):
    told(provider, claims)
    return client.get(BACK, way_back(way_to(client, **fields), claims["sub"]))


def test_somebody_with_a_confirmed_address_is_let_into_their_account(service, provider, visitor):
    dana = make_account("dana")
    client = visitor()
    assert "Go on with Town login" in text_of(client.get("/convene/sign-in/")).replace("<bdi>", "").replace("</bdi>", "")
    answer = come_in(client, provider, next="/convene/account/")
    assert (answer.status_code, answer["Location"]) == (303, "/convene/account/")
    assert "dana@example.org" in text_of(client.get("/convene/account/"))
    assert dana.outside_identities.get().subject == "d-1"
    # known from then on, whatever the address is called there
    again = come_in(visitor(), provider, {**DANA, "email": "other@example.org", "email_verified": False})
    assert again.status_code == 303
    assert dana.outside_identities.count() == 1


def test_what_is_asked_of_the_provider_is_bound_to_this_browser(service, provider, visitor):
    asked = parse_qs(urlsplit(way_to(visitor())).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert asked["scope"] == ["openid email profile"]
    assert asked["redirect_uri"] == [f"http://localhost{BACK}"]
    make_account("dana")
    told(provider, DANA)
    client, other = visitor(), visitor()
    brought = way_back(way_to(client))
    assert other.get(BACK, brought).status_code == 403
    way_to(other)
    assert other.get(BACK, brought).status_code == 403
    assert client.get(BACK, {**brought, "state": "made up"}).status_code == 403
    brought = way_back(way_to(client))
    assert client.get(BACK, brought).status_code == 303
    assert client.get(BACK, brought).status_code == 403  # twice
    assert client.get(BACK, {"error": "access_denied"}).status_code == 403
    assert client.post(BACK).status_code == 405
    assert client.get(START).status_code == 405


def test_who_has_no_account_or_no_confirmed_address_is_refused(service, provider, visitor):
    make_account("dana")
    for claims in (
        {**DANA, "email_verified": False},
        {**DANA, "email": "new@example.org"},
        {"sub": "d-1"},
        {**DANA, "email_verified": "yes"},
    ):
        answer = come_in(visitor(), provider, claims)
        assert answer.status_code == 403
        assert "Town login" in text_of(answer)


def test_where_the_host_wants_it_everybody_gets_an_account(service, provider, visitor):
    from django.contrib.auth.models import User

    service(is_open=True)
    make_account("dana", email="")
    assert come_in(visitor(), provider, {**DANA, "sub": "d-2"}).status_code == 303
    made = User.objects.get(username="Dana Levi")
    assert (made.email, made.has_usable_password()) == ("dana@example.org", False)
    assert come_in(visitor(), provider, {"sub": "d-3"}).status_code == 303


def test_the_second_step_is_asked_unless_the_provider_asked_for_two_proofs(service, provider, visitor):
    turn_second_step_on(make_account("dana"))
    assert come_in(visitor(), provider)["Location"] == "/convene/sign-in/code/"
    assert come_in(visitor(), provider, {**DANA, "amr": ["pwd", "mfa"]})["Location"] == "/convene/"


def test_a_shut_account_stays_outside(service, provider, visitor):
    from klal.services.accounts.creating import deactivate

    deactivate(make_account("dana"))
    assert come_in(visitor(), provider).status_code == 403


def test_a_provider_that_is_away_or_answers_for_another_is_one_sentence(service, provider, visitor):
    service(issuer="http://127.0.0.1:9")
    answer = visitor().post(START)
    assert answer.status_code == 403
    assert "cannot be reached" in text_of(answer)


def test_who_speaks_for_another_issuer_is_not_believed(service, provider, visitor, monkeypatch):
    make_account("dana")
    client = visitor()
    way_to(client)
    foreign = SimpleNamespace(authorize_access_token=lambda request: {"userinfo": {**DANA, "iss": "https://evil.example"}})
    monkeypatch.setattr("klal.web.convene.outside._asked", lambda service: foreign)
    assert client.get(BACK, {"code": "x", "state": "x"}).status_code == 403


def test_without_a_service_there_is_no_such_way(visitor, here):
    assert visitor().post(START).status_code == 404
    assert visitor().get(BACK).status_code == 404
    assert "outside" not in text_of(visitor().get("/convene/sign-in/"))
