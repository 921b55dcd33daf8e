"""A participant's own: everything kept of them as a file, and gone for good when they want it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from klal.domain.ballot import Choice
from klal.domain.draw import chance_of
from klal.domain.records import Moderation
from klal.services.receipts import my_statements
from klal.services.revising import mark_revised
from klal.services.taking_home import as_cell
from klal.services.taking_part import newest_findings
from klal.store.models import (
    Admission,
    Appeal,
    Conversation,
    Guess,
    ModerationAct,
    Participant,
    Proposal,
    Statement,
    Vote,
    VoteEvent,
)

_WORDS = ("text", "texts", "translations", "reason", "note")


def own_data(conversation: Conversation, participant: Participant) -> dict[str, Any]:
    """Return everything kept of a participant, for their eyes only.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant
        Whose.
    """
    votes = Vote.objects.filter(participant=participant).order_by("statement_id").select_related("statement")
    events = VoteEvent.objects.filter(participant=participant).order_by("pk").select_related("statement")
    receipts = my_statements(conversation, participant, newest_findings(conversation))
    said = {one.pk: one for one in Statement.objects.filter(author=participant)}
    return {
        "conversation": {"address": f"/c/{conversation.slug}/", "topic": conversation.topic},
        "you": {
            "id": participant.label,
            "joined": _day(participant.joined),
            "language": participant.language,
            "channel": participant.channel,
            "email": participant.email,
            "external_id": participant.external_id,
            "has_recovery_code": participant.recovery is not None,
        },
        "votes": [_vote(one) for one in votes],
        "history": [_vote(one) | {"chance": _chance(one.chance)} for one in events],
        "guesses": [_guess(one) for one in Guess.objects.filter(participant=participant).order_by("time").select_related("statement")],
        "statements": [
            {
                "id": said[one.id].label,
                "text": one.text,
                "language": one.language,
                "created": _day(said[one.id].created),
                "became": one.fate.value,
                "reason": one.reason or said[one.id].reason_code,
                "votes": {"agree": one.counts.agree, "disagree": one.counts.disagree, "pass": one.counts.passed} if one.counts else None,
                "is_common_ground": one.is_common_ground,
            }
            for one in receipts
        ],
    }


def own_table(conversation: Conversation, participant: Participant) -> bytes:
    """Return every vote of a participant, changes and withdrawals too, as CSV that a spreadsheet opens."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    names = ("statement", "text", "choice", "important", "time")
    table.writerow(names)
    for one in own_data(conversation, participant)["history"]:
        table.writerow([as_cell(one[name]) for name in names])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def erase(conversation: Conversation, participant: Participant | None, *, keeps_statements: bool) -> None:
    """Erase a participant: votes and their history, recovery, mail address, external id, and the row that tied them together.

    What was analysed before stays as it was: only sums and places without names. The next analysis is made without them.

    Parameters
    ----------
    conversation : Conversation
        Which; it may be closed.
    participant : Participant or None
        Who goes; None for somebody who has nothing here.
    keeps_statements : bool
        Leave their statements, without an author; else they are withdrawn and their words erased.
    """
    if participant is None:
        return
    with transaction.atomic():
        # the conversation first, as whoever stores votes does: nobody waits for somebody who waits for them
        Conversation.objects.select_for_update(no_key=True).only("pk").get(pk=conversation.pk)
        own = list(Statement.objects.filter(author=participant).values_list("pk", flat=True))
        Appeal.objects.filter(Q(author=participant) | Q(statement__in=own)).delete()
        if not keeps_statements:
            _withdraw(own)
        Statement.objects.filter(pk__in=own).update(author=None)
        # the list of those invited is the inviter's; that this one came is not kept in it
        Admission.objects.filter(participant=participant).update(participant=None, used=None)
        Guess.objects.filter(participant=participant).delete()
        VoteEvent.objects.filter(participant=participant).delete()
        Vote.objects.filter(participant=participant).delete()
        participant.delete()
        mark_revised(conversation.pk)


def _withdraw(statements: list[int]) -> None:
    """Take statements down and erase their words, wherever they are kept; the votes of others on them stay theirs."""
    Proposal.objects.filter(statement__in=statements).delete()
    for act in ModerationAct.objects.filter(statement__in=statements):
        act.before, act.after = ({name: value for name, value in part.items() if name not in _WORDS} for part in (act.before, act.after))
        act.note = ""
        act.save(update_fields=["before", "after", "note"])
    Statement.objects.filter(pk__in=statements).update(
        text="", translations={}, reason="", source="", state=Moderation.REJECTED.value, is_withdrawn=True
    )


def _vote(one: Vote | VoteEvent) -> dict[str, Any]:
    """Return a vote with the words it was cast on, as far as everybody may read them."""
    statement = one.statement
    is_hidden = statement.state == Moderation.REJECTED.value and statement.author_id != one.participant_id
    return {
        "statement": statement.label,
        "text": "" if is_hidden else statement.text,
        "choice": "withdrawn" if one.choice is None else Choice(one.choice).word,
        "important": one.is_important,
        "time": _moment(one.time),
    }


def _guess(one: Guess) -> dict[str, Any]:
    """Return a guess of the perception check: how many of a group, or of all (−1), agree with a statement."""
    return {
        "statement": one.statement.label,
        "about": one.target,
        "own_group": one.own,
        "share": one.share,
        "give_or_take": one.spread,
        "time": _moment(one.time),
        "answer_seen": _moment(one.seen),
    }


def _chance(code: int | None) -> float | None:
    """Return the chance that this was asked then, None where it was not klal that asked, or the answer was known."""
    return None if code is None else float(f"{chance_of(code):.4g}")


def _moment(milliseconds: int | None) -> str:
    return "" if milliseconds is None else _day(datetime.fromtimestamp(milliseconds / 1000, UTC))


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
