"""Codes that let those in who were invited by name: each belongs to one person, and only its keyed digest is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U
_LOOK_ALIKE = str.maketrans({"I": "1", "L": "1", "O": "0"})
_LETTERS, _GROUP = 16, 4
_ROUND = re.compile(r"[-_A-Za-z0-9]{24,64}")

ID_LENGTH = 256
"""Most characters of the name an organisation has for somebody."""


def new_round() -> str:
    """Return the secret of one round of invitations: it and the server's own secret together make the codes, and it is stored nowhere."""
    return secrets.token_urlsafe(24)


def is_round(text: str) -> bool:
    """Say whether a text may be the secret of a round."""
    return _ROUND.fullmatch(text) is not None


def admission_code(round_secret: str, external_id: str, slug: str, secret: str) -> str:
    """Return a person's code: 16 letters and digits (80 bits) in groups of four.

    Parameters
    ----------
    round_secret : str
        Of `new_round`. Asked again with the same one, the same code comes out, so that a download that broke off can be had again by
        who still has it, and by nobody else.
    external_id : str
        The person.
    slug : str
        Address of the conversation.
    secret : str
        The instance's secret key.
    """
    raw = int.from_bytes(_keyed("admission code", f"{slug}|{round_secret}|{external_id}", secret)[:10], "big")
    plain = "".join(_ALPHABET[raw >> 5 * place & 31] for place in range(_LETTERS))
    return "-".join(plain[at : at + _GROUP] for at in range(0, _LETTERS, _GROUP))


def admission_digest(code: str, slug: str, secret: str) -> str | None:
    """Return what is stored of a code, None if it cannot be one; case, blanks, hyphens and look-alike letters make no difference."""
    plain = "".join(letter for letter in code.upper() if letter.isascii() and letter.isalnum()).translate(_LOOK_ALIKE)
    if len(plain) != _LETTERS or any(letter not in _ALPHABET for letter in plain):
        return None
    return _keyed("admission", f"{slug}|{plain}", secret).hex()


def digest_of(code: str, slug: str, secret: str) -> str:
    """Return what is stored of a code that was made here."""
    return str(admission_digest(code, slug, secret))


def _keyed(purpose: str, text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), f"klal|{purpose}|{text}".encode(), hashlib.sha256)
