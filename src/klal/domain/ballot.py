"""What a browser hands in and what it is told: votes of one participant, sent together."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import IntEnum

from klal.domain.identity import Identity
from klal.errors import RefusedError

LARGEST_KEY = 2**53 - 1
"""Of a vote: the largest whole number that a browser holds exactly."""


class Choice(IntEnum):
    """A vote; the codes are those of ``klal.core``."""

    DISAGREE = 1
    PASS = 2
    AGREE = 3

    @property
    def word(self) -> str:
        """Return its name in forms, in JSON and in the keys of sentences."""
        return self.name.lower()


def new_key() -> int:
    """Return a key for a vote, so that what is sent twice is stored once."""
    return 1 + secrets.randbelow(LARGEST_KEY)


@dataclass(frozen=True, slots=True)
class CastVote:
    """One vote as it was cast.

    Attributes
    ----------
    key : int
        Chosen by the browser, 1 … ``LARGEST_KEY``; a second vote of this participant with the same key is a repeat and changes nothing.
    statement : int
        The statement's number in the store.
    choice : Choice or None
        None withdraws the vote.
    is_important : bool
        Whether the participant marked it as important.
    """

    key: int
    statement: int
    choice: Choice | None
    is_important: bool = False


@dataclass(frozen=True, slots=True)
class Ballot:
    """Votes of one participant, sent together.

    Attributes
    ----------
    slug : str
        Address of the conversation.
    identity : Identity
        Who; need not be known yet.
    votes : tuple of CastVote
        In the order they were cast; may be empty, to ask for the next statements only.
    language : str
        Language to be answered in.
    channel : str
        Code of the link this browser came by, for those who join with it; empty if none.
    address : str
        Where it comes from, for limits on how many join from one place; never stored. Empty where nobody counts.
    """

    slug: str
    identity: Identity
    votes: tuple[CastVote, ...]
    language: str = ""
    channel: str = ""
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A statement to vote on next, as the participant reads it.

    Attributes
    ----------
    id : int
        Its number in the store.
    text, language : str
        In the participant's language where there is a translation, else as written.
    is_seed : bool
        Written by the convenor.
    """

    id: int
    text: str
    language: str
    is_seed: bool = False

    def __hash__(self) -> int:
        """Hash by the number alone: with every vote five of these are looked up."""
        return self.id


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a ballot, told after it is stored.

    Attributes
    ----------
    saved : tuple of int
        Keys of the votes that are stored, repeats included.
    refused : tuple of (int, RefusedError)
        Keys of the votes that are not, and why.
    upcoming : tuple of Upcoming
        The next statements, first the next one; empty when all are answered.
    voted, remaining : int
        How many statements the participant has answered, and how many are left.
    """

    saved: tuple[int, ...]
    refused: tuple[tuple[int, RefusedError], ...]
    upcoming: tuple[Upcoming, ...]
    voted: int
    remaining: int
