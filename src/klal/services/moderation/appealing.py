"""Ask for another look at a statement that was rejected, and give it: by somebody else than who rejected it, where there is somebody."""

from __future__ import annotations

import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.moderation import Act, Answer, Reason
from klal.domain.records import Moderation
from klal.errors import AnotherModeratorError, NoAppealError, NoSuchStatementError, StaleStatementError
from klal.services.auditing import note_act
from klal.services.moderation.acting import Entry, change, checked_note, decided, has_colleague, lock
from klal.store.models import Appeal, Conversation, Participant, Statement


def can_appeal(statement: Statement) -> bool:
    """Say whether the author of a statement may ask for another look, if they have not asked already."""
    rejected = statement.state == Moderation.REJECTED.value and not statement.is_withdrawn
    return rejected and statement.reason_code != Reason.REPLACED.value


def appeal(conversation: Conversation, participant: Participant | None, number: int, text: str) -> None:
    """Ask for another look at a statement of one's own; once for each statement, and sent twice it is asked once.

    Parameters
    ----------
    conversation : Conversation
        Where.
    participant : Participant or None
        Who asks.
    number : int
        Of the statement.
    text : str
        Why; may be empty.

    Raises
    ------
    NoAppealError
        If it is not theirs, was not rejected, or was looked at again already.
    BadRequestError
        If the text is too long.
    """
    why = checked_note(text)
    with transaction.atomic():
        statement = lock(conversation, [number]).get(number)
        if statement is None or participant is None or statement.author_id != participant.pk:
            raise NoAppealError
        earlier = Appeal.objects.filter(statement=statement).first()
        if earlier is not None and not earlier.answer and earlier.text == why:
            return
        if earlier is not None or not can_appeal(statement):
            raise NoAppealError
        Appeal.objects.create(statement=statement, author=participant, text=why, made=timezone.now())


def may_answer(account: User, statement: Statement) -> bool:
    """Say whether an account may decide on the appeal of a statement's author: not who rejected it, if somebody else moderates too."""
    return statement.moderator_id != account.pk or not has_colleague(statement.conversation, account)


def answer_appeal(conversation: Conversation, account: User, number: int, *, granted: bool, note: str = "") -> None:
    """Decide on an appeal; the same answer twice changes nothing.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of a moderator.
    number : int
        Of the appeal.
    granted : bool
        Whether the statement is accepted after all.
    note : str
        For the author.

    Raises
    ------
    NoSuchStatementError
        If there is no such appeal here.
    AnotherModeratorError
        If this account rejected the statement and somebody else could decide.
    StaleStatementError
        If somebody else has decided meanwhile.
    """
    note = checked_note(note)
    with transaction.atomic():
        # the statement is locked before its appeal, as by the author who appeals
        asked = Appeal.objects.filter(pk=number, statement__conversation=conversation).values_list("statement_id", flat=True).first()
        if asked is None:
            raise NoSuchStatementError
        statement = lock(conversation, [asked])[asked]
        found = Appeal.objects.select_for_update().get(pk=number)
        answer = Answer.ACCEPTED if granted else Answer.DECLINED
        if (found.answer, found.account_id) == (answer.value, account.pk):
            return
        if found.answer or statement.is_withdrawn:
            raise StaleStatementError(happened=statement.state, by="author" if statement.is_withdrawn else "other")
        if not may_answer(account, statement):
            raise AnotherModeratorError
        found.answer, found.account, found.note, found.answered = answer.value, account, note, timezone.now()
        found.save(update_fields=["answer", "account", "note", "answered"])
        if granted and statement.state != Moderation.ACCEPTED.value:
            entry = Entry(Act.ACCEPT, account, secrets.token_hex(8), note=note)
            change(statement, decided(Moderation.ACCEPTED, account, note=note), entry)
        note_act("appeal_granted" if granted else "appeal_declined", account, conversation, subject=f"statement:{statement.pk}")
