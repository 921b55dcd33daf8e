"""Secrets that links and programs carry: drawn at random, and kept as a hash that only this instance can compute."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from klal.store.opening import configuration

LONGEST = 200
"""Longer than any secret of ours: what is longer is not looked at."""


def new_secret() -> str:
    """Return 256 bits of chance, in letters that an address can carry."""
    return secrets.token_urlsafe(32)


def digest(purpose: str, secret: str) -> str:
    """Return what is stored of a secret.

    It is looked up by equality: who does not have the instance's secret key cannot choose two secrets whose hashes begin alike, so
    that the time a search takes tells nothing.

    Parameters
    ----------
    purpose : str
        What the secret is for; the same one has another hash for another purpose.
    secret : str
        As given; anything.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return digests(purpose, secret)[0]


def digests(purpose: str, secret: str) -> list[str]:
    """Return what may be stored of a secret: as `digest` by the present secret key, then by those that were used before."""
    text = f"klal|{purpose}|{secret[:LONGEST]}".encode("utf-8", "replace")
    return [hmac.digest(key.encode(), text, hashlib.sha256).hex() for key in configuration().secret_keys]
