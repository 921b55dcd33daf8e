"""Links that stand for an account: mailed to sign in or to confirm an address, or printed on the terminal; each is used once."""

from __future__ import annotations

from datetime import datetime, timedelta
from hmac import compare_digest

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.language import Language, Phrase
from klal.errors import BadMailLinkError
from klal.services.accounts.creating import account_with_address, check_address, check_free
from klal.services.accounts.keyed import digest, digests, new_secret
from klal.services.auditing import note_act
from klal.services.mailing import post
from klal.store.models import AccountLink

VALID, PRINTED_VALID, ADDRESS_VALID = timedelta(minutes=15), timedelta(days=1), timedelta(days=1)
_SIGN_IN, _ADDRESS = "sign_in", "address"


def make_sign_in_link(account: User, *, valid: timedelta = PRINTED_VALID, browser: str = "") -> str:
    """Return what a link carries that signs somebody in; links that were made for the account before are worth nothing from then on.

    Parameters
    ----------
    account : User
        Who is signed in by it.
    valid : timedelta
        How long it can be used.
    browser : str
        Secret cookie of the browser that asks for it, if one does.
    """
    return _make(account, _SIGN_IN, timezone.now() + valid, browser=browser)


def mail_sign_in_link(address: str, browser: str, home: str, language: Language) -> None:
    """Mail a link to whoever has an account with an address; who has none is sent nothing, and nobody is told which.

    Parameters
    ----------
    address : str
        As typed.
    browser : str
        Secret cookie of the browser that asks.
    home : str
        Address of the server, for the link.
    language : Language
        Of the mail.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    """
    account = account_with_address(check_address(address))
    if account is None:
        return
    with transaction.atomic():
        secret = make_sign_in_link(account, valid=VALID, browser=browser)
        link = Phrase(f"{home}/convene/sign-in/link/?token={secret}")
        body = language.text("convene.mail.sign_in_body", link=link, name=account.get_username())
        post(account.email, language.text("convene.mail.sign_in_subject"), body, valid=VALID)


def account_of_link(secret: str) -> AccountLink:
    """Return a link that signs in; changes nothing, for programs follow links too.

    Raises
    ------
    BadMailLinkError
        If it is none of ours, was used, or is too old.
    """
    return _find(secret, _SIGN_IN)


def is_same_browser(link: AccountLink, browser: str) -> bool:
    """Say whether a browser is the one that asked for a link; one that was printed on the terminal was asked for by none."""
    return not link.browser or any(compare_digest(link.browser, one) for one in digests("link-browser", browser))


def use_sign_in_link(secret: str) -> User:
    """Return who a link signs in; it is worth nothing from then on.

    Raises
    ------
    BadMailLinkError
        As `account_of_link`.
    """
    found = account_of_link(secret)
    _use(found)
    return found.account


def mail_address_link(account: User, address: str, home: str, language: Language) -> None:
    """Mail a link to a new address of an account; the account keeps the old one until it is used.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    """
    plain = check_address(address)
    with transaction.atomic():
        secret = _make(account, _ADDRESS, timezone.now() + ADDRESS_VALID, email=plain)
        link = Phrase(f"{home}/convene/account/address/?token={secret}")
        body = language.text("convene.mail.address_body", link=link, name=account.get_username())
        post(plain, language.text("convene.mail.address_subject"), body, valid=ADDRESS_VALID)


def address_of_link(account: User, secret: str) -> str:
    """Return the address that a link confirms for an account; changes nothing.

    Raises
    ------
    BadMailLinkError
        If it is not this account's, was used, or is too old.
    """
    return _find(secret, _ADDRESS, account).email


def confirm_address(account: User, secret: str, language: Language) -> str:
    """Give an account the address that a link was mailed to, tell the old one, and return the new one.

    Raises
    ------
    BadMailLinkError
        As `address_of_link`.
    AccountTakenError
        If another account has it by now.
    """
    found = _find(secret, _ADDRESS, account)
    with transaction.atomic():
        check_free(email=found.email, but=account.pk)
        _use(found)
        old = account.email
        User.objects.filter(pk=account.pk).update(email=found.email)
        note_act("address_set", account, subject=f"account:{account.pk}")
        if old and old.lower() != found.email.lower():
            body = language.text("convene.mail.changed_body", name=account.get_username())
            post(old, language.text("convene.mail.changed_subject"), body)
    return found.email


def _make(account: User, kind: str, expires: datetime, *, browser: str = "", email: str = "") -> str:
    secret = new_secret()
    with transaction.atomic():
        AccountLink.objects.filter(account=account, kind=kind, used=None).delete()
        AccountLink.objects.create(
            account=account,
            kind=kind,
            digest=digest(f"link-{kind}", secret),
            email=email,
            browser=digest("link-browser", browser) if browser else "",
            expires=expires,
        )
    return secret


def _find(secret: str, kind: str, account: User | None = None) -> AccountLink:
    links = AccountLink.objects.filter(kind=kind, used=None, expires__gt=timezone.now(), account__is_active=True)
    found = links.filter(digest__in=digests(f"link-{kind}", secret)).select_related("account").first()
    if found is None or (account is not None and found.account_id != account.pk):
        raise BadMailLinkError
    return found


def _use(link: AccountLink) -> None:
    """Take a link out of use, once: of two browsers that send it together one is refused."""
    if not AccountLink.objects.filter(pk=link.pk, used=None).update(used=timezone.now()):
        raise BadMailLinkError
