"""Who works on what: a conversation is claimed by a conditional update, for a short time that is renewed while the work lasts.

The database's own clock decides, so that workers on several machines agree. A claim that ends implausibly late (the clock was set
back) does not count.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from klal.store.models import Conversation, ReportPage

CLAIM_SECONDS = 10.0
_RENEWALS = 5
"""Renewals in the time of a claim: a few may come late."""


def worker_name() -> str:
    """Return a name no other worker has."""
    return f"{socket.gethostname()[:32]}-{os.getpid()}-{secrets.token_hex(4)}"


def changed() -> QuerySet[Conversation]:
    """Return the conversations with changes that no snapshot has seen."""
    return Conversation.objects.filter(changes__gt=F("analysed_changes"))


def report_due() -> QuerySet[Conversation]:
    """Return the conversations whose report is not of their newest snapshot."""
    drawn = ReportPage.objects.filter(conversation=OuterRef("pk"), snapshot_number=OuterRef("snapshot_number"))
    return Conversation.objects.filter(~Exists(drawn), snapshot_number__gt=0)


def unclaimed(conversations: QuerySet[Conversation], name: str = "") -> QuerySet[Conversation]:
    """Return those of the conversations that no other living worker is at.

    Parameters
    ----------
    conversations : QuerySet
        Any.
    name : str
        A worker whose own claims do not count: one that an outage left behind.
    """
    now = Now()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now) | Q(claimed_until__gt=now + timedelta(seconds=2 * CLAIM_SECONDS))
    return conversations.filter(free | Q(claimed_by=name) if name else free)


def work_is_waiting() -> bool:
    """Say whether any conversation wants a worker."""
    return unclaimed(changed()).exists() or unclaimed(report_due()).exists()


class Claims:
    """The claims of one worker, at most one at a time, renewed by a thread of their own.

    Parameters
    ----------
    name : str
        Of the worker.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._held: int | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._renew, name="claims", daemon=True)
        self._thread.start()

    @contextmanager
    def claim(self, conversations: QuerySet[Conversation], conversation_id: int) -> Iterator[bool]:
        """Hold a conversation while the block runs.

        Parameters
        ----------
        conversations : QuerySet
            Those that want the work.
        conversation_id : int
            Number of one of them in the store.

        Yields
        ------
        bool
            Whether it is ours; False if another worker was quicker, were it to finish.
        """
        mine = unclaimed(conversations.filter(pk=conversation_id), self.name).update(
            claimed_by=self.name, claimed_until=Now() + timedelta(seconds=CLAIM_SECONDS)
        )
        if not mine:
            yield False
            return
        self._hold(conversation_id)
        try:
            yield True
        finally:
            self._hold(None)
            Conversation.objects.filter(pk=conversation_id, claimed_by=self.name).update(claimed_by="", claimed_until=None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        self._thread.join()

    def _hold(self, conversation_id: int | None) -> None:
        with self._changed:
            self._held = conversation_id
            self._changed.notify()

    def _renew(self) -> None:
        while True:
            with self._changed:
                if self._held is None and not self._ended:
                    self._changed.wait()
                    continue  # what was claimed this moment need not be renewed yet
                if not self._ended:
                    self._changed.wait(CLAIM_SECONDS / _RENEWALS)
                if self._ended:
                    break
                held = self._held
            if held is not None:
                self._extend(held)
        connection.close()

    def _extend(self, conversation_id: int) -> None:
        try:
            Conversation.objects.filter(pk=conversation_id, claimed_by=self.name).update(
                claimed_until=Now() + timedelta(seconds=CLAIM_SECONDS)
            )
        except (DatabaseError, InterfaceError):
            connection.close()  # tried again in a moment, on a new connection
