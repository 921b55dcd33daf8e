"""Make one statement of two that say nearly the same: one of them stays, or new words stand for both."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction

from klal.domain.moderation import Act, Origin, Reason
from klal.domain.records import Moderation
from klal.errors import BadRequestError
from klal.services.auditing import note_act
from klal.services.moderation.acting import Done, Entry, Seen, change, checked_note, decided, lock, refusal
from klal.services.moderation.adding import add_child, checked_words
from klal.store.models import Conversation, Lineage, Statement


def keep_one(conversation: Conversation, account: User, kept: Seen, other: Seen, *, note: str = "") -> Done:
    """Reject a statement as a duplicate of another one, which stays as it is.

    The votes on the duplicate stay with the duplicate: whoever gave them agreed to other words.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of a moderator.
    kept, other : Seen
        The one that stays and its duplicate, as they were looked at.
    note : str
        For the duplicate's author.

    Raises
    ------
    StaleStatementError, NoSuchStatementError
        If one of them has changed since.
    BadRequestError
        If they are the same one.
    """
    note = checked_note(note)
    with transaction.atomic():
        staying, leaving = _both(conversation, account, kept, other)
        if staying.state == Moderation.REJECTED.value:
            raise BadRequestError(found=staying.state, needed="a statement that is shown or waits")
        batch = _reject(leaving, account, staying, note, made=False)
        Lineage.objects.get_or_create(child=staying, parent=leaving, defaults={"kind": Origin.MERGED.value})
        note_act("statements_merged", account, conversation, subject=f"statement:{staying.pk}", count=2)
    return Done(batch, (leaving.pk,))


def reword_both(conversation: Conversation, account: User, first: Seen, second: Seen, text: str, *, note: str = "") -> Done:
    """Put new words in place of two statements: a new one is added, both are rejected as replaced, and all votes stay where they were.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of a moderator.
    first, second : Seen
        The two, as they were looked at.
    text : str
        The new words.
    note : str
        For both authors.

    Raises
    ------
    StaleStatementError, NoSuchStatementError
        If one of them has changed since.
    EmptyStatementError, LongStatementError, RepeatedStatementError
        If the new words cannot be a statement, or are one already.
    """
    note = checked_note(note)
    with transaction.atomic():
        both = _both(conversation, account, first, second)
        words = checked_words(conversation, text, instead_of=both)
        child = add_child(conversation, words, both, Origin.MERGED, author=None, account=account)
        batch = secrets.token_hex(8)
        for one in both:
            _reject(one, account, child, note, made=True, batch=batch)
        note_act("statements_merged", account, conversation, subject=f"statement:{child.pk}", count=2)
    return Done(batch, tuple(one.pk for one in both))


def _both(conversation: Conversation, account: User, *seen: Seen) -> tuple[Statement, ...]:
    if len({one.id for one in seen}) != len(seen):
        raise BadRequestError(found=seen[0].id, needed="two statements")
    found = lock(conversation, (one.id for one in seen))
    for one in seen:
        refused = refusal(found.get(one.id), one, account)
        if refused is not None:
            raise refused
    return tuple(found[one.id] for one in seen)


def _reject(statement: Statement, account: User, child: Statement, note: str, *, made: bool, batch: str = "") -> str:
    reason = Reason.REPLACED if made else Reason.DUPLICATE
    batch = batch or secrets.token_hex(8)
    facts = {"child": child.pk, "made": made}
    entry = Entry(Act.MERGE, account, batch, reason.value, note, facts)
    change(statement, decided(Moderation.REJECTED, account, reason=reason.value, note=note), entry)
    return batch
