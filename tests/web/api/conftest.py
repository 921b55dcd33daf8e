"""Programs that ask the API."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def program(visitor):
    """Return a function that asks the API as a program does, for an account if it has a token."""

    def ask(method, address, body=None, token="", **headers):
        client = visitor()
        given = {"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {}
        sent = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return getattr(client, method.lower())(f"/api/v1/{address}", **sent, **given, **headers)

    return ask


@pytest.fixture
def token_of(here):
    """Return a function that gives a token of somebody: ``owner``, ``moderator``, ``viewer`` or ``stranger``."""
    from django.contrib.auth.models import User

    from klal.services.accounts.tokens import make_token
    from klal.store.models import Membership

    def make(who):
        account, _ = User.objects.get_or_create(username=who)
        if who != "stranger":
            Membership.objects.get_or_create(conversation=here, account=account, defaults={"role": who})
        return make_token(account, "a script", None)[1]

    return make
