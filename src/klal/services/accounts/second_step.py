"""The second step of signing in: a code from an app on one's phone (TOTP), or one of ten codes written down for the day it is lost."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from klal.errors import WrongPasswordError
from klal.services.accounts.keyed import digest, digests
from klal.services.auditing import note_act

_NAME, _PURPOSE = "klal", "written-code"
CODES = 10
"""Codes to write down."""
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: none that looks like another
_CODE_LETTERS, _STORED = 10, 16
_MOST_FAILURES = 10
"""Each wrong code doubles the wait, up to this many: nine minutes, so that who knows a password keeps nobody out for long."""


def is_on(account: User) -> bool:
    """Say whether an account asks for a code when it is signed in."""
    return bool(TOTPDevice.objects.filter(user=account, confirmed=True).exists())


def begin(account: User) -> TOTPDevice:
    """Return the secret to set an app up with: the one that waits to be confirmed, or a new one."""
    found = TOTPDevice.objects.filter(user=account, confirmed=False).first()
    return found or TOTPDevice.objects.create(user=account, name=_NAME, confirmed=False)


def waiting(account: User) -> TOTPDevice | None:
    """Return the secret that waits to be confirmed."""
    return TOTPDevice.objects.filter(user=account, confirmed=False).first()


def secret_of(device: TOTPDevice) -> str:
    """Return a secret as it is typed into an app: letters and digits in groups of four."""
    plain = base64.b32encode(device.bin_key).decode("ascii").rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def confirm(account: User, code: str) -> list[str]:
    """Turn the second step on, once the app has shown a right code; return the codes to write down.

    Raises
    ------
    WrongPasswordError
        If the code is not right, or none was asked for.
    """
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=account, confirmed=False).first()
        is_right = device is not None and device.verify_token(_digits(code))
        if device is not None and is_right:
            TOTPDevice.objects.filter(user=account, confirmed=True).delete()
            device.confirmed = True
            device.save()
            codes = _new_codes(account)
            note_act("second_step_on", account, subject=f"account:{account.pk}")
            return codes
    raise WrongPasswordError  # after the transaction, so that the wrong try is counted


def new_codes(account: User) -> list[str]:
    """Return new codes to write down; the old ones are worth nothing from then on."""
    with transaction.atomic():
        note_act("codes_made", account, subject=f"account:{account.pk}")
        return _new_codes(account)


def codes_left(account: User) -> int:
    """Return how many written codes have not been used."""
    return int(StaticToken.objects.filter(device__user=account).count())


def is_right(account: User, code: str) -> bool:
    """Say whether a code is right, and use it up; wrong ones make the next try wait, longer each time.

    Parameters
    ----------
    account : User
        Who has the second step on.
    code : str
        Of the app, or one of those written down; blanks and hyphens make no difference.
    """
    with transaction.atomic():
        for device, text in _devices(account, code):
            device.throttling_failure_count = min(device.throttling_failure_count, _MOST_FAILURES)
            if device.verify_token(text):
                return True
        return False


def turn_off(account: User, by: User | None) -> None:
    """Ask for no second step from now on."""
    with transaction.atomic():
        found = TOTPDevice.objects.filter(user=account).delete()[0] + StaticDevice.objects.filter(user=account).delete()[0]
        if found:
            note_act("second_step_off", by, subject=f"account:{account.pk}", name=account.get_username())


def _devices(account: User, code: str) -> Iterator[tuple[TOTPDevice | StaticDevice, str]]:
    """Yield only the kind of device the code can be of: a wrong one counts once."""
    plain = _plain(code)
    if len(plain) == _CODE_LETTERS:
        for static in StaticDevice.objects.select_for_update().filter(user=account, confirmed=True):
            stored = [_stored(one) for one in digests(_PURPOSE, plain)]
            known = static.token_set.filter(token__in=stored).values_list("token", flat=True).first()
            yield static, known or stored[0]
    else:
        for device in TOTPDevice.objects.select_for_update().filter(user=account, confirmed=True):
            yield device, _digits(code)


def _new_codes(account: User) -> list[str]:
    device, _ = StaticDevice.objects.get_or_create(user=account, name=_NAME, defaults={"confirmed": True})
    device.token_set.all().delete()
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS)) for _ in range(CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=_stored(digest(_PURPOSE, code))) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def _stored(keyed: str) -> str:
    """Return what the table keeps in place of a written code: 80 bits of its keyed hash, as many letters as it has room for."""
    return base64.b32encode(bytes.fromhex(keyed)).decode("ascii")[:_STORED]


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower()[:40] if letter.isascii() and letter.isalnum()).translate(_LOOK_ALIKE)


def _digits(code: str) -> str:
    return "".join(letter for letter in code[:40] if letter.isascii() and letter.isdigit())


_LOOK_ALIKE = str.maketrans({"i": "1", "l": "1", "o": "0"})
