"""What is stored of secrets, and what opens with which."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from klal.errors import BadRequestError, WrongPasswordError


def every_cell():
    """Return everything the database holds, as text."""
    from django.apps import apps

    return "\n".join(str(row) for model in apps.get_models() for row in model.objects.values_list())


def test_no_secret_is_stored_or_noted_as_it_is(make, town):
    from klal.domain.roles import Role
    from klal.services.accounts import second_step
    from klal.services.accounts.colleagues import invite
    from klal.services.accounts.links import make_sign_in_link
    from klal.services.accounts.tokens import make_token
    from tests.web.convene.accounts import turn_second_step_on

    dana = make(password="seven quiet benches")
    codes = turn_second_step_on(dana)
    secrets = [make_token(dana, "x", 30)[1], make_sign_in_link(dana), invite(town, dana, "noa@example.org", Role.VIEWER)[1], *codes]
    secrets += [code.replace("-", "") for code in codes] + ["seven quiet benches"]
    stored = every_cell()
    assert [secret for secret in secrets if secret in stored] == []
    assert second_step.codes_left(dana) == 10


def test_tokens_end_when_they_are_old_and_are_nobodys_when_made_up(make):
    from klal.services.accounts.tokens import MOST, account_of_token, make_token
    from klal.store.models import AccessToken

    dana = make()
    made, token = make_token(dana, "x", 30)
    assert account_of_token(token) == dana
    made.refresh_from_db()
    first = made.used
    assert first is not None
    account_of_token(token)
    made.refresh_from_db()
    assert made.used == first  # not written each time
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert account_of_token(token) is None
    for odd in ("", "klal_", token[:-1], token + "x", token.removeprefix("klal_"), "klal_\x00", "klal_" + "x" * 10_000, "klal_é"):
        assert account_of_token(odd) is None
    for _ in range(MOST - 1):
        make_token(dana, "x", None)
    with pytest.raises(BadRequestError):
        make_token(dana, "x", None)


def test_what_was_made_under_an_older_secret_key_still_opens(make, database, monkeypatch):
    from klal.services.accounts import second_step
    from klal.services.accounts.links import account_of_link, make_sign_in_link
    from klal.services.accounts.tokens import account_of_token, make_token
    from klal.store.guards import Guards
    from tests.web.convene.accounts import turn_second_step_on

    dana = make()
    codes = turn_second_step_on(dana)
    _, token = make_token(dana, "x", None)
    link = make_sign_in_link(dana)
    changed = dataclasses.replace(database, secret_key="another", guards=Guards(old_secret_keys=(database.secret_key,)))
    monkeypatch.setattr("klal.services.accounts.keyed.configuration", lambda: changed)
    assert account_of_token(token) == account_of_link(link).account == dana
    assert second_step.is_right(dana, codes[0])
    monkeypatch.setattr("klal.services.accounts.keyed.configuration", lambda: dataclasses.replace(database, secret_key="another"))
    assert account_of_token(token) is None
    assert not second_step.is_right(dana, codes[1])


def test_a_code_works_once_and_wrong_ones_make_the_right_one_wait(make):
    from klal.services.accounts import second_step
    from tests.web.convene.accounts import code_of, let_wait_pass, turn_second_step_on

    dana = make()
    turn_second_step_on(dana)
    code = code_of(dana)
    assert second_step.is_right(dana, f" {code[:3]}-{code[3:]} ")
    assert not second_step.is_right(dana, code)
    let_wait_pass()
    assert not second_step.is_right(dana, "000000")
    assert not second_step.is_right(dana, code_of(dana))
    let_wait_pass()
    assert second_step.is_right(dana, code_of(dana))
    for odd in ("", "x", "\x00", "9" * 5_000, "١٢٣٤٥٦"):
        let_wait_pass()
        assert not second_step.is_right(dana, odd)


def test_setting_it_up_again_replaces_the_secret(make):
    from klal.services.accounts import second_step
    from tests.web.convene.accounts import turn_second_step_on

    dana = make()
    with pytest.raises(WrongPasswordError):
        second_step.confirm(dana, "123456")
    turn_second_step_on(dana)
    old = second_step.begin(dana)
    assert second_step.begin(dana).pk == old.pk
    assert not second_step.is_right(dana, "0")
    second_step.turn_off(dana, dana)
    second_step.turn_off(dana, dana)
    assert second_step.waiting(dana) is None


def test_who_knows_the_password_keeps_nobody_out_for_long(make):
    from django_otp.plugins.otp_totp.models import TOTPDevice

    from klal.services.accounts import second_step
    from tests.web.convene.accounts import code_of, turn_second_step_on

    dana = make()
    turn_second_step_on(dana)
    TOTPDevice.objects.update(throttling_failure_count=40, throttling_failure_timestamp=timezone.now() - timedelta(minutes=9))
    assert second_step.is_right(dana, code_of(dana))
