"""Make accounts and change what they are called; an account is Django's user."""

from __future__ import annotations

import re
import unicodedata

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from klal.domain.language import printable
from klal.errors import AccountTakenError, BadAccountNameError, BadMailAddressError, UnknownAccountError
from klal.services.accounts.passwords import check_new
from klal.services.auditing import note_act

_NAME = re.compile(r"\w(?:[\w .'_-]{0,58}\w)?")


def create_account(name: str, email: str = "", password: str | None = None, *, is_host: bool = False, by: User | None = None) -> User:
    """Make an account.

    Parameters
    ----------
    name : str
        To sign in with; letters of any script, no two alike but for case.
    email : str
        Mail address, or nothing; no two accounts have the same.
    password : str or None
        Already typed twice and alike; None for an account that is signed in by links, or by another service.
    is_host : bool
        Whether it is the host's own, and so owns every conversation.
    by : User, optional
        Who makes it; None for the terminal, and for people who set up their own.

    Returns
    -------
    User
        As stored.

    Raises
    ------
    BadAccountNameError, BadMailAddressError
        If name or address cannot be one.
    AccountTakenError
        If another account has the name or the address.
    WeakPasswordError
        If the password is easy to guess.
    """
    user = User(username=check_name(name), email=check_address(email) if email else "", is_superuser=is_host, is_staff=is_host)
    if password is None:
        user.set_unusable_password()
    else:
        user.set_password(check_new(password, password, user))
    try:
        with transaction.atomic():
            check_free(user.username, user.email)
            user.save()
            note_act("account_made", by, subject=f"account:{user.pk}", name=user.username)
    except IntegrityError as error:
        raise AccountTakenError(found=user.username) from error
    return user


def check_name(name: str) -> str:
    """Return a name for an account, composed and with single blanks.

    Raises
    ------
    BadAccountNameError
        If it cannot be one; an ``@`` would make it look like an address.
    """
    plain = " ".join(unicodedata.normalize("NFKC", printable(name)).split())
    if not _NAME.fullmatch(plain):
        raise BadAccountNameError(found=plain[:80] or "-")
    return plain


def check_address(address: str) -> str:
    """Return a mail address without blanks around it.

    Raises
    ------
    BadMailAddressError
        If it is none.
    """
    plain = printable(address)
    try:
        validate_email(plain)
    except ValidationError as error:
        raise BadMailAddressError(found=plain[:80] or "-") from error
    return plain


def check_free(name: str = "", email: str = "", *, but: int | None = None) -> None:
    """Refuse a name or a mail address that another account has.

    Raises
    ------
    AccountTakenError
        With the one that is taken.
    """
    others = User.objects.all() if but is None else User.objects.exclude(pk=but)
    if name and others.filter(username__iexact=name).exists():
        raise AccountTakenError(found=name)
    if email and others.filter(email__iexact=email).exists():
        raise AccountTakenError(found=email)


def find_account(name: str) -> User:
    """Return an account by its name or mail address.

    Raises
    ------
    UnknownAccountError
        If there is none.
    """
    field = "email" if "@" in name else "username"
    found = User.objects.filter(**{f"{field}__iexact": name.strip()}).first()
    if found is None:
        raise UnknownAccountError(found=name)
    return found


def account_with_address(address: str) -> User | None:
    """Return the active account that has a mail address."""
    return User.objects.filter(email__iexact=address, is_active=True).exclude(email="").first()


def deactivate(account: User, by: User | None = None) -> None:
    """Shut an account: nobody can sign in with it, its sessions end, its tokens are worth nothing; what it did stays."""
    from klal.services.accounts.sessions import end_all

    with transaction.atomic():
        User.objects.filter(pk=account.pk).update(is_active=False)
        end_all(account)
        account.access_tokens.all().delete()
        account.links.all().delete()
        note_act("account_deactivated", by, subject=f"account:{account.pk}", name=account.get_username())


def set_password(account: User, password: str, again: str, by: User | None) -> None:
    """Give an account a new password; all its sessions end.

    Raises
    ------
    PasswordsDifferError, WeakPasswordError
        If it cannot be one.
    """
    from klal.services.accounts.sessions import end_all

    account.set_password(check_new(password, again, account))
    with transaction.atomic():
        account.save(update_fields=["password"])
        account.links.all().delete()
        end_all(account)
        note_act("password_set", by, subject=f"account:{account.pk}", name=account.get_username())
