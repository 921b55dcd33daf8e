"""What holds for every address there is: headers, cookies, methods, who is sent to sign in, and that looking changes nothing."""

from __future__ import annotations

import re

import pytest

from tests.web.addresses import every_address
from tests.web.pages import numbers, snapshot, vote

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
WITHOUT_SIGN_IN = {
    "convene-sign-in",
    "convene-sign-in-code",
    "convene-sign-in-link",
    "convene-sign-in-mail",
    "convene-outside",
    "convene-outside-back",
    "convene-invitation",
    "convene-sign-out",
    "convene-confirm-address",
}
"""For those who have not signed in, or whose link is their proof."""
FOR_EVERYBODY = re.compile(r"map-data|map-part|report|offline|api-(conversations?|statements|results|document|begin)")
"""The same for everybody, so that anybody may keep it for as long as it says."""
BY_TOKEN = re.compile(r"/api/v1/")
"""No cookie counts there."""
BY_LINK = {"news-out"}
"""A mail program presses the button of a letter without having seen a page; what counts is the signed link."""
OWN_TRACES = ("django_session", "store_signin", "store_accesstoken")
"""When somebody was last seen here, for the list of their own sessions and tokens."""
WRITING = re.compile(r'^\s*(INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)


@pytest.fixture
def busy(here, visitor):
    """Return browsers of a participant and of each role, and every address, in a conversation with results."""
    from django.contrib.auth.models import User

    from klal.store.models import Membership

    snapshot(here)
    clients = {"nobody": visitor(), "participant": visitor()}
    vote(clients["participant"], numbers(here)[0])
    for who in ("owner", "viewer", "stranger", "host"):
        account = User.objects.create(username=who, email=f"{who}@example.org", is_superuser=who == "host")
        if who in {"owner", "viewer"}:
            Membership.objects.create(conversation=here, account=account, role=who)
        clients[who] = visitor()
        clients[who].force_login(account)
    return clients, every_address(numbers(here)[0])


def test_every_answer_has_the_headers_and_looking_changes_nothing(busy):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clients, addresses = busy
    for who, client in clients.items():
        for name, address in addresses:
            with CaptureQueriesContext(connection) as captured:
                response = client.get(address)
            where = f"{who} {address}"
            assert response.status_code < 500, where
            changed = {found[2] for query in captured if (found := WRITING.match(query["sql"]))}
            assert changed <= set(OWN_TRACES), where
            check_headers(response, name, where)
            for cookie in response.cookies.values():
                assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax"), where


def check_headers(response, name, where):
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy, where
    assert "frame-ancestors 'none'" in policy, where
    assert "base-uri 'none'" in policy, where
    assert "form-action" in policy, where
    assert "unsafe-eval" not in policy, where
    assert "unsafe-inline" not in policy or (
        name == "report" and policy.count("unsafe-inline") == 1 and "style-src 'unsafe-inline'" in policy
    )
    assert response["X-Content-Type-Options"] == "nosniff", where
    assert response["X-Frame-Options"] == "DENY", where
    assert response["Referrer-Policy"] in {"same-origin", "no-referrer"}, where
    assert response["Cross-Origin-Opener-Policy"] == "same-origin", where
    assert response["Cross-Origin-Resource-Policy"] in {"same-origin", "cross-origin"}, where
    assert "Server" not in response, where
    if response.status_code == 200 and not FOR_EVERYBODY.fullmatch(name):
        assert "no-store" in response["Cache-Control"], where
        assert "public" not in response["Cache-Control"], where


def test_convenors_pages_send_strangers_to_sign_in_and_back(busy):
    clients, addresses = busy
    for name, address in addresses:
        if not address.startswith("/convene/") or name in WITHOUT_SIGN_IN:
            continue
        for method in ("get", "post"):
            response = getattr(clients["nobody"], method)(address)
            assert response.status_code in {303, 405}, (method, address)
            assert response.status_code == 405 or response["Location"].startswith("/convene/sign-in/"), address
        if address.startswith("/convene/c/"):
            assert clients["stranger"].get(address).status_code in {404, 405}, address


def test_a_form_from_elsewhere_is_refused_everywhere(busy, visitor):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    clients, addresses = busy
    forgers = {who: visitor(enforce_csrf_checks=True) for who in ("nobody", "owner")}
    forgers["owner"].cookies.update(clients["owner"].cookies)
    for who, forger in forgers.items():
        for name, address in addresses:
            if name in BY_LINK:
                continue
            with CaptureQueriesContext(connection) as captured:
                status = forger.post(address, {"choice": "agree", "text": "A forged sentence."}).status_code
            expected = {401, 403, 405} if BY_TOKEN.match(address) else {403, 405}
            assert status in expected, (who, address, status)
            assert {found[2] for query in captured if (found := WRITING.match(query["sql"]))} <= {"django_session"}, address


def test_methods_nobody_knows_are_refused_with_those_that_are(busy):
    clients, addresses = busy
    for _, address in addresses:
        known = {method for method in METHODS[:3] if clients["owner"].generic(method, address).status_code != 405}
        for method in METHODS[3:]:
            response = clients["owner"].generic(method, address)
            if BY_TOKEN.match(address) and response.status_code == 401:
                continue
            assert response.status_code == 405, (method, address, response.status_code)
            allowed = {one.strip() for one in response["Allow"].split(",")}
            assert method not in allowed, address
            assert BY_TOKEN.match(address) or allowed == known, (address, allowed, known)


def test_files_of_the_pages_have_the_headers_too(visitor):
    from klal.web.assets import static_address

    response = visitor().get(f"{static_address()}klal/house.css")
    assert response.status_code == 200
    check_headers(response, "map-data", "house.css")
    assert "immutable" in response["Cache-Control"]
    response.close()


def test_with_https_cookies_are_bound_to_it_and_to_this_host():
    import os
    import subprocess
    import sys

    names = "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS"
    code = f"from django.conf import settings; print(*[getattr(settings, name) for name in {names}])"
    given = {**os.environ, "KLAL_HTTPS": "yes", "KLAL_SECRET_KEY": "x" * 40, "DJANGO_SETTINGS_MODULE": "klal.web.settings"}
    found = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True).stdout.split()
    assert found[:4] == ["__Host-klal-session", "__Host-klal-csrf", "True", "True"]
    assert int(found[4]) >= 365 * 24 * 60 * 60
