"""Put other words, or several statements, to the author of one; only the author's consent makes them real."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.moderation import MOST_PARTS, Act, Answer, Origin, Reason
from klal.domain.records import Moderation
from klal.domain.wording import fingerprint
from klal.errors import BadRequestError, ClosedError, NoAuthorError, NoSuchStatementError, NotYoursError, StaleStatementError
from klal.services.auditing import note_act
from klal.services.moderation.acting import Entry, Seen, change, checked_note, decided, lock, refusal
from klal.services.moderation.adding import add_child, checked_words
from klal.services.phases import Stage, stage_of
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Participant, Proposal, Statement

LAPSES = timedelta(days=14)
"""How long an author is asked."""


def propose(conversation: Conversation, account: User, seen: Seen, texts: Sequence[str], *, note: str = "") -> Proposal:
    """Ask the author of a statement to agree to other words, or to several statements in its place.

    A proposal that is still open lapses.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of a moderator.
    seen : Seen
        Which statement, as it was looked at.
    texts : sequence of str
        One text to reword, several to split; empty ones are passed over.
    note : str
        For the author.

    Raises
    ------
    StaleStatementError, NoSuchStatementError
        If the statement has changed since.
    NoAuthorError
        If nobody can be asked.
    EmptyStatementError, LongStatementError, RepeatedStatementError
        If a text cannot be a statement, or is one already.
    BadRequestError
        If there are too many texts, or twice the same, or the note is too long.
    """
    note = checked_note(note)
    typed = [text for text in texts if text.strip()] or [""]
    with transaction.atomic():
        statement = lock(conversation, [seen.id]).get(seen.id)
        refused = refusal(statement, seen, account)
        if refused is not None or statement is None:
            raise refused or NoSuchStatementError
        if statement.author_id is None:
            raise NoAuthorError
        words = [checked_words(conversation, text, instead_of=[statement]) for text in typed]
        if len(words) > MOST_PARTS or len({fingerprint(one) for one in words}) != len(words):
            raise BadRequestError(found=len(words), needed=f"1 … {MOST_PARTS}")
        _lapse(statement)
        kind = Origin.SPLIT if len(words) > 1 else Origin.REWORDED
        made = Proposal.objects.create(statement=statement, kind=kind.value, texts=words, note=note, account=account, made=timezone.now())
        note_act("words_proposed", account, conversation, subject=f"statement:{statement.pk}", count=len(words))
    return made


def answer_proposal(conversation: Conversation, participant: Participant | None, number: int, *, agrees: bool) -> None:
    """Answer a proposal as the author; the same answer twice changes nothing.

    On consent the old statement is rejected as replaced and the new ones are the author's, accepted, without any vote: not even the
    author's own, who may vote on them as everybody does.

    Parameters
    ----------
    conversation : Conversation
        Where.
    participant : Participant or None
        Who answers.
    number : int
        Of the proposal.
    agrees : bool
        Whether the new words stand from now on.

    Raises
    ------
    NoSuchStatementError
        If there is no such proposal.
    NotYoursError
        If it was put to somebody else.
    StaleStatementError
        If it has lapsed, or was answered otherwise.
    ClosedError
        If the conversation is over.
    """
    with transaction.atomic():
        mark_revised(conversation.pk)
        found = Proposal.objects.select_for_update().filter(pk=number, statement__conversation=conversation).first()
        if found is None:
            raise NoSuchStatementError
        statement = lock(conversation, [found.statement_id])[found.statement_id]
        if participant is None or statement.author_id != participant.pk:
            raise NotYoursError
        answer = Answer.ACCEPTED if agrees else Answer.DECLINED
        if found.answer == answer.value:
            return
        if found.answer or statement.is_withdrawn:
            raise StaleStatementError(happened=statement.state, by="author")
        if stage_of(Conversation.objects.get(pk=conversation.pk), timezone.now()) is Stage.CLOSED:
            raise ClosedError
        found.answer, found.answered = answer.value, timezone.now()
        found.save(update_fields=["answer", "answered"])
        if agrees:
            _replace(conversation, statement, found, participant)


def lapse_proposals() -> None:
    """End what authors have not answered for so long: a chore."""
    old = Proposal.objects.filter(answer="", made__lt=timezone.now() - LAPSES)
    conversations = set(old.values_list("statement__conversation_id", flat=True))
    for number in conversations:
        with transaction.atomic():
            mark_revised(number)
            old.filter(statement__conversation_id=number).update(answer=Answer.LAPSED.value, answered=timezone.now())


def _lapse(statement: Statement) -> None:
    Proposal.objects.filter(statement=statement, answer="").update(answer=Answer.LAPSED.value, answered=timezone.now())


def _replace(conversation: Conversation, statement: Statement, proposal: Proposal, author: Participant) -> None:
    kind = Origin(proposal.kind)
    children = [add_child(conversation, text, [statement], kind, author=author, account=proposal.account) for text in proposal.texts]
    act = Act.SPLIT if kind is Origin.SPLIT else Act.REWORD
    entry = Entry(act, proposal.account, reason=Reason.REPLACED.value, facts={"children": [one.pk for one in children]})
    change(statement, decided(Moderation.REJECTED, proposal.account, reason=Reason.REPLACED.value), entry)
    note_act("words_agreed", None, conversation, subject=f"statement:{statement.pk}", count=len(children))
