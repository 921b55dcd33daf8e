"""Add a statement to a conversation, and find those that say nearly the same."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nlargest
from math import log
from threading import Lock

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from rapidfuzz import fuzz, process

from klal.domain.ballot import Choice, new_key
from klal.domain.identity import Identity
from klal.domain.language import Language
from klal.domain.records import Moderation
from klal.domain.rules import STATEMENT_LENGTH, check_statement
from klal.domain.wording import as_statement, content_words, fingerprint, written_in
from klal.errors import ClosedError, RepeatedStatementError, TooManyError
from klal.services.joining import find_or_join
from klal.services.kept import Kept
from klal.services.revising import mark_revised
from klal.services.taking_part import ShownStatement, is_open, shown_statements
from klal.store.models import Conversation, Participant, Statement, Vote, VoteEvent

MOST_AT_ONCE, AT_ONCE = 6, timedelta(minutes=10)
"""Statements one participant may add in so much time: enough for anybody with something to say, too few to flood."""

ENOUGH_TO_COMPARE = 2
"""Words without which a text is compared with nothing: one word is like everything."""

_NEAR = 0.4
_SAME_WORD = 80
_UNKNOWN_WORD, _SHORT_WORD, _SHORTEST_TELLING = 2.0, 0.35, 3
_LOOKED_AT, _MOST_SHOWN = 24, 3
_AT_A_TIME, _PATIENCE = 250, 0.05
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
    """

    text: str
    agrees: bool = True


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
        participant = find_or_join(held, identity)
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
    words = content_words(text[: 2 * STATEMENT_LENGTH])
    if len(words) < ENOUGH_TO_COMPARE:
        return ()
    if not _comparing.acquire(timeout=_PATIENCE):
        return ()  # one at a time: it is a hint, and votes need the processor too
    try:
        version = conversation.revision, conversation.moderation_mode
        corpus = _corpora.get(conversation.pk, version, lambda: _read_corpus(conversation))
        near = _nearest(" ".join(words), corpus.joined)
        scored = sorted((-_likeness(words, corpus.words[place], corpus.weight), corpus.numbers[place]) for place in near)
    finally:
        _comparing.release()
    shown, found = shown_statements(conversation), dict.fromkeys(number for score, number in scored if -score >= _NEAR)
    return tuple(shown[number] for number in list(found)[:_MOST_SHOWN])


@dataclass(frozen=True, slots=True)
class _Corpus:
    """The texts of a conversation's statements, translations too, as words; a word says the more the fewer texts have it."""

    numbers: tuple[int, ...]
    words: tuple[tuple[str, ...], ...]
    joined: tuple[str, ...]
    weight: Mapping[str, float]


_corpora: Kept[_Corpus] = Kept(8)


def _read_corpus(conversation: Conversation) -> _Corpus:
    texts = [(number, content_words(text)) for number, one in shown_statements(conversation).items() for text in one.texts]
    having = Counter(word for _, words in texts for word in set(words))
    weight = {word: log(1 + len(texts) / count) for word, count in having.items()}
    numbers, words = tuple(number for number, _ in texts), tuple(words for _, words in texts)
    return _Corpus(numbers, words, tuple(" ".join(each) for each in words), weight)


def _nearest(text: str, others: Sequence[str]) -> list[int]:
    """Return the places of the texts worth a closer look; other threads have their turn after every few of them."""
    found: list[tuple[float, int]] = []
    for start in range(0, len(others), _AT_A_TIME):
        part = process.extract(text, others[start : start + _AT_A_TIME], scorer=fuzz.token_set_ratio, limit=_LOOKED_AT)
        found += [(score, start + place) for _, score, place in part]
    return [place for _, place in nlargest(_LOOKED_AT, found, key=lambda one: one[0])]


def _likeness(typed: tuple[str, ...], other: tuple[str, ...], weight: Mapping[str, float]) -> float:
    """Return how far two texts share their words, 0 … 1: the weight of what is shared over the weight of what is typed.

    A text that says much more than the typed one shares less with it, but only by half: what is typed may not be finished.
    """
    own, theirs = dict.fromkeys(typed, 0.0), dict.fromkeys(other, 0.0)
    for words in (own, theirs):
        words.update((word, _weight(word, weight)) for word in words)
    shared = 0.0
    for word in own:
        found = process.extractOne(word, theirs.keys(), scorer=fuzz.ratio, score_cutoff=_SAME_WORD)
        if found is not None:
            own[word] = theirs[found[0]]
            shared += own[word]
    whole = sum(own.values())
    return shared / (whole + max(0.0, sum(theirs.values()) - whole) / 4) if whole else 0.0


def _weight(word: str, weight: Mapping[str, float]) -> float:
    """Return how much a word says: the little words of every sentence say little."""
    known = weight.get(word, _UNKNOWN_WORD)
    return known * _SHORT_WORD if len(word) <= _SHORTEST_TELLING else known


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
