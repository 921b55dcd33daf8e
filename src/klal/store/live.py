"""What listeners are told: whether a conversation has changed, and how many people, statements and votes it has now."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import Error, connection
from django.db.models import Count, Q

from klal.domain.live import LiveCounts, Pulse
from klal.domain.records import Moderation, ModerationMode, Phase
from klal.errors import BusyError
from klal.store.models import Conversation, Statement, Vote


class LiveSource:
    """Reads for listeners, in one thread of its own."""

    def pulses(self, slugs: Iterable[str]) -> dict[str, Pulse]:
        """Return the state of conversations by address; those that do not exist, or are drafts, are left out.

        Raises
        ------
        BusyError
            If the database is away.
        """
        wanted = Conversation.objects.filter(slug__in=list(slugs)).exclude(phase=Phase.DRAFT.value)
        try:
            rows = list(wanted.values_list("slug", "pk", "changes", "revision", "snapshot_number"))
        except Error as error:
            self.close()
            raise BusyError(seconds=2) from error
        return {slug: Pulse(*numbers) for slug, *numbers in rows}

    def counts(self, conversation_id: int) -> LiveCounts:
        """Count; the time it takes grows with the votes.

        Raises
        ------
        BusyError
            If the database is away.
        """
        try:
            return live_counts(conversation_id)
        except Error as error:
            self.close()
            raise BusyError(seconds=2) from error

    def close(self) -> None:
        """Give this thread's connection back; the next question makes a new one."""
        connection.close()


def live_counts(conversation_id: int) -> LiveCounts:
    """Count a conversation's participants, statements and votes as they stand.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.
    """
    at_once = Q(state=Moderation.PENDING.value, conversation__moderation_mode=ModerationMode.AFTER.value)
    shown = Statement.objects.filter(Q(state=Moderation.ACCEPTED.value) | at_once, conversation_id=conversation_id)
    votes = Vote.objects.filter(participant__conversation_id=conversation_id, statement__in=shown.values("pk"))
    per_participant = votes.values("participant_id").annotate(own=Count("statement_id"))
    own = list(per_participant.values_list("own", flat=True))
    return LiveCounts(len(own), shown.count(), sum(own))
