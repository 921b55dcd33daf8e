"""Find statements that say nearly the same: one index for each conversation, to which new statements are added."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import DatabaseError, connection

from klal.services.kept import Kept
from klal.services.word_index import Near, WordIndex, as_words
from klal.store.models import Conversation, Statement

_AT_A_TIME = 500
_PAUSE_SECONDS = 0.002
_indexes: Kept[WordIndex] = Kept(8)
_reading: set[int] = set()
_beginning = threading.Lock()


def index_of(conversation: Conversation) -> WordIndex:
    """Return the index of a conversation's statements, those added since the last time included.

    Where there are thousands to read, after a start, the first are there at once and the others soon: nobody waits for them.

    Parameters
    ----------
    conversation : Conversation
        Which.
    """
    index = _indexes.get(conversation.pk, 0, WordIndex)
    if _read(conversation.pk, index) == _AT_A_TIME:
        with _beginning:
            is_first = conversation.pk not in _reading
            _reading.add(conversation.pk)
        if is_first:
            threading.Thread(target=_read_on, args=(conversation.pk, index), name="near-duplicates", daemon=True).start()
    return index


def wait_until_read() -> None:
    """Wait until no statements are being read any more."""
    while _reading:
        time.sleep(_PAUSE_SECONDS)


def _read(conversation_id: int, index: WordIndex) -> int:
    """Add the next statements to an index; return how many."""
    new = Statement.objects.filter(conversation=conversation_id, pk__gt=index.last).order_by("pk")
    rows = list(new.values_list("pk", "text", "translations")[:_AT_A_TIME])
    index.add((number, (text, *translations.values())) for number, text, translations in rows)
    return len(rows)


def _read_on(conversation_id: int, index: WordIndex) -> None:
    try:
        with suppress(DatabaseError):  # who asks next begins again where it ended
            while _read(conversation_id, index) == _AT_A_TIME:
                time.sleep(_PAUSE_SECONDS)  # votes need the processor too
    finally:
        _reading.discard(conversation_id)
        connection.close()


def search_now(
    conversation: Conversation, text: str, texts_of: Callable[[int], Sequence[str]], *, most: int, at_least: float
) -> tuple[Near, ...]:
    """Return the statements nearest to a text, as they read now: a translation that was added since is put into the index.

    Parameters
    ----------
    conversation : Conversation
        Where.
    text : str
        As typed.
    texts_of : callable
        Gives a statement's text and translations by its number; nothing for one that may not be returned.
    most : int
        Returned.
    at_least : float
        Likeness, 0 … 1.
    """
    index = index_of(conversation)
    while True:
        found = index.search(text, most=most, at_least=at_least, keep=lambda number: bool(texts_of(number)))
        changed = [(one.id, texts_of(one.id)) for one in found if index.words_of(one.id) != tuple(as_words(texts_of(one.id)))]
        if not changed:
            return found
        index.add(changed)


def find_near(statement: Statement, *, most: int, at_least: float = 0.45) -> tuple[tuple[Statement, float], ...]:
    """Return the statements of the same conversation that say nearly what one says, the nearest first, without withdrawn ones.

    Parameters
    ----------
    statement : Statement
        Which.
    most : int
        Returned.
    at_least : float
        Likeness, 0 … 1.
    """
    index = index_of(statement.conversation)
    found = index.search(statement.text, most=4 * most, at_least=at_least, keep=lambda number: number != statement.pk)
    rows = Statement.objects.filter(pk__in=[one.id for one in found], is_withdrawn=False).in_bulk()
    return tuple((rows[one.id], one.likeness) for one in found if one.id in rows)[:most]
