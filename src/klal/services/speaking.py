"""Add a statement to a conversation, and find those that say nearly the same."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from klal.domain.ballot import Choice, new_key
from klal.domain.identity import Identity
from klal.domain.language import Language
from klal.domain.records import Moderation
from klal.domain.rules import STATEMENT_LENGTH, check_statement
from klal.domain.wording import as_statement, content_words, fingerprint, written_in
from klal.errors import ClosedError, RepeatedStatementError, TooManyError, VotesOnlyError
from klal.services.joining import find_or_join
from klal.services.near_duplicates import search_now
from klal.services.phases import can_speak
from klal.services.revising import mark_revised
from klal.services.taking_part import ShownStatement, is_open, shown_statements
from klal.services.word_index import ENOUGH_TO_COMPARE
from klal.store.models import Conversation, Participant, Statement, Vote, VoteEvent

MOST_AT_ONCE, AT_ONCE = 6, timedelta(minutes=10)
"""Statements one participant may add in so much time: enough for anybody with something to say, too few to flood."""

_NEAR = 0.4
_MOST_SHOWN = 3
_PATIENCE = 0.05
_comparing = Lock()


@dataclass(frozen=True, slots=True)
class Draft:
    """A statement as somebody sends it.

    Attributes
    ----------
    text : str
        As typed.
    agrees : bool
        Whether the author's own vote is "agree"; else none is cast.
    channel : str
        Code of the link the author came by, if they join with it.
    """

    text: str
    agrees: bool = True
    channel: str = ""


def speak(conversation: Conversation, identity: Identity, draft: Draft, languages: tuple[Language, ...]) -> Statement:
    """Add a statement.

    Parameters
    ----------
    conversation : Conversation
        Where.
    identity : Identity
        Whose browser; a participant is made of it if it is new.
    draft : Draft
        What is said.
    languages : tuple of Language
        The likeliest languages of the text, the likeliest first.

    Returns
    -------
    Statement
        As stored.

    Raises
    ------
    ClosedError
        If the conversation takes nothing.
    VotesOnlyError
        If it takes votes, but no statements of those who take part.
    EmptyStatementError, LongStatementError
        If the text cannot be a statement.
    RepeatedStatementError
        If the conversation has it already.
    TooManyError
        If this participant added many a moment ago.
    BadIdentityError
        If the browser's cookie was revoked.
    """
    text = as_statement(draft.text)
    check_statement(text)
    now = timezone.now()
    with transaction.atomic():
        # the first change of the transaction takes the conversation's row, so that of two who say the same at once one comes second
        Conversation.objects.filter(pk=conversation.pk).update(next_statement=F("next_statement") + 1)
        held = Conversation.objects.get(pk=conversation.pk)
        if not is_open(held, now):
            raise ClosedError
        if not can_speak(held, now):
            raise VotesOnlyError
        participant = find_or_join(held, identity, language=languages[0].code if languages else "", channel=draft.channel)
        _refuse_repetition(held, participant, text)
        _refuse_flood(participant, now)
        number = held.next_statement - 1
        statement = Statement.objects.create(
            conversation=held,
            label=f"klal-{number}" if held.statements_are_text else str(number),
            text=text,
            language=written_in(text, languages),
            author=participant,
            state=Moderation.PENDING.value,
            created=now,
        )
        mark_revised(held.pk)
        if draft.agrees:
            _cast_own_vote(participant, statement)
    return statement


def find_repetition(conversation: Conversation, text: str) -> ShownStatement | None:
    """Return the statement open for votes that a text repeats but for case, punctuation, accents or vowel points."""
    mark = fingerprint(text)
    if not mark:
        return None
    return next((one for one in shown_statements(conversation).values() if any(fingerprint(text) == mark for text in one.texts)), None)


def find_similar(conversation: Conversation, text: str) -> tuple[ShownStatement, ...]:
    """Return up to three statements open for votes that say nearly what a text says, the nearest first.

    Words are compared one by one, rare ones weighing more, so that the order of the words, their endings and Hebrew's prefixed
    letters matter little.

    Parameters
    ----------
    conversation : Conversation
        Where.
    text : str
        What is typed so far.

    Returns
    -------
    tuple of ShownStatement
        Empty while there is too little text to compare.
    """
    if len(content_words(text[: 2 * STATEMENT_LENGTH])) < ENOUGH_TO_COMPARE:
        return ()
    if not _comparing.acquire(timeout=_PATIENCE):
        return ()  # one at a time: it is a hint, and votes need the processor too
    try:
        shown = shown_statements(conversation)
        found = search_now(
            conversation, text, lambda number: shown[number].texts if number in shown else (), most=_MOST_SHOWN, at_least=_NEAR
        )
    finally:
        _comparing.release()
    return tuple(shown[one.id] for one in found)


def _refuse_repetition(conversation: Conversation, participant: Participant, text: str) -> None:
    """Refuse what is shown already, or what the same participant has sent already: nobody learns what waits for a moderator."""
    repeated = find_repetition(conversation, text)
    if repeated is not None:
        raise RepeatedStatementError(text=repeated.text)
    mark = fingerprint(text)
    for own in Statement.objects.filter(author=participant).exclude(state=Moderation.REJECTED.value).values_list("text", flat=True):
        if fingerprint(own) == mark:
            raise RepeatedStatementError(text=own)


def _refuse_flood(participant: Participant, now: datetime) -> None:
    # what a clock that was set back since says will be said is not recent
    said = Statement.objects.filter(author=participant, created__gt=now - AT_ONCE, created__lte=now)
    recent = said.order_by("created").values_list("created", flat=True)
    times = list(recent[:MOST_AT_ONCE])
    if len(times) == MOST_AT_ONCE and times[0] is not None:
        raise TooManyError(seconds=max(1, round((times[0] + AT_ONCE - now).total_seconds())))


def _cast_own_vote(participant: Participant, statement: Statement) -> None:
    milliseconds = time.time_ns() // 1_000_000
    Vote.objects.create(participant=participant, statement=statement, choice=Choice.AGREE, time=milliseconds)
    VoteEvent.objects.create(
        participant=participant,
        statement=statement,
        choice=Choice.AGREE,
        time=milliseconds,
        client_key=new_key(),
    )
    # counted apart from the revision, so that processes that remember who answered what look again
    Conversation.objects.filter(pk=statement.conversation_id).update(changes=F("changes") + 1)
