"""How much may come from one place: a store of so many that fills up again by so many a minute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

_ONE = re.compile(r"([a-z_]+)=(?:(off)|(\d{1,9})/(\d{1,9}))")


class Limit(StrEnum):
    """What is counted for each network address."""

    VOTES = "votes"
    JOINS = "joins"
    """Participants who are new."""
    STATEMENTS = "statements"
    MAILS = "mails"
    """That somebody asks for."""
    CODES = "codes"
    """Recovery codes, invitations and links that are tried."""
    SIGN_INS = "sign_ins"
    API = "api"
    LISTENERS = "listeners"
    """Connections that wait for news at the same time; what a minute adds does not count."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How much, and how fast.

    Attributes
    ----------
    burst : int
        At once; 0 for without end.
    per_minute : int
        After that.
    """

    burst: int
    per_minute: int


DEFAULTS: Mapping[Limit, Rate] = {
    Limit.VOTES: Rate(30_000, 30_000),
    Limit.JOINS: Rate(3_000, 120),
    Limit.STATEMENTS: Rate(600, 120),
    Limit.MAILS: Rate(200, 30),
    Limit.CODES: Rate(300, 60),
    Limit.SIGN_INS: Rate(10, 4),
    Limit.API: Rate(600, 600),
    Limit.LISTENERS: Rate(4_000, 0),
}
"""Room for a hall: a thousand telephones behind one router join and vote within a minute, three times over."""


def read_limits(text: str) -> dict[Limit, Rate]:
    """Return the limits a setting names, the usual ones for the rest.

    Parameters
    ----------
    text : str
        ``name=burst/per_minute`` or ``name=off``, any number of them with commas or blanks between.

    Raises
    ------
    ValueError
        If it is anything else; its text is the part that is wrong.

    Examples
    --------
    >>> read_limits("joins=100/5, api=off")[Limit.JOINS]
    Rate(burst=100, per_minute=5)
    """
    found = dict(DEFAULTS)
    for part in text.replace(",", " ").split():
        match = _ONE.fullmatch(part)
        if match is None or match[1] not in list(Limit) or (match[3] and not int(match[3])):
            raise ValueError(part)
        found[Limit(match[1])] = Rate(0, 0) if match[2] else Rate(int(match[3]), int(match[4]))
    return found
