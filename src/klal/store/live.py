"""What listeners are told: whether a conversation has changed, and what its newest snapshot counts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import Error, connection

from klal.domain.live import LiveCounts, Pulse
from klal.domain.records import Phase
from klal.errors import BusyError
from klal.store.models import Conversation, Snapshot


class LiveSource:
    """Reads for listeners, in one thread of its own."""

    def pulses(self, slugs: Iterable[str]) -> dict[str, Pulse]:
        """Return the state of conversations by address; those that do not exist, are drafts or to be deleted are left out.

        Raises
        ------
        BusyError
            If the database is away.
        """
        wanted = Conversation.objects.filter(slug__in=list(slugs), deletes_at=None).exclude(phase=Phase.DRAFT.value)
        try:
            rows = list(wanted.values_list("slug", "pk", "changes", "revision", "snapshot_number"))
        except Error as error:
            self.close()
            raise BusyError(seconds=2) from error
        return {slug: Pulse(*numbers) for slug, *numbers in rows}

    def counts(self, conversation_id: int) -> LiveCounts:
        """Return the counts of a conversation's newest snapshot, zeros before the first.

        Raises
        ------
        BusyError
            If the database is away.
        """
        newest = Snapshot.objects.filter(conversation_id=conversation_id).order_by("-number")
        try:
            found = newest.values_list("findings__counts", flat=True).first() or {}
        except Error as error:
            self.close()
            raise BusyError(seconds=2) from error
        return LiveCounts(*(found.get(name, 0) for name in ("participants", "statements", "votes")))

    def close(self) -> None:
        """Give this thread's connection back; the next question makes a new one."""
        connection.close()
