"""Participants join: a row and a label of their own, at their first action."""

from __future__ import annotations

from collections.abc import Sequence

from klal.store.models import Conversation, Participant


def join_all(conversation_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Let people take part who have not until now.

    Parameters
    ----------
    conversation_id : int
        In whose transaction the conversation's row is locked, so that no two get one label.
    keys : sequence of str
        The keys of their cookies, each once and none of them known.

    Returns
    -------
    dict of str to int
        The participant's number in the store by key.
    """
    conversation = Conversation.objects.only("next_participant", "participants_are_text").get(pk=conversation_id)
    first = conversation.next_participant
    prefix = "klal-" if conversation.participants_are_text else ""
    joined = Participant.objects.bulk_create(
        Participant(conversation_id=conversation_id, label=f"{prefix}{first + place}", key=key) for place, key in enumerate(keys)
    )
    Conversation.objects.filter(pk=conversation_id).update(next_participant=first + len(keys))
    return {str(participant.key): participant.pk for participant in joined}
