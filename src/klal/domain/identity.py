"""Who a browser is: a random key in a signed cookie, one per conversation, and a recovery code for the next device.

The key is drawn before anything is stored, so that looking at a page leaves no trace, and the first vote, sent twice, makes one
participant. The signature keeps anybody from making keys up; the epoch revokes all cookies of a participant at once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

COOKIE = "klal-participant"
"""Name of the cookie; its path is the conversation's address, so that each conversation sees only its own."""

SECURE_COOKIE = f"__Secure-{COOKIE}"
"""Its name where browsers come by https: under it they take only what an encrypted answer sets."""

CHANNEL_COOKIE = "klal-channel"
"""Name of the cookie that holds the code of the link somebody came by, until they join; its path is the conversation's address."""

LONGEST_CHANNEL = 32
_CHANNEL = re.compile(rf"[-A-Za-z0-9_]{{1,{LONGEST_CHANNEL}}}")
_KEY_BYTES = 16
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_LOOK_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_CODE_LETTERS, _CODE_GROUP = 16, 4


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cookie says.

    Attributes
    ----------
    key : str
        22 characters; names one participant of one conversation.
    epoch : int
        Must be the participant's own, or the cookie is revoked.
    """

    key: str
    epoch: int = 0


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who joins: who, and what is known of how they came.

    Attributes
    ----------
    key : str
        Of their cookie.
    language : str
        Code of the language they read; empty if unknown.
    channel : str
        Code of the link they came by; empty if none. It is stored only if the conversation has such a channel.
    """

    key: str
    language: str = ""
    channel: str = ""


def channel_code(text: str | None) -> str:
    """Return the code of a channel as a browser sends it; empty if it cannot be one."""
    return text if text and _CHANNEL.fullmatch(text) else ""


def new_identity() -> Identity:
    """Return somebody nobody has met."""
    return Identity(_encoded(secrets.token_bytes(_KEY_BYTES)))


def cookie_name(*, https: bool) -> str:
    """Return the name the cookie is set under."""
    return SECURE_COOKIE if https else COOKIE


def cookie_names(*, https: bool) -> tuple[str, ...]:
    """Return the names the cookie is looked for under, the one that counts first; the plain one is of before https was."""
    return (SECURE_COOKIE, COOKIE) if https else (COOKIE,)


def to_cookie(identity: Identity, slug: str, secret: str) -> str:
    """Return the signed value of the cookie.

    Parameters
    ----------
    identity : Identity
        Whose.
    slug : str
        Address of the conversation; the cookie is worth nothing in another.
    secret : str
        The instance's secret key.
    """
    return f"{identity.key}.{identity.epoch}.{_signature(identity, slug, secret)}"


def from_cookie(value: str | None, slug: str, *secrets: str) -> Identity | None:
    """Return who the cookie says it is, None if it was not signed here for this conversation.

    Parameters
    ----------
    value : str or None
        Of the cookie.
    slug : str
        Address of the conversation.
    *secrets : str
        The instance's secret key, and those it had before.
    """
    parts = (value or "").split(".")
    if len(parts) != 3 or not parts[1].isascii() or not parts[1].isdigit() or len(parts[1]) > 9:
        return None
    identity = Identity(parts[0], int(parts[1]))
    given = parts[2].encode("utf-8", "replace")
    signed = any(hmac.compare_digest(_signature(identity, slug, secret).encode(), given) for secret in secrets)
    return identity if signed else None


def new_recovery_code() -> str:
    """Return a code to write down: 16 letters and digits (80 bits) in groups of four."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS)]
    return "-".join("".join(letters[at : at + _CODE_GROUP]) for at in range(0, _CODE_LETTERS, _CODE_GROUP))


def recovery_digest(code: str, slug: str, secret: str) -> str | None:
    """Return what is stored of a recovery code, None if it cannot be one.

    Case, blanks, hyphens and look-alike letters make no difference.
    """
    plain = "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum()).translate(_LOOK_ALIKE)
    if len(plain) != _CODE_LETTERS or any(letter not in _ALPHABET for letter in plain):
        return None
    return _keyed("recovery", f"{slug}|{plain}", secret).hex()


def _signature(identity: Identity, slug: str, secret: str) -> str:
    return _encoded(_keyed("participant", f"{slug}|{identity.key}|{identity.epoch}", secret)[:_KEY_BYTES])


def _keyed(purpose: str, text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"klal|{purpose}|{text}".encode(), hashlib.sha256)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
