"""What the API sends and takes, as types: its document is made from them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from klal.services.creating import LONGEST
from klal.services.seeding import LONGEST_ROW

Stage = Literal["scheduled", "open", "voting", "paused", "closed"]


class Refusal(Schema):
    """Why a request was refused: a code that stays, and a sentence in the language of Accept-Language."""

    code: str = Field(examples=["refused.unknown_conversation"])
    message: str


class Counts(Schema):
    """How much there is, by the last analysis."""

    participants: int
    statements: int
    votes: int
    participants_placed: int


class Words(Schema):
    """What a conversation says of itself in one language."""

    topic: str
    description: str
    shared_purpose: str


class Conversation(Schema):
    """A conversation."""

    slug: str
    address: str = Field(description="of its page for people, without the host")
    topic: str
    description: str
    shared_purpose: str
    languages: list[str] = Field(description="that it is held in, first the main one")
    texts: dict[str, Words] = Field(description="translations, by language")
    stage: Stage = Field(description="what it is open for now")
    voters: Literal["anyone", "invited"]
    speakers: Literal["anyone", "convenors"]
    opens_at: datetime | None
    statements_until: datetime | None
    closes_at: datetime | None
    is_synthetic: bool = Field(description="whether its votes are made up")
    counts: Counts | None = Field(description="null before the first analysis")


class Conversations(Schema):
    """A page of conversations."""

    conversations: list[Conversation]
    next: int | None = Field(description="what to ask for as after= for the next page; null on the last one")


class Statement(Schema):
    """A statement that is open for votes. Nobody is told who wrote it."""

    id: int
    text: str
    language: str
    translations: dict[str, str]
    is_seed: bool = Field(description="by a convenor")
    is_meta: bool = Field(description="about the conversation itself")


class Statements(Schema):
    """A page of statements."""

    statements: list[Statement]
    next: int | None


class Cell(Schema):
    """How many gave each answer."""

    agree: int
    disagree: int
    passed: int = Field(alias="pass")


class Figures(Schema):
    """Votes on a statement of people in a group; null is withheld because too few people stand behind it."""

    agree: int | None
    disagree: int | None
    passed: int | None = Field(alias="pass")
    seen: int | None
    groups: dict[str, Cell | None] = Field(description="by slot of the group")


class Representative(Schema):
    """A statement that tells a group apart."""

    statement: int
    direction: Literal["agree", "disagree"]


class Group(Schema):
    """An opinion group; its slot stays its own from one analysis to the next."""

    slot: int
    name: dict[str, str] = Field(description="that the convenors gave it, by language")
    size: int | None
    share: float | None
    centre: list[float]
    outline: list[list[float]]
    representative: list[Representative]


class Verdict(Schema):
    """Whether there are opinion groups, why, and how surely."""

    kind: Literal["none", "weak", "clear"]
    reason: str
    stability: float | None


class Shared(Schema):
    """A statement all groups agree with; the weakest agrees surely more than ``lower``."""

    statement: int
    agreement: float | None
    lower: float | None
    weakest: int
    shares: dict[str, float | None]


class Divisive(Schema):
    """A statement that divides the groups."""

    statement: int
    shares: dict[str, float | None]


class Map(Schema):
    """The opinion map: points ``[x, y, slot]`` of people, sorted, without anything that says who they are."""

    width: float
    height: float
    points: list[list[float]]
    shown: int
    of: int


class Results(Schema):
    """What the last analysis found, screened: no figure that one person's votes could be read from."""

    snapshot: int
    made: datetime
    counts: Counts
    verdict: Verdict
    groups: list[Group]
    common_ground: list[Shared]
    divisive: list[Divisive]
    statements: dict[str, Figures] = Field(description="by id")
    map: Map


class OwnConversation(Schema):
    """A conversation that the token's account convenes."""

    slug: str
    topic: str
    role: Literal["owner", "moderator", "viewer"]
    phase: Literal["draft", "open", "voting", "paused", "closed"]
    address: str
    created: datetime


class OwnConversations(Schema):
    """All of them, the newest first."""

    conversations: list[OwnConversation]


class NewConversation(Schema):
    """A conversation to begin."""

    topic: str = Field(min_length=1, max_length=LONGEST["topic"])
    description: str = Field("", max_length=LONGEST["description"])
    shared_purpose: str = Field("", max_length=LONGEST["shared_purpose"])
    language: str = Field("en", max_length=16, pattern=r"^[A-Za-z-]+$")
    slug: str = Field("", max_length=64, pattern=r"^[-a-z0-9]*$", description="its address; empty to have one made")


class NewSeed(Schema):
    """A seed statement."""

    text: str = Field(max_length=LONGEST_ROW)
    language: str = Field("", max_length=16)
    translations: dict[str, str] = Field(default_factory=dict, max_length=20)


class NewSeeds(Schema):
    """Seed statements to add."""

    statements: list[NewSeed] = Field(min_length=1, max_length=200)


class Problem(Schema):
    """What is wrong with all that was sent: a kind, and facts of it."""

    kind: str
    facts: dict[str, Any]


class AddedSeeds(Schema):
    """How many were stored, how many wait to be mended, and why none was looked at if so."""

    stored: int
    to_mend: int
    problem: Problem | None


class NewPhase(Schema):
    """What a conversation is to be open for from now on."""

    phase: Literal["open", "voting", "paused", "closed"]


class Waiting(Schema):
    """A statement before the moderators. They, too, are not told who wrote it."""

    id: int
    text: str
    language: str
    is_seed: bool
    is_meta: bool
    state: Literal["pending", "accepted", "rejected"]
    reason: str = Field(description="code of the reason of a rejection; empty if there is none")
    version: int = Field(description="grows with every act of moderation")
    votes: int
    created: datetime | None


class Queue(Schema):
    """Some of the queue."""

    statements: list[Waiting]
    counts: dict[str, int]
    next: int | None
