"""The worker: looks for conversations that changed, analyses one after the other, and draws their reports when they come to rest."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import Max, Min, QuerySet

from klal.services.findings import Found
from klal.services.recompute import draw_report, find, keep
from klal.store.models import Conversation, ReportPage, Snapshot
from klal.worker.claim import Claims, changed, report_due, unclaimed, worker_name

_log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How often the database is asked; one small query."""
REPORT_SECONDS = 60.0
"""A report is not drawn more often than this while votes flow: drawing takes longer than analysing, and nobody reads so fast."""
QUIET_SECONDS = 3.0
"""A conversation without a change for so long is at rest, and its report is drawn."""
_LONGEST_WAIT = 300.0
_OUTAGES_EXPECTED = 3
"""Failures in a row that a database going away explains; after them the log says where it happened."""
_RECONNECT_SECONDS = 0.5
_LONGEST_RECONNECT = 10.0


def run(*, idle_exit: float | None, stop: threading.Event) -> None:
    """Work until told to stop.

    Parameters
    ----------
    idle_exit : float or None
        Seconds without anything to do after which to leave; None to stay for ever.
    stop : threading.Event
        Set by whoever wants the worker to end; what it is at is finished first.
    """
    worker = Worker()
    try:
        worker.run(idle_exit=idle_exit, stop=stop)
    finally:
        worker.close()


@dataclass(slots=True)
class _Rest:
    """When a conversation may be worked on again, on this process's own steady clock."""

    until: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class _Task:
    """One kind of work: what it is called, which conversations want it, how it is done, and whether now is the time."""

    name: str
    wanted: Callable[[], QuerySet[Conversation]]
    work: Callable[[int], None]
    may: Callable[[int], bool]


@dataclass(slots=True)
class Worker:
    """One worker; several may share a database.

    Attributes
    ----------
    clock : callable
        A steady clock, in seconds.
    """

    clock: Callable[[], float] = time.monotonic
    _claims: Claims = field(default_factory=lambda: Claims(worker_name()))
    _rests: dict[tuple[str, int], _Rest] = field(default_factory=dict)
    _changed_at: dict[int, float] = field(default_factory=dict)
    _last: Found | None = None

    def run(self, *, idle_exit: float | None, stop: threading.Event) -> None:
        """Work until told to stop, or until there was nothing to do for so many seconds."""
        outages, busy_at = 0, self.clock()
        while not stop.is_set():
            try:
                worked = self.step(stop)
                outages = 0
            except (DatabaseError, InterfaceError) as error:  # gone, or not set up yet
                connection.close()
                outages += 1
                wait = min(_RECONNECT_SECONDS * 2 ** (outages - 1), _LONGEST_RECONNECT)
                _log.warning("The database cannot be used (%s); trying again in %.1f s.", str(error).strip().split("\n")[0], wait)
                stop.wait(wait)
                continue
            if worked:
                busy_at = self.clock()
            elif idle_exit is not None and self.clock() - busy_at >= idle_exit:
                return
            stop.wait(POLL_SECONDS)

    def step(self, stop: threading.Event | None = None) -> bool:
        """Do what is to be done now.

        Parameters
        ----------
        stop : threading.Event, optional
            Looked at between two conversations.

        Returns
        -------
        bool
            Whether there was anything, were it only something to wait for.

        Raises
        ------
        django.db.utils.DatabaseError, django.db.utils.InterfaceError
            If the database cannot even be asked.
        """
        worked = False
        for task in (_Task("analysis", changed, self._analyse, _any), _Task("report", report_due, self._draw, self._may_draw)):
            for one in unclaimed(task.wanted(), self._claims.name).values_list("pk", flat=True):
                worked = True
                if not (stop and stop.is_set()) and self._has_rested(task, one) and task.may(one):
                    self._attempt(task, one)
        return worked

    def close(self) -> None:
        """End the thread that renews claims, and leave the database."""
        self._claims.close()
        connection.close()

    def _has_rested(self, task: _Task, conversation_id: int) -> bool:
        rest = self._rests.get((task.name, conversation_id))
        return rest is None or self.clock() >= rest.until

    def _may_draw(self, conversation_id: int) -> bool:
        """Say whether a report is to be drawn now: at rest, or the last one is old."""
        quiet = self.clock() - self._changed_at.get(conversation_id, -QUIET_SECONDS) >= QUIET_SECONDS
        return quiet or _report_age(conversation_id) >= REPORT_SECONDS

    def _attempt(self, task: _Task, conversation_id: int) -> None:
        """Work on a conversation if it can be claimed, then let it rest as long as that took; after a failure longer each time."""
        rest = self._rests.setdefault((task.name, conversation_id), _Rest())
        started = self.clock()
        try:
            with self._claims.claim(task.wanted(), conversation_id) as mine:
                if mine:
                    task.work(conversation_id)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one conversation must not stop the others
            rest.failures += 1
            wait = min(2.0**rest.failures, _LONGEST_WAIT)
            _log.error(
                "The %s of conversation %d failed; trying again in %.0f s.",
                *(task.name, conversation_id, wait),
                exc_info=not isinstance(error, (OperationalError, InterfaceError)) or rest.failures > _OUTAGES_EXPECTED,
            )
            rest.until = self.clock() + wait
            connection.close()
        else:
            now = self.clock()
            rest.failures, rest.until = 0, now + (now - started)

    def _analyse(self, conversation_id: int) -> None:
        self._changed_at[conversation_id] = self.clock()
        self._last = None
        found = find(conversation_id)
        snapshot = keep(found) if found and _is_news(found) else None
        if found and snapshot:
            self._last = found
            counts = snapshot.findings["counts"]
            _log.info(
                "%s: snapshot %d, %d participants, %d votes, %d ms",
                *(found.stored.conversation.slug, snapshot.number, counts["participants"], counts["votes"], found.milliseconds),
            )

    def _draw(self, conversation_id: int) -> None:
        last, self._last = self._last, None  # a large conversation is not held in memory while nothing happens
        draw_report(conversation_id, last)


def _any(_: int) -> bool:
    return True


def _is_news(found: Found) -> bool:
    """Say whether the pages have not seen this state yet: a worker that was frozen for long may come late."""
    conversation = found.stored.conversation
    return changed().filter(pk=conversation.pk, analysed_changes__lt=conversation.changes).exists()


def _report_age(conversation_id: int) -> float:
    """Return how many seconds ago the report was drawn, or the first snapshot made if it never was."""
    drawn = ReportPage.objects.filter(conversation_id=conversation_id).aggregate(at=Max("made"))["at"]
    since = drawn or Snapshot.objects.filter(conversation_id=conversation_id).aggregate(at=Min("made"))["at"]
    return max(0.0, time.time() - since.timestamp()) if since else 0.0
