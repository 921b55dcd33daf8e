"""Passwords: what may be one, and checking one in the same time whether or not there is such an account."""

from __future__ import annotations

import unicodedata

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import MinimumLengthValidator, get_default_password_validators, validate_password
from django.core.exceptions import ValidationError

from klal.errors import PasswordsDifferError, WeakPasswordError

LONGEST = 1_000
"""Characters of a password that count."""


def as_password(text: str) -> str:
    """Return a password as it is checked and stored: the same letters are the same, however the keyboard composed them."""
    return unicodedata.normalize("NFC", text.replace("\0", ""))[:LONGEST]


def check_new(password: str, again: str, account: User) -> str:
    """Return a new password, checked.

    Parameters
    ----------
    password, again : str
        As typed, twice.
    account : User
        Whose; need not be stored yet.

    Raises
    ------
    PasswordsDifferError
        If they are not the same.
    WeakPasswordError
        If it is easy to guess, by Django's validators.
    """
    plain = as_password(password)
    if plain != as_password(again):
        raise PasswordsDifferError
    try:
        validate_password(plain, account)
    except ValidationError as error:
        raise WeakPasswordError(need=shortest()) from error
    return plain


def shortest() -> int:
    """Return how many characters a password needs."""
    return max(one.min_length for one in get_default_password_validators() if isinstance(one, MinimumLengthValidator))


def account_by_password(name: str, password: str) -> User | None:
    """Return the account that a name, or a mail address, and a password belong to.

    A password is hashed in any case, so that the time tells nobody which accounts there are.

    Parameters
    ----------
    name : str
        Name or mail address, as typed.
    password : str
        As typed.
    """
    found = User.objects.filter(email__iexact=name).values_list("username", flat=True).first() if "@" in name else None
    user = authenticate(None, username=found or name, password=as_password(password))
    return user if isinstance(user, User) else None
