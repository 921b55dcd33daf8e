"""What every act of moderation is made of: statements locked as they are now, changed, and the change written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from klal.domain.language import printable
from klal.domain.moderation import NOTE_LENGTH, Act
from klal.domain.records import Moderation
from klal.domain.roles import Right, Role, rights_of
from klal.errors import BadRequestError, NoSuchStatementError, RefusedError, StaleStatementError
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Membership, ModerationAct, Statement

MODERATING = tuple(role.value for role in Role if Right.MODERATE in rights_of(role))


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement as somebody has it before them.

    Attributes
    ----------
    id, version : int
        Its number in the store, and its version then.
    """

    id: int
    version: int


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an act on several statements.

    Attributes
    ----------
    batch : str
        Names the act, so that it can be undone.
    changed : tuple of int
        The statements it was done to.
    left : tuple of (int, RefusedError)
        Those it was not done to, and why.
    """

    batch: str
    changed: tuple[int, ...]
    left: tuple[tuple[int, RefusedError], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """What is written down of an act.

    Attributes
    ----------
    act : Act
        What was done.
    account : User or None
        By whom.
    batch : str
        Names it; empty if it cannot be undone.
    reason, note : str
        Why.
    facts : mapping
        What undoing it has to know besides the fields: values that JSON holds.
    """

    act: Act
    account: User | None
    batch: str = ""
    reason: str = ""
    note: str = ""
    facts: Mapping[str, Any] | None = None


def lock(conversation: Conversation, statements: Iterable[int]) -> dict[int, Statement]:
    """Lock statements as they are now and return them by number; counts as a revision of the conversation.

    The conversation's row is taken first, as by everybody who adds or changes a statement, so that nobody waits in a circle.

    Parameters
    ----------
    conversation : Conversation
        Where; what is of another one is not found.
    statements : iterable of int
        Numbers.
    """
    mark_revised(conversation.pk)
    found = Statement.objects.select_for_update().filter(conversation=conversation, pk__in=list(statements)).order_by("pk")
    return {one.pk: one for one in found}


def refusal(statement: Statement | None, seen: Seen, account: User | None) -> RefusedError | None:
    """Return why an act on a statement is refused: unknown, withdrawn, or changed since it was looked at; None if nothing forbids it."""
    if statement is None:
        return NoSuchStatementError()
    if statement.is_withdrawn:
        return StaleStatementError(happened="withdrawn", by="author")
    if statement.version == seen.version:
        return None
    last = ModerationAct.objects.filter(statement=statement).order_by("-pk").first()
    own = account is not None and last is not None and last.account_id == account.pk
    return StaleStatementError(happened=statement.state, by="own" if own else "other")


def change(statement: Statement, fields: Mapping[str, Any], entry: Entry) -> None:
    """Change fields of a locked statement and write the act down; nobody has it on their screen any more.

    Parameters
    ----------
    statement : Statement
        As `lock` returned it.
    fields : mapping
        New values by name.
    entry : Entry
        What is written down.
    """
    before = {name: plain(getattr(statement, name)) for name in fields}
    for name, value in fields.items():
        setattr(statement, name, value)
    statement.version += 1
    statement.held_by, statement.held_until = None, None
    statement.save(update_fields=[*fields, "version", "held_by", "held_until"])
    ModerationAct.objects.create(
        conversation_id=statement.conversation_id,
        statement=statement,
        account=entry.account,
        act=entry.act.value,
        batch=entry.batch,
        before=before,
        after={name: plain(value) for name, value in fields.items()} | {"version": statement.version} | dict(entry.facts or {}),
        reason_code=entry.reason,
        note=entry.note,
        made=timezone.now(),
    )


def decided(state: Moderation, account: User | None, *, reason: str = "", note: str = "") -> dict[str, Any]:
    """Return the fields of a statement that was decided on."""
    return {
        "state": state.value,
        "reason_code": reason,
        "reason": note,
        "needs_second": False,
        "moderator_id": account.pk if account else None,
        "moderated": timezone.now(),
    }


def plain(value: Any) -> Any:
    """Return a field's value as JSON holds it."""
    return value.isoformat() if isinstance(value, datetime) else value


def checked_note(text: str) -> str:
    """Return what somebody wrote to somebody as it is stored.

    Raises
    ------
    BadRequestError
        If it is too long.
    """
    note = printable(text)
    if len(note) > NOTE_LENGTH:
        raise BadRequestError(found=len(note), needed=f"<= {NOTE_LENGTH}")
    return note


def has_colleague(conversation: Conversation, account: User) -> bool:
    """Say whether somebody else moderates the conversation, who can decide where a second person has to."""
    found = Membership.objects.filter(conversation=conversation, role__in=MODERATING, account__is_active=True)
    return found.exclude(account=account).exists()
