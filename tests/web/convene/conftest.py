"""Fixtures for the convenors' pages: one person for each role in the conversation ``here``, one with none, and one not signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

ROLES = ("owner", "moderator", "viewer")


@pytest.fixture
def people(here, visitor) -> Callable[[str], Client]:
    """Return a function that gives the browser of somebody: ``owner``, ``moderator``, ``viewer``, ``stranger`` or ``nobody``."""
    from django.contrib.auth.models import User

    from klal.store.models import Membership

    made: dict[str, Client] = {}

    def browser(who: str, language: str = "en") -> Client:
        if (who, language) not in made:
            client = visitor(language)
            if who != "nobody":
                account, _ = User.objects.get_or_create(username=who, defaults={"email": f"{who}@example.org"})
                if who in ROLES:
                    Membership.objects.get_or_create(conversation=here, account=account, defaults={"role": who})
                client.force_login(account)
            made[who, language] = client
        return made[who, language]

    return browser


@pytest.fixture
def shut_out(people) -> Callable[..., None]:
    """Return a check that a page lets in exactly whose role allows it, and knows its methods."""

    def check(address: str, *, allowed: tuple[str, ...], methods: tuple[str, ...] = ("GET",)) -> None:
        for method in methods:
            ask = method.lower()
            nobody = getattr(people("nobody"), ask)(address)
            assert (nobody.status_code, nobody["Location"].startswith("/convene/sign-in/")) == (303, True), method
            assert getattr(people("stranger"), ask)(address).status_code == 404, method
            for who in ROLES:
                found = getattr(people(who), ask)(address).status_code
                assert (found not in {403, 404}) if who in allowed else found == 403, (method, who, found)
        for method in {"GET", "POST"} - set(methods):
            assert getattr(people("owner"), method.lower())(address).status_code == 405, method
        assert people("owner").put(address).status_code == 405

    return check
