"""What a process that takes votes remembers of a conversation: its statements, what they are drawn by, and who has answered which.

All of it is compared with the store inside the transaction of every batch (``VoteStore``), so nothing here can be out of date: the
stamp tells of every change to the conversation or a statement, and the number of changes tells whether anybody else has voted.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from klal.domain.ballot import Choice, Upcoming
from klal.domain.draw import Draws, chance_code
from klal.domain.records import Voters
from klal.domain.routes import Answers, Routes
from klal.domain.rules import is_shown, takes_votes
from klal.domain.wording import in_language
from klal.store.models import Conversation, Snapshot, Statement

UPCOMING = 5
"""Statements sent ahead: enough to go on for a while where the network does not."""
_REMEMBERED = 200_000
"""Participants whose answers are kept, the latest: about two hundred bytes each."""

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
    draws : Draws
        Of their places.
    languages : frozenset of str
        Into which some statement is translated.
    answered : OrderedDict of int to Answers
        What each participant has answered; the latest last.
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
    draws: Draws
    languages: frozenset[str]
    answered: OrderedDict[int, Answers] = field(default_factory=OrderedDict)
    _readings: dict[str, list[Upcoming]] = field(default_factory=dict)

    def takes_votes(self, now: datetime) -> bool:
        """Say whether votes count at this moment."""
        return takes_votes(self.phase, opens_at=self.opens_at, closes_at=self.closes_at, now=now)

    def is_open_for_votes(self, statement: int) -> bool:
        """Say whether a statement is one of this conversation's that are shown."""
        place = self.places.get(statement)
        return place is not None and bool(self.shown >> place & 1)

    def answers(self, votes: Iterable[Sequence[int]]) -> Answers:
        """Return what votes, each a statement and a choice, have answered; statements unknown here do not count."""
        found = Answers()
        for statement, choice in votes:
            found = self.noted(found, statement, choice)
        return found

    def noted(self, answers: Answers, statement: int, choice: int | None) -> Answers:
        """Return answers with one more, changed or withdrawn."""
        place = self.places.get(statement)
        if place is None:
            return answers
        bit = 1 << place
        answered, agreed, disagreed = (mask & ~bit for mask in answers)
        if choice is None:
            return Answers(answered, agreed, disagreed)
        agreed, disagreed = agreed | bit * (choice == Choice.AGREE), disagreed | bit * (choice == Choice.DISAGREE)
        return Answers(answered | bit, agreed, disagreed)

    def chance(self, answers: Answers, statement: int) -> int | None:
        """Return the code of the chance that somebody was asked a statement next, None for one they had answered."""
        place = self.places.get(statement)
        return None if place is None else chance_code(self.draws.chance(answers, place))

    def remember(self, participant: int, answers: Answers) -> None:
        """Keep what a participant has answered, and forget those not heard of for long."""
        self.answered[participant] = answers
        self.answered.move_to_end(participant)
        if len(self.answered) > _REMEMBERED:
            self.answered.popitem(last=False)

    def headway(self, answers: Answers, language: str, rng: Random) -> Headway:
        """Return how far somebody has come and what they are asked next."""
        drawn = self.draws.draw(answers, rng, UPCOMING)
        reading = self._reading(language)
        upcoming = tuple([reading[place] for place in drawn])
        voted = (answers.answered & self.shown).bit_count()
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
    """Read a conversation, its statements and what they are drawn by.

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
    is_open = [is_shown(state, row.moderation_mode) for *_, state in found]
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
        shown=sum(1 << place for place, there in enumerate(is_open) if there),
        languages=frozenset(code for statement in statements for code in statement.translations),
        draws=Draws(_routes(conversation_id, row.snapshot_number), list(places), is_open),
    )
    if known is not None and list(places)[: len(known.places)] == list(known.places):
        loaded.answered = known.answered  # statements only came after those there were, so the masks mean what they meant
    return loaded


def _routes(conversation_id: int, snapshot_number: int) -> Routes:
    found = Snapshot.objects.filter(conversation_id=conversation_id, number=snapshot_number).values_list("routes", flat=True).first()
    return Routes.unpack(found or b"")
