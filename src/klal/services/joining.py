"""Take part: the participant a cookie belongs to, made by the first action."""

from __future__ import annotations

from klal.domain.identity import Arrival, Identity
from klal.domain.records import Voters
from klal.errors import BadIdentityError, NotInvitedError
from klal.store.models import Conversation, Participant
from klal.store.participants import join_all


def find_or_join(conversation: Conversation, identity: Identity, *, language: str = "", channel: str = "") -> Participant:
    """Return the participant a cookie belongs to; somebody new joins.

    Parameters
    ----------
    conversation : Conversation
        Where.
    identity : Identity
        What the cookie says, its signature checked. The caller has begun a transaction.
    language, channel : str
        What they read and the link they came by, stored of somebody who joins; empty if unknown.

    Returns
    -------
    Participant
        Stored.

    Raises
    ------
    BadIdentityError
        If the cookie is revoked, or belongs to a participant of another conversation.
    NotInvitedError
        If the conversation is for those invited, and this is none of them.
    """
    found = find_participant(conversation, identity)
    if found is None:
        # two tabs may join at once: who waited here for the other looks again
        Conversation.objects.select_for_update(no_key=True).only("pk").get(pk=conversation.pk)
        found = find_participant(conversation, identity)
    if found is None:
        if identity.epoch:
            raise BadIdentityError
        if conversation.voters == Voters.INVITED.value:
            raise NotInvitedError
        joined = join_all(conversation.pk, [Arrival(identity.key, language, channel)])
        found = Participant.objects.get(pk=joined[identity.key])
    return found


def find_participant(conversation: Conversation, identity: Identity) -> Participant | None:
    """Return the participant a cookie belongs to, None if nobody has done anything with it yet.

    Parameters
    ----------
    conversation : Conversation
        Where.
    identity : Identity
        What the cookie says, its signature checked.

    Raises
    ------
    BadIdentityError
        If the cookie is revoked, or belongs to a participant of another conversation.
    """
    found = Participant.objects.filter(key=identity.key).first()
    if found is not None and (found.conversation_id, found.epoch) != (conversation.pk, identity.epoch):
        raise BadIdentityError
    return found
