from __future__ import annotations

import threading

import pytest

from klal.errors import UnknownOutsideError
from tests.services.accounts.test_colleagues import at_once

CLAIMS = {"iss": "https://login.example", "sub": "1", "email": "dana@example.org", "email_verified": True}


def account_for(claims, *, is_open=False):
    from klal.services.accounts.outside import account_of_outside

    return account_of_outside(claims, "Town login", is_open=is_open)


def test_an_account_is_found_by_identity_then_by_a_confirmed_address(make):
    dana = make()
    for claims in (CLAIMS, {**CLAIMS, "email": "other@example.org"}, {"iss": CLAIMS["iss"], "sub": "1"}):
        assert account_for(claims) == dana
    assert dana.outside_identities.count() == 1


def test_everybody_else_is_refused(make):
    dana = make()
    for claims in (
        {**CLAIMS, "email_verified": False},
        {**CLAIMS, "email_verified": "true"},
        {**CLAIMS, "email_verified": 1},
        {**CLAIMS, "email": ""},
        {**CLAIMS, "email": "tal@example.org"},
        {"iss": CLAIMS["iss"], "sub": "1"},
        {**CLAIMS, "sub": "x" * 300},
    ):
        with pytest.raises(UnknownOutsideError):
            account_for(claims)
    assert not dana.outside_identities.exists()


def test_the_same_subject_of_another_provider_is_somebody_else(make):
    dana = make()
    account_for(CLAIMS)
    with pytest.raises(UnknownOutsideError):
        account_for({"iss": "https://evil.example", "sub": "1"})
    assert dana.outside_identities.count() == 1


def test_where_it_is_open_a_new_account_gets_the_first_name_that_can_be_one(make):
    make()
    names = (
        ({"preferred_username": "noa"}, "noa"),
        ({"preferred_username": "adi@example.org"}, "adi"),
        ({"preferred_username": "dana", "name": "נועה לוי"}, "נועה לוי"),
        ({"preferred_username": "dana"}, "dana 2"),
        ({"name": "<script>"}, "script"),
        ({"name": "***"}, "sub-5"),
        ({}, "sub-6"),
    )
    for number, (told, name) in enumerate(names):
        claims = {"iss": CLAIMS["iss"], "sub": f"sub-{number}"}
        made = account_for({**claims, **told}, is_open=True)
        assert (made.username, made.email, made.has_usable_password()) == (name, "", False)
        assert account_for(claims) == made


def test_of_two_tabs_that_come_for_the_first_time_at_once_both_are_let_in(make, monkeypatch):
    from klal.services.accounts import outside

    dana, both, real = make(), threading.Barrier(2), outside._joined

    def joined(*given, **options):
        both.wait()  # neither has found the identity yet
        return real(*given, **options)

    monkeypatch.setattr(outside, "_joined", joined)
    found = []
    told = at_once(*[lambda: found.append(account_for(CLAIMS))] * 2)
    assert (told, found) == ([None, None], [dana, dana])
    assert dana.outside_identities.count() == 1
