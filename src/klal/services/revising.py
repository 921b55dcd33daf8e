"""Say that a conversation or one of its statements changed."""

from __future__ import annotations

from django.db.models import F

from klal.store.models import Conversation


def mark_revised(conversation_id: int) -> None:
    """Count a change of the conversation or of a statement; belongs into the transaction that makes it.

    Processes that keep statements in memory then load them again, and the worker analyses again.

    Parameters
    ----------
    conversation_id : int
        The conversation's number in the store.
    """
    Conversation.objects.filter(pk=conversation_id).update(revision=F("revision") + 1, changes=F("changes") + 1)
