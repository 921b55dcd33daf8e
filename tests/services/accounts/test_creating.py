from __future__ import annotations

import pytest

from klal.errors import (
    AccountTakenError,
    BadAccountNameError,
    BadMailAddressError,
    PasswordsDifferError,
    UnknownAccountError,
    WeakPasswordError,
)

PASSWORD = "seven quiet benches"


def test_an_account_is_made_and_noted(make):
    from klal.store.models import AuditEntry

    host = make("host", password=PASSWORD, is_host=True)
    dana = make("  dana   levi ", email=" dana@example.org", by=host)
    assert (dana.username, dana.email, dana.has_usable_password(), dana.is_superuser) == ("dana levi", "dana@example.org", False, False)
    assert (host.is_superuser, host.check_password(PASSWORD)) == (True, True)
    assert list(AuditEntry.objects.values_list("act", "name", "facts")) == [
        ("account_made", "", {"name": "host"}),
        ("account_made", "host", {"name": "dana levi"}),
    ]
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_names_are_of_every_script_but_nothing_else(make):
    for name in ("", " ", "a@b", "<b>", "a/b", "x" * 61, "-", ".a", "a\u202eb", "a;b"):
        with pytest.raises(BadAccountNameError):
            make(name, email="")
    for name in ("d", "דנה לוי", "Jean-Luc O'Neill", "a.b_c", "７"):
        assert make(name, email="").pk
    for email in ("dana", "a b@example.org", "dana@", "@example.org"):
        with pytest.raises(BadMailAddressError):
            make("dana", email=email)


def test_no_two_accounts_have_the_same_name_or_address_but_for_case(make):
    from django.contrib.auth.models import User
    from django.db import IntegrityError, transaction

    make()
    for name, email in (("DANA", ""), ("tal", "Dana@Example.org")):
        with pytest.raises(AccountTakenError):
            make(name, email=email)
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds to it too, whoever writes
        User.objects.create(username="other", email="DANA@example.org")
    make("tal", email="")
    make("eli", email="")
    assert User.objects.count() == 3


def test_of_two_who_take_an_address_at_once_one_is_told(make, monkeypatch):
    make()
    monkeypatch.setattr("klal.services.accounts.creating.check_free", lambda *given: None)
    with pytest.raises(AccountTakenError):
        make("tal", email="dana@example.org")


def test_passwords_that_are_easy_to_guess_are_refused(make):
    for password in ("", "short", "1234567890", "1234567890123", "password123", "qwertyuiop", "danalevi12", "dana@example"):
        with pytest.raises(WeakPasswordError) as told:
            make("danalevi", email="dana@example.org", password=password)
        assert told.value.facts == {"need": 10}


def test_a_password_is_the_same_however_it_was_typed_and_in_any_length(make):
    from klal.services.accounts.passwords import LONGEST, account_by_password, check_new

    dana = make(password="cafe\u0301 au lait noir")
    assert account_by_password("dana", "caf\u00e9 au lait noir") == dana
    assert account_by_password("DANA@example.org", "caf\u00e9 au lait noir") == dana
    assert account_by_password("dana@example.org", "x") is None
    long = "a long way " * 500
    assert len(check_new(long, long, dana)) == LONGEST
    with pytest.raises(PasswordsDifferError):
        check_new("seven quiet benches", "seven quiet bench", dana)


def test_an_account_is_found_by_name_or_address(make):
    from klal.services.accounts.creating import account_with_address, find_account

    dana = make()
    assert find_account(" Dana ") == find_account("dana@EXAMPLE.org") == dana
    with pytest.raises(UnknownAccountError):
        find_account("tal")
    with pytest.raises(UnknownAccountError):
        find_account("")
    make("tal", email="")
    assert account_with_address("") is None


def test_a_shut_account_has_no_sessions_tokens_or_links(make):
    from klal.errors import BadMailLinkError
    from klal.services.accounts.creating import account_with_address, deactivate, set_password
    from klal.services.accounts.links import account_of_link, make_sign_in_link
    from klal.services.accounts.tokens import account_of_token, make_token

    dana = make()
    _, token = make_token(dana, "x", None)
    link = make_sign_in_link(dana)
    set_password(dana, PASSWORD, PASSWORD, None)
    with pytest.raises(BadMailLinkError):
        account_of_link(link)
    link = make_sign_in_link(dana)
    deactivate(dana)
    with pytest.raises(BadMailLinkError):
        account_of_link(link)
    assert account_of_token(token) is None
    assert account_with_address("dana@example.org") is None
