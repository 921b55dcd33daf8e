"""What a process that takes votes remembers of a conversation: its statements, their priorities, and who has answered which.

All of it is compared with the store inside the transaction of every batch (``VoteStore``), so nothing here can be out of date: the
stamp tells of every change to the conversation or a statement, and the number of changes tells whether anybody else has voted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from klal.domain.ballot import Upcoming
from klal.domain.draw import NEW_STATEMENT_PRIORITY, Lots
from klal.domain.records import Voters
from klal.domain.rules import is_shown, takes_votes
from klal.domain.wording import in_language
from klal.store.models import Conversation, Snapshot, Statement

UPCOMING = 5
"""Statements sent ahead: enough to go on for a while where the network does not."""
_REMEMBERED = 200_000
"""Participants whose answers are kept, the latest: about a hundred bytes each."""

Stamp = tuple[object, ...]
"""Everything whose change calls for loading again; compared, never read."""


@dataclass(frozen=True, slots=True)
class Headway:
    """How far a participant has come.

    Attributes
    ----------
    upcoming : tuple of Upcoming
        The next statements.
    voted, remaining : int
        Of the statements that are shown.
    """

    upcoming: tuple[Upcoming, ...]
    voted: int
    remaining: int


@dataclass(frozen=True, slots=True)
class KnownStatement:
    """What a participant may read of a statement.

    Attributes
    ----------
    id : int
        Its number in the store.
    text, language : str
        As written.
    translations : mapping of str to str
        Language to text.
    is_seed : bool
        Written by the convenor.
    """

    id: int
    text: str
    language: str
    translations: Mapping[str, str]
    is_seed: bool


class _Answered:
    """The places of a bit mask, as a container."""

    __slots__ = ("mask",)

    def __init__(self, mask: int) -> None:
        self.mask = mask

    def __contains__(self, place: object) -> bool:
        return bool(self.mask >> place & 1)  # type: ignore[operator]


@dataclass(slots=True)
class LoadedConversation:
    """One conversation as this process knows it.

    Attributes
    ----------
    id : int
        Its number in the store.
    stamp : tuple
        What it was loaded at.
    changes, revision : int
        The conversation's own counts when this process last looked.
    phase : str
        What its convenor set.
    opens_at, closes_at : datetime or None
        Its schedule.
    is_invited_only : bool
        Whether nobody joins by voting: those who may were let in before.
    places : dict of int to int
        Statement to its place in a mask of answers, in the order of their numbers.
    statements : list of KnownStatement
        By place.
    shown : int
        Mask of the statements open for votes.
    lots : Lots
        Of their places.
    languages : frozenset of str
        Into which some statement is translated.
    answered : OrderedDict of int to int
        Participant to the mask of answers; the latest last.
    """

    id: int
    stamp: Stamp
    changes: int
    revision: int
    phase: str
    opens_at: datetime | None
    closes_at: datetime | None
    is_invited_only: bool
    places: dict[int, int]
    statements: list[KnownStatement]
    shown: int
    lots: Lots
    languages: frozenset[str]
    answered: OrderedDict[int, int] = field(default_factory=OrderedDict)
    _readings: dict[str, list[Upcoming]] = field(default_factory=dict)

    def takes_votes(self, now: datetime) -> bool:
        """Say whether votes count at this moment."""
        return takes_votes(self.phase, opens_at=self.opens_at, closes_at=self.closes_at, now=now)

    def is_open_for_votes(self, statement: int) -> bool:
        """Say whether a statement is one of this conversation's that are shown."""
        place = self.places.get(statement)
        return place is not None and bool(self.shown >> place & 1)

    def mask(self, statements: Iterable[int]) -> int:
        """Return the mask of some statements; those unknown here do not count."""
        mask = 0
        for statement in statements:
            place = self.places.get(statement)
            if place is not None:
                mask |= 1 << place
        return mask

    def remember(self, participant: int, mask: int) -> None:
        """Keep what a participant has answered, and forget those not heard of for long."""
        self.answered[participant] = mask
        self.answered.move_to_end(participant)
        if len(self.answered) > _REMEMBERED:
            self.answered.popitem(last=False)

    def headway(self, mask: int, language: str, rng: Random) -> Headway:
        """Return how far somebody has come and what they are asked next, drawn by the priorities."""
        drawn = self.lots.draw(_Answered(mask), rng, UPCOMING)
        reading = self._reading(language)
        upcoming = tuple([reading[place] for place in drawn])
        voted = (mask & self.shown).bit_count()
        return Headway(upcoming, voted, self.shown.bit_count() - voted)

    def _reading(self, language: str) -> list[Upcoming]:
        """Return all statements by place in a language; a language that no statement has is as good as none."""
        code = language if language in self.languages else ""
        found = self._readings.get(code)
        if found is None:
            found = self._readings[code] = [_spoken(statement, code) for statement in self.statements]
        return found


def _spoken(statement: KnownStatement, language: str) -> Upcoming:
    read = in_language(statement.text, statement.language, statement.translations, language)
    return Upcoming(statement.id, *read, statement.is_seed)


def load(conversation_id: int, stamp: Stamp, known: LoadedConversation | None) -> LoadedConversation:
    """Read a conversation, its statements and their priorities.

    Parameters
    ----------
    conversation_id : int
        Which.
    stamp : tuple
        What it is loaded at.
    known : LoadedConversation or None
        What was known until now: who has answered what stays known.
    """
    row = Conversation.objects.get(pk=conversation_id)
    wanted = ("pk", "text", "language", "translations", "is_seed", "state")
    found = list(Statement.objects.filter(conversation_id=conversation_id).order_by("pk").values_list(*wanted))
    statements = [KnownStatement(*columns) for *columns, _ in found]
    places = {statement.id: place for place, statement in enumerate(statements)}
    open_places = [place for place, (*_, state) in enumerate(found) if is_shown(state, row.moderation_mode)]
    weights = _priorities(conversation_id, row.snapshot_number)
    loaded = LoadedConversation(
        id=conversation_id,
        stamp=stamp,
        changes=row.changes,
        revision=row.revision,
        phase=row.phase,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        is_invited_only=row.voters == Voters.INVITED.value,
        places=places,
        statements=statements,
        shown=sum(1 << place for place in open_places),
        languages=frozenset(code for statement in statements for code in statement.translations),
        lots=Lots({place: weights.get(str(statements[place].id), NEW_STATEMENT_PRIORITY) for place in open_places}),
    )
    if known is not None and list(places)[: len(known.places)] == list(known.places):
        loaded.answered = known.answered  # statements only came after those there were, so the masks mean what they meant
    return loaded


def _priorities(conversation_id: int, snapshot_number: int) -> Mapping[str, float]:
    snapshot = Snapshot.objects.filter(conversation_id=conversation_id, number=snapshot_number).only("priorities").first()
    return {} if snapshot is None else snapshot.priorities
