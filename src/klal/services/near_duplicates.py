"""Find statements that say nearly the same: one index for each conversation, to which new statements are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from klal.services.kept import Kept
from klal.services.word_index import Near, WordIndex, as_words
from klal.store.models import Conversation, Statement

_AT_A_TIME = 2000
_indexes: Kept[WordIndex] = Kept(8)


def index_of(conversation: Conversation) -> WordIndex:
    """Return the index of a conversation's statements, those added since the last time included.

    Parameters
    ----------
    conversation : Conversation
        Which.
    """
    index = _indexes.get(conversation.pk, 0, WordIndex)
    new = Statement.objects.filter(conversation=conversation, pk__gt=index.last).order_by("pk")
    while rows := list(new.filter(pk__gt=index.last).values_list("pk", "text", "translations")[:_AT_A_TIME]):
        index.add((number, (text, *translations.values())) for number, text, translations in rows)
    return index


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
