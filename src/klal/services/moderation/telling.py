"""What authors are told of moderation: why, what they are asked, what came of their appeal, and which statements came of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from klal.domain.records import Moderation
from klal.domain.rules import is_shown
from klal.services.moderation.appealing import can_appeal
from klal.store.models import Appeal, Conversation, Lineage, Participant, Proposal, Statement


@dataclass(frozen=True, slots=True)
class Told:
    """What the author of a statement is told besides its receipt.

    Attributes
    ----------
    reason : str
        Of the policy, if it was rejected; empty if none was given.
    proposal : Proposal or None
        Other words that wait for an answer.
    appeal : Appeal or None
        Theirs.
    can_appeal : bool
        Whether they may ask for another look.
    children : tuple of (str, str)
        Text and language of the statements that came of it and are shown.
    """

    reason: str = ""
    proposal: Proposal | None = None
    appeal: Appeal | None = None
    can_appeal: bool = False
    children: tuple[tuple[str, str], ...] = ()


def told(conversation: Conversation, participant: Participant) -> Mapping[int, Told]:
    """Return what a participant is told of each of their statements, by its number.

    Parameters
    ----------
    conversation : Conversation
        Where.
    participant : Participant
        The author.
    """
    own = {one.pk: one for one in Statement.objects.filter(conversation=conversation, author=participant)}
    proposals = {one.statement_id: one for one in Proposal.objects.filter(statement__in=own, answer="").order_by("pk")}
    appeals = {one.statement_id: one for one in Appeal.objects.filter(statement__in=own)}
    children: dict[int, list[tuple[str, str]]] = {}
    for line in Lineage.objects.filter(parent__in=own).select_related("child").order_by("pk"):
        if is_shown(line.child.state, conversation.moderation_mode):
            children.setdefault(line.parent_id, []).append((line.child.text, line.child.language))
    return {
        number: Told(
            reason=one.reason_code if one.state == Moderation.REJECTED.value and not one.is_withdrawn else "",
            proposal=None if one.is_withdrawn else proposals.get(number),
            appeal=appeals.get(number),
            can_appeal=can_appeal(one) and number not in appeals,
            children=tuple(children.get(number, ())) if one.state == Moderation.REJECTED.value else (),
        )
        for number, one in own.items()
    }
