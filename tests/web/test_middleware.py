"""Where a request comes from, and whether by https: what proxies may say, and nobody else."""

from __future__ import annotations

import dataclasses
from ipaddress import ip_network

import pytest

from klal.store.guards import Guards


@pytest.fixture
def seen(database, monkeypatch):
    from django.http import HttpResponse
    from django.test import RequestFactory

    from klal.web import middleware

    behind = dataclasses.replace(database, guards=Guards(proxies=(ip_network("10.0.0.0/8"),)))
    monkeypatch.setattr(middleware, "configuration", lambda: behind)

    def ask(peer, **headers):
        found = []
        request = RequestFactory().get("/", REMOTE_ADDR=peer, **headers)
        middleware.Proxies(lambda request: found.append(request) or HttpResponse())(request)
        return found[0]

    return ask


def test_a_proxy_of_ours_says_where_a_request_comes_from_and_how(seen):
    request = seen("10.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.66, 198.51.100.4", HTTP_X_FORWARDED_PROTO="https")
    assert (request.META["REMOTE_ADDR"], request.scheme, request.is_secure()) == ("198.51.100.4", "https", True)


def test_nobody_else_says_anything(seen):
    said = {
        "HTTP_X_FORWARDED_FOR": "192.0.2.66",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_HOST": "evil.example",
        "HTTP_FORWARDED": "for=1",
    }
    request = seen("198.51.100.9", **said)
    assert (request.META["REMOTE_ADDR"], request.is_secure()) == ("198.51.100.9", False)
    assert not said.keys() & request.META.keys()


def test_a_proxy_that_says_nonsense_changes_nothing(seen):
    request = seen("10.0.0.1", HTTP_X_FORWARDED_PROTO="gopher")
    assert (request.META["REMOTE_ADDR"], request.scheme) == ("10.0.0.1", "http")
