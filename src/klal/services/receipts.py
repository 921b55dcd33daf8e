"""What a participant did in a conversation and what became of it: shown to them and to nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction

from klal.domain.ballot import Choice
from klal.domain.records import Moderation, Phase
from klal.domain.rules import is_shown
from klal.domain.wording import in_language
from klal.errors import ClosedError, NoSuchStatementError, NotYoursError
from klal.services.revising import mark_revised
from klal.services.taking_part import Findings, is_common_ground
from klal.store.models import Conversation, Participant, Statement, Vote

PAGE = 40
"""Votes listed on one page."""


class Fate(StrEnum):
    """What became of a statement."""

    SHOWN = "shown"
    WAITING = "waiting"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Counts:
    """Votes on a statement."""

    agree: int
    disagree: int
    passed: int

    @property
    def seen(self) -> int:
        """Return how many voted."""
        return self.agree + self.disagree + self.passed


@dataclass(frozen=True, slots=True)
class MyVote:
    """One vote of the reader's.

    Attributes
    ----------
    statement : int
        Its number in the store.
    text, language : str
        Of the statement, in the reader's language where there is a translation; empty where it is not shown any more, to anybody.
    choice : Choice
        The vote that stands.
    is_important : bool
        Whether it was marked so.
    is_open : bool
        Whether the statement is still shown, so that the vote can be changed.
    is_waiting : bool
        Whether it is not shown yet: the reader's own, with the vote it was sent with.
    """

    statement: int
    text: str
    language: str
    choice: Choice
    is_important: bool
    is_open: bool
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class VotePage:
    """Some of the reader's votes, the last first.

    Attributes
    ----------
    votes : tuple of MyVote
        On this page.
    counts : mapping of str to int
        How many there are under each filter: ``all``, ``agree``, ``disagree``, ``pass``, ``important``.
    page, pages : int
        Which page this is, from 1, and how many there are.
    """

    votes: tuple[MyVote, ...]
    counts: Mapping[str, int]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class MyStatement:
    """One statement of the reader's, with its receipt.

    Attributes
    ----------
    id : int
        Its number in the store.
    text, language, reason : str
        What it says, and what a moderator wrote to its author.
    fate : Fate
        What became of it.
    is_counted : bool
        Whether the last analysis has seen it.
    counts : Counts or None
        Votes by the last analysis; None before it, and where too few voted to say.
    groups : tuple of (int, Counts or None)
        The same by slot of the opinion group; None where too few voted to say.
    is_common_ground : bool
        Whether it is among what every group agrees on.
    """

    id: int
    text: str
    language: str
    reason: str
    fate: Fate
    is_counted: bool
    counts: Counts | None
    groups: tuple[tuple[int, Counts | None], ...]
    is_common_ground: bool


def my_votes(conversation: Conversation, participant: Participant, *, kind: str, page: int, language: str) -> VotePage:
    """Return one page of a participant's votes.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant
        Whose.
    kind : str
        Filter, one of the keys of ``VotePage.counts``; any other is ``all``.
    page : int
        From 1; the nearest there is.
    language : str
        The reader's, for translations.
    """
    rows = list(
        Vote.objects.filter(participant=participant)
        .order_by("-time", "-statement_id")
        .values_list(
            "statement_id",
            "choice",
            "is_important",
            "statement__state",
            "statement__label",
            "statement__text",
            "statement__language",
            "statement__translations",
        )
    )
    by_kind = {"all": rows, "important": [row for row in rows if row[2]]}
    by_kind |= {choice.word: [row for row in rows if row[1] == choice] for choice in Choice}
    chosen = by_kind.get(kind, rows)
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(page, 1), pages)
    votes = tuple(
        MyVote(
            number,
            *(in_language(text or f"#{label}", own, translations, language) if shown else ("", "")),
            choice=Choice(choice),
            is_important=important,
            is_open=shown,
            is_waiting=not shown and state == Moderation.PENDING.value,
        )
        for number, choice, important, state, label, text, own, translations in chosen[(page - 1) * PAGE : page * PAGE]
        for shown in [is_shown(state, conversation.moderation_mode)]
    )
    return VotePage(votes, {kind: len(found) for kind, found in by_kind.items()}, page, pages)


def my_statements(conversation: Conversation, participant: Participant, findings: Findings | None) -> tuple[MyStatement, ...]:
    """Return a participant's statements with their receipts, the last first.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant
        Whose.
    findings : mapping or None
        Of the last analysis; only screened numbers.
    """
    found = Statement.objects.filter(conversation=conversation, author=participant).order_by("-pk")
    return tuple(_receipt(one, conversation.moderation_mode, findings) for one in found)


def withdraw_statement(conversation: Conversation, participant: Participant | None, statement_id: int) -> None:
    """Withdraw a statement of one's own: it is not shown any more. Doing it twice changes nothing.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant or None
        Who asks.
    statement_id : int
        The statement's number in the store.

    Raises
    ------
    ClosedError
        If the conversation is over; what was said then stays.
    NoSuchStatementError
        If there is no such statement here.
    NotYoursError
        If somebody else wrote it.
    """
    with transaction.atomic():
        # the conversation's row first, as everybody takes it who changes a statement, so that nobody waits in a circle
        Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
        statement = Statement.objects.select_for_update().filter(conversation=conversation, pk=statement_id).first()
        if statement is None:
            raise NoSuchStatementError
        if participant is None or statement.author_id != participant.pk:
            # what is not shown is nobody else's business, not even that it is there
            raise NotYoursError if is_shown(statement.state, conversation.moderation_mode) else NoSuchStatementError
        if statement.state == Moderation.REJECTED.value:
            return
        if conversation.phase == Phase.CLOSED.value:
            raise ClosedError
        statement.state, statement.is_withdrawn = Moderation.REJECTED.value, True
        statement.version += 1  # a moderator who has it on the screen is told
        statement.save(update_fields=["state", "is_withdrawn", "version"])
        mark_revised(conversation.pk)


def _receipt(statement: Statement, mode: str, findings: Findings | None) -> MyStatement:
    fate = _fate(statement, mode)
    figures: Mapping[str, Any] = (findings or {}).get("statements", {}).get(str(statement.pk), {})
    return MyStatement(
        id=statement.pk,
        text=statement.text,
        language=statement.language,
        reason=statement.reason,
        fate=fate,
        is_counted=bool(figures),
        counts=_counts(figures),
        groups=tuple((int(slot), _counts(cell)) for slot, cell in sorted(figures.get("groups", {}).items())),
        is_common_ground=fate is Fate.SHOWN and is_common_ground(findings, statement.pk),
    )


def _fate(statement: Statement, mode: str) -> Fate:
    if statement.is_withdrawn:
        return Fate.WITHDRAWN
    if statement.state == Moderation.REJECTED.value:
        return Fate.REFUSED
    return Fate.SHOWN if is_shown(statement.state, mode) else Fate.WAITING


def _counts(cell: Mapping[str, int | None] | None) -> Counts | None:
    """Return the counts of a cell of the findings, None where it is withheld."""
    agree, disagree, passed = ((cell or {}).get(answer) for answer in ("agree", "disagree", "pass"))
    return None if agree is None or disagree is None or passed is None else Counts(agree, disagree, passed)
