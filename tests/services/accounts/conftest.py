"""Accounts in a database of their own, with a quick hash for passwords."""

from __future__ import annotations

import pytest
from django.test import override_settings


@pytest.fixture(autouse=True)
def quick_hash(database):
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def make(database):
    """Return a function that makes an account."""
    from klal.services.accounts.creating import create_account

    def account(name="dana", **fields):
        return create_account(name, fields.pop("email", f"{name}@example.org"), fields.pop("password", None), **fields)

    return account


@pytest.fixture
def town(database):
    """Return an open conversation."""
    from klal.services.opening import open_conversation

    return open_conversation("What joins our town?", slug="town")
