"""What a conversation is made of, as plain frozen records. Ids are what the world outside uses; they are never positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Id = int | str
"""An id of a participant or a statement: a whole number or a text, as the input has it."""


class Moderation(StrEnum):
    """State of a statement in moderation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class ModerationMode(StrEnum):
    """When a participant's statement is shown: only once a moderator accepted it, or at once, until one rejects it."""

    BEFORE = "before"
    AFTER = "after"


class Phase(StrEnum):
    """What a conversation is open for."""

    DRAFT = "draft"
    OPEN = "open"
    VOTING = "voting"
    """Votes, but no new statements."""
    PAUSED = "paused"
    CLOSED = "closed"


class Voters(StrEnum):
    """Who may vote."""

    ANYONE = "anyone"
    INVITED = "invited"


class Speakers(StrEnum):
    """Who may add statements: anybody who may vote, or the convenors alone."""

    ANYONE = "anyone"
    CONVENORS = "convenors"


@dataclass(frozen=True, slots=True)
class Statement:
    """A short claim to vote on.

    Attributes
    ----------
    id : int or str
        Its id in the conversation.
    text : str
        What it says; empty where the input has votes but no texts.
    author : int, str or None
        The participant who wrote it, None if unknown. Never shown on a page.
    created : datetime or None
        When it was written (UTC).
    moderation : Moderation
        Rejected statements are kept apart from the analysis.
    is_meta : bool
        About the conversation itself; kept apart from map, groups and common ground.
    is_seed : bool
        Written by the convenor.
    """

    id: Id
    text: str = ""
    author: Id | None = None
    created: datetime | None = None
    moderation: Moderation = Moderation.PENDING
    is_meta: bool = False
    is_seed: bool = False

    @property
    def is_analysed(self) -> bool:
        """Say whether the statement takes part in map, groups and common ground."""
        return self.moderation is not Moderation.REJECTED and not self.is_meta


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """The question put to people, and where it came from.

    Attributes
    ----------
    topic, description, url : str
        As the convenor wrote them; empty if unknown.
    source : str
        The name of what was read (a folder, zip or file name, never a path).
    notes : tuple of str
        Codes of what a reader should be told about the input, such as ``signs_flipped``.
    """

    topic: str = ""
    description: str = ""
    url: str = ""
    source: str = ""
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Seed:
    """A statement that a conversation begins with.

    Attributes
    ----------
    text : str
        What it says.
    language : str
        Code of its language; empty to have it told from the writing.
    translations : mapping of str to str
        The same in other languages, by code.
    """

    text: str
    language: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
