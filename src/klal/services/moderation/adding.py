"""Statements that come from others: other words for one, several for one, one for two. No vote is ever carried over to other words."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from klal.domain.language import available, get
from klal.domain.moderation import Origin
from klal.domain.records import Moderation
from klal.domain.rules import check_statement
from klal.domain.wording import as_statement, fingerprint, written_in
from klal.errors import RepeatedStatementError
from klal.services.speaking import find_repetition
from klal.store.models import Conversation, Lineage, Participant, Statement


def checked_words(conversation: Conversation, text: str, *, instead_of: Iterable[Statement] = ()) -> str:
    """Return other words for a statement as they would be stored.

    Parameters
    ----------
    conversation : Conversation
        Where.
    text : str
        As typed.
    instead_of : iterable of Statement
        What they replace, so that the same words again are not refused on their account.

    Raises
    ------
    EmptyStatementError, LongStatementError
        If they cannot be a statement.
    RepeatedStatementError
        If the conversation shows just this already.
    """
    words = as_statement(text)
    check_statement(words)
    repeated = find_repetition(conversation, words)
    if repeated is not None and repeated.id not in {one.pk for one in instead_of}:
        raise RepeatedStatementError(text=repeated.text)
    if any(fingerprint(one.text) == fingerprint(words) for one in instead_of):
        raise RepeatedStatementError(text=words)
    return words


def add_child(
    conversation: Conversation, text: str, parents: Iterable[Statement], kind: Origin, *, author: Participant | None, account: User | None
) -> Statement:
    """Add a statement that comes from others, accepted; belongs into the transaction that rejects them.

    Parameters
    ----------
    conversation : Conversation
        Where; its row is locked.
    text : str
        As `checked_words` returns it.
    parents : iterable of Statement
        Where it comes from.
    kind : Origin
        How.
    author : Participant or None
        Whose words they are now; None where they are of several authors, who are found through the parents.
    account : User or None
        Who put it into these words.
    """
    Conversation.objects.filter(pk=conversation.pk).update(next_statement=F("next_statement") + 1)
    number = Conversation.objects.values_list("next_statement", flat=True).get(pk=conversation.pk) - 1
    codes = dict.fromkeys((*conversation.languages, *available()))
    now = timezone.now()
    child = Statement.objects.create(
        conversation=conversation,
        label=f"klal-{number}" if conversation.statements_are_text else str(number),
        text=text,
        language=written_in(text, [get(code) for code in codes if code in available()]),
        author=author,
        state=Moderation.ACCEPTED.value,
        moderator=account,
        moderated=now,
        created=now,
    )
    for parent in parents:
        Lineage.objects.create(child=child, parent=parent, kind=kind.value)
    return child
