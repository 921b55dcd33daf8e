"""Decide on statements, one or many at once, and take it back."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from klal.domain.moderation import CHOOSABLE, Act
from klal.domain.records import Moderation
from klal.errors import AnotherModeratorError, BadRequestError, RefusedError, StaleStatementError
from klal.services.auditing import note_act
from klal.services.moderation.acting import Done, Entry, Seen, change, checked_note, decided, has_colleague, lock, refusal
from klal.store.models import Conversation, Lineage, ModerationAct, Statement, Vote, VoteEvent

_NAMES = {
    Act.ACCEPT: "statements_accepted",
    Act.REJECT: "statements_rejected",
    Act.WAIT: "statements_put_back",
    Act.MARK_META: "statements_marked_meta",
    Act.UNMARK_META: "statements_unmarked_meta",
    Act.ASK_SECOND: "second_opinion_asked",
}
DECISIONS = tuple(_NAMES)
"""What one moderator alone can do to a statement."""

_STATES = {Act.ACCEPT: Moderation.ACCEPTED, Act.REJECT: Moderation.REJECTED, Act.WAIT: Moderation.PENDING}


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator decides.

    Attributes
    ----------
    act : Act
        One of `DECISIONS`.
    reason : str
        Of the policy, if it is to reject.
    note : str
        For the author, in the moderator's own words.
    """

    act: Act
    reason: str = ""
    note: str = ""


def decide(conversation: Conversation, account: User, decision: Decision, statements: Sequence[Seen]) -> Done:
    """Decide on statements.

    Sent twice, a decision is made once. Those that somebody else has changed since they were looked at are left as they are.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Of a moderator.
    decision : Decision
        What is decided on all of them.
    statements : sequence of Seen
        Which, as they were looked at.

    Returns
    -------
    Done
        What was changed and what was not.

    Raises
    ------
    BadRequestError
        If a rejection has no reason of the policy, or the note is too long.
    StaleStatementError, AnotherModeratorError, NoSuchStatementError
        If none of them could be changed: why the first one could not.
    """
    reason, note = _reason(decision), checked_note(decision.note)
    batch, changed, left = secrets.token_hex(8), list[int](), list[tuple[int, RefusedError]]()
    with transaction.atomic():
        found = lock(conversation, (one.id for one in statements))
        alone = not has_colleague(conversation, account)
        for seen in statements:
            statement = found.get(seen.id)
            refused = refusal(statement, seen, account)
            if isinstance(refused, StaleStatementError) and (earlier := _same_before(seen, account, decision)):
                batch = earlier
                changed.append(seen.id)
            elif refused is None and statement is not None and (alone or not _must_leave(statement, account, decision)):
                change(statement, _fields(decision, account, reason, note), Entry(decision.act, account, batch, reason, note))
                changed.append(seen.id)
            else:
                left.append((seen.id, refused or AnotherModeratorError()))
        if not changed and left:
            raise left[0][1]
        subject = f"statement:{changed[0]}" if len(changed) == 1 else ""
        note_act(_NAMES[decision.act], account, conversation, subject=subject, count=len(changed), reason=reason)
    return Done(batch, tuple(changed), tuple(left))


def undo(conversation: Conversation, account: User, batch: str) -> Done:
    """Take back what an account did in one act, where nothing has changed since.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Who did it.
    batch : str
        As `decide` named it.

    Returns
    -------
    Done
        What is again as it was, and what is not because it was changed since; nothing the second time.

    Raises
    ------
    BadRequestError
        If the account has done no such thing.
    StaleStatementError
        If all of it has changed since.
    """
    changed, left = list[int](), list[tuple[int, RefusedError]]()
    with transaction.atomic():
        mine = ModerationAct.objects.filter(conversation=conversation, account=account, batch=batch).exclude(batch="")
        if not mine.exists():
            raise BadRequestError(found=batch[:20] or "-", needed="an act of your own")
        found = lock(conversation, mine.values_list("statement_id", flat=True))
        for act in mine.filter(undone=None).order_by("pk"):
            statement = found[act.statement_id]
            stale = refusal(statement, Seen(statement.pk, act.after["version"]), account)
            if stale is None and not _unmade(act):
                stale = StaleStatementError(happened=statement.state, by="other")
            if stale is not None:
                left.append((statement.pk, stale))
                continue
            _restore(statement, act)
            changed.append(statement.pk)
        if left and not changed:
            raise left[0][1]
        if changed:
            note_act("decision_undone", account, conversation, count=len(changed))
    return Done(batch, tuple(changed), tuple(left))


def _reason(decision: Decision) -> str:
    if decision.act not in _NAMES:
        raise BadRequestError(found=decision.act.value, needed=" / ".join(DECISIONS))
    if decision.act is not Act.REJECT:
        return ""
    if decision.reason not in CHOOSABLE:
        raise BadRequestError(found=decision.reason[:20] or "-", needed=" / ".join(CHOOSABLE))
    return decision.reason


def _fields(decision: Decision, account: User, reason: str, note: str) -> dict[str, Any]:
    if decision.act in _STATES:
        return decided(_STATES[decision.act], account, reason=reason, note=note)
    if decision.act is Act.ASK_SECOND:
        return {"needs_second": True}
    return {"is_meta": decision.act is Act.MARK_META}


def _must_leave(statement: Statement, account: User, decision: Decision) -> bool:
    """Say whether somebody else has to decide, because this account asked for a second opinion."""
    if not statement.needs_second or decision.act not in _STATES:
        return False
    asked = ModerationAct.objects.filter(statement=statement, act=Act.ASK_SECOND.value, undone=None).order_by("-pk").first()
    return asked is not None and asked.account_id == account.pk


def _same_before(seen: Seen, account: User, decision: Decision) -> str:
    """Return the name of the act if the same account has done just this to the statement as it was looked at: a form sent twice."""
    last = ModerationAct.objects.filter(statement_id=seen.id, account=account).order_by("-pk").first()
    if last is None or last.undone is not None:
        return ""
    same = (last.act, last.reason_code, last.after["version"]) == (decision.act.value, decision.reason, seen.version + 1)
    return last.batch if same else ""


def _unmade(act: ModerationAct) -> bool:
    """Take back what an act made besides: the line from a statement to its child, and the child if nobody has voted on it."""
    child = act.after.get("child")
    if child is None:
        return True
    if act.after.get("made"):
        made = Statement.objects.select_for_update().filter(pk=child).first()
        if made is not None and (
            made.version or Vote.objects.filter(statement=made).exists() or VoteEvent.objects.filter(statement=made).exists()
        ):
            return False
        if made is not None:
            made.delete()
    Lineage.objects.filter(parent_id=act.statement_id, child_id=child).delete()
    return True


def _restore(statement: Statement, act: ModerationAct) -> None:
    fields = {**act.before}
    if fields.get("moderated"):
        fields["moderated"] = parse_datetime(fields["moderated"])
    for name, value in fields.items():
        setattr(statement, name, value)
    statement.version += 1
    statement.save(update_fields=[*fields, "version"])
    act.undone = timezone.now()
    act.save(update_fields=["undone"])
