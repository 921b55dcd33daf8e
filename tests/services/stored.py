"""A table of votes as a conversation in the store, for tests of what follows from it."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from klal.core.vote_log import VoteLog
from klal.core.votes import VoteMatrix
from klal.domain.records import ConversationInfo, Moderation, Statement
from klal.io.conversation import Conversation


def as_conversation(table: np.ndarray, *, rejected: Collection[int] = (), meta: Collection[int] = ()) -> Conversation:
    """Return a conversation with these votes; rejected and meta are columns."""
    votes = VoteMatrix.from_array(table)
    log = VoteLog(
        rows=votes.row_of_vote().astype(np.int32),
        columns=votes.columns.astype(np.int32),
        codes=votes.codes,
        times=None,
        participants=votes.participants,
        statements=votes.statements,
    )
    statements = tuple(
        Statement(
            id=j,
            text=f"This is statement number {j}.",
            moderation=Moderation.REJECTED if j in rejected else Moderation.ACCEPTED,
            is_meta=j in meta,
        )
        for j in votes.statements.tolist()
    )
    return Conversation(ConversationInfo(topic="What joins us?", source="tables"), statements, log)


def store_table(table: np.ndarray, *, slug: str = "here", rejected: Collection[int] = (), meta: Collection[int] = ()):
    """Put it into the store."""
    from klal.services.exchange import bring_in

    return bring_in(as_conversation(table, rejected=rejected, meta=meta), slug=slug)


def cast(conversation, participant: str, statement: str, choice: int | None) -> None:
    """Cast, change or withdraw one vote, as the writer of votes does."""
    from django.db import transaction
    from django.db.models import F

    from klal.store.models import Conversation, Vote

    who = conversation.participants.get(label=participant)
    what = conversation.statements.get(label=statement)
    with transaction.atomic():
        if choice is None:
            Vote.objects.filter(participant=who, statement=what).delete()
        else:
            Vote.objects.update_or_create(participant=who, statement=what, defaults={"choice": choice})
        Conversation.objects.filter(pk=conversation.pk).update(changes=F("changes") + 1)
