"""Addresses of conversations: what a slug may be, and one made from a topic."""

from __future__ import annotations

import re
import unicodedata

ADDRESS_LENGTH = 64
"""Most characters of a slug."""

_MADE_LENGTH = 40
_ADDRESS = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def is_address(slug: str) -> bool:
    """Say whether a text can be a slug: small Latin letters and digits, single dashes between them."""
    return len(slug) <= ADDRESS_LENGTH and _ADDRESS.fullmatch(slug) is not None


def address_of(name: str) -> str:
    """Make a slug of a name or topic.

    Parameters
    ----------
    name : str
        In any writing.

    Returns
    -------
    str
        Its Latin letters without their accents and its digits, at most 40 characters, cut between words; empty where most
        of its letters are of another writing, because what is left of such a name would mislead.
    """
    letters = [letter for letter in name if letter.isalpha()]
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    kept = sum(letter.isalpha() for letter in plain)
    if 2 * kept < len(letters):
        return ""
    words = re.findall(r"[a-z0-9]+", plain.lower().replace("'", ""))
    made = "-".join(words)
    if len(made) <= _MADE_LENGTH:
        return made
    return made[: made.rfind("-", 0, _MADE_LENGTH + 1)] if "-" in made[: _MADE_LENGTH + 1] else made[:_MADE_LENGTH]
