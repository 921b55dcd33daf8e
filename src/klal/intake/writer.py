"""One writer for all votes of a process: ballots gather while a batch is being stored and form the next one.

Nobody is answered before the commit. There is no timer: an idle writer stores a single ballot at once, a busy one many together, so
that one flush to disk serves hundreds of participants. Who cannot be served in time is told so instead of waiting.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakKeyDictionary

from klal.domain.ballot import Ballot, Receipt
from klal.errors import BusyError, FullError, RefusedError
from klal.intake.limits import shared_limits
from klal.intake.measures import MeasuredStore, measures

Answer = Receipt | RefusedError
Outcome = Receipt | RefusedError | BusyError
AnyFuture = Future[Receipt] | asyncio.Future[Receipt]

_WAITING = 10_000
"""Most ballots that may wait; two seconds' work."""
_IN_BATCH = 1_000
_SECONDS = 5.0
"""How long anybody waits for the commit; a browser that is told to come back loses nothing."""
_LOOK_SECONDS = 0.25
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_log = logging.getLogger(__name__)


class BallotStore(Protocol):
    """What the writer needs: see ``klal.store.vote_store.VoteStore``."""

    def store(self, ballots: Sequence[Ballot]) -> Sequence[Answer]:
        """Store ballots in one transaction."""

    def close(self) -> None:
        """Give the connection back."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """A ballot, who waits for its receipt, and until when."""

    ballot: Ballot
    future: AnyFuture
    deadline: float
    loop: asyncio.AbstractEventLoop | None


class VoteWriter:
    """Takes ballots from any thread or event loop and stores them, many at once, in a thread of its own.

    Parameters
    ----------
    make_store : callable
        Called in the writer's thread, so that the connection is that thread's own.
    waiting : int
        Most ballots that may wait.
    seconds : float
        How long anybody waits.
    """

    def __init__(self, make_store: Callable[[], BallotStore], *, waiting: int = _WAITING, seconds: float = _SECONDS) -> None:
        self._make_store = make_store
        self._most, self._seconds = waiting, seconds
        self._queue: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._desks: WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk] = WeakKeyDictionary()
        self._thread = threading.Thread(target=self._run, name="klal-votes", daemon=True)
        self._thread.start()

    def cast(self, ballot: Ballot) -> Receipt:
        """Store a ballot and wait for it.

        Parameters
        ----------
        ballot : Ballot
            May be without votes, to ask what comes next.

        Returns
        -------
        Receipt
            What became of each vote, and the next statements.

        Raises
        ------
        UnknownConversationError, BadIdentityError
            If no vote of it can count.
        BusyError
            If it cannot be stored now.
        """
        future: Future[Receipt] = Future()
        self._put(_Waiting(ballot, future, time.monotonic() + self._seconds, None))
        try:
            return future.result(self._seconds)
        except TimeoutError:
            future.cancel()
            raise BusyError(seconds=2) from None

    def submit(self, ballot: Ballot) -> asyncio.Future[Receipt]:
        """Hand a ballot over from an event loop; to be awaited.

        Parameters
        ----------
        ballot : Ballot
            As for ``cast``.

        Returns
        -------
        asyncio.Future of Receipt
            Raises what ``cast`` raises.

        Raises
        ------
        BusyError
            At once, if too many wait already.
        """
        loop = asyncio.get_running_loop()
        desk = self._desks.get(loop)
        if desk is None:
            desk = self._desks[loop] = _Desk(loop, self._put_all)
        self._check_room(len(desk.gathered))
        future: asyncio.Future[Receipt] = loop.create_future()
        desk.take(_Waiting(ballot, future, time.monotonic() + self._seconds, loop))
        return future

    def stop(self, seconds: float = 10.0) -> None:
        """Take nothing more, store what waits, and end; those who cannot be served any more are told so."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._thread.join(seconds)

    @property
    def waiting(self) -> int:
        """Return how many ballots wait to be stored."""
        return len(self._queue)

    def _put(self, waiting: _Waiting) -> None:
        with self._wake:
            self._check_room()
            self._queue.append(waiting)
            self._wake.notify()

    def _put_all(self, gathered: Sequence[_Waiting]) -> None:
        with self._wake:
            is_late = self._stopping
            if not is_late:
                self._queue.extend(gathered)
                self._wake.notify()
        if is_late:
            _answer([(one, BusyError(seconds=2)) for one in gathered])

    def _check_room(self, gathered: int = 0) -> None:
        if self._stopping or len(self._queue) + gathered >= self._most:
            raise BusyError(seconds=2)

    def _run(self) -> None:
        store = self._make_store()
        while batch := self._take():
            self._store(store, [one for one in batch if not one.future.done()])
        store.close()

    def _take(self) -> list[_Waiting]:
        """Wait for ballots and return those that have gathered, none when there will be no more."""
        with self._wake:
            while not self._queue and not self._stopping:
                self._wake.wait()
            return [self._queue.popleft() for _ in range(min(len(self._queue), _IN_BATCH))]

    def _store(self, store: BallotStore, batch: list[_Waiting]) -> None:
        """Store a batch; while the database is away, try again for those who still wait."""
        pause = _FIRST_PAUSE
        while batch:
            try:
                answers = store.store([one.ballot for one in batch])
            except BusyError as error:
                # a disk does not empty itself while somebody waits
                is_over = self._stopping or isinstance(error, FullError)
                late = [one for one in batch if is_over or one.deadline <= time.monotonic() + pause]
                _answer([(one, type(error)(**error.facts)) for one in late])
                batch = [one for one in batch if one not in late and not one.future.done()]
                time.sleep(pause if batch else 0)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except Exception:  # noqa: BLE001 - one ballot must not sink the others, whatever is wrong with it
                _log.exception("votes could not be stored")
                self._store_apart(store, batch)
                return
            else:
                _answer(list(zip(batch, answers, strict=True)))
                return

    def _store_apart(self, store: BallotStore, batch: list[_Waiting]) -> None:
        """Find the ballot that sank its batch, by halves, so that it sinks alone."""
        if len(batch) == 1:
            _answer([(batch[0], BusyError(seconds=5))])
            return
        half = len(batch) // 2
        self._store(store, batch[:half])
        self._store(store, batch[half:])


class _Desk:
    """Takes the ballots of one event loop, hands them over, and tells those who have waited too long.

    What one turn of the loop brings is handed over together at its end: a writer woken by the first would fight the loop for the
    interpreter while the others come in. One timer serves all deadlines.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, hand_over: Callable[[Sequence[_Waiting]], None]) -> None:
        self.gathered: list[_Waiting] = []
        self._loop, self._hand_over = loop, hand_over
        self._waiting: deque[_Waiting] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def take(self, waiting: _Waiting) -> None:
        if not self.gathered:
            self._loop.call_soon(self._end_turn)
        self.gathered.append(waiting)

    def _end_turn(self) -> None:
        gathered, self.gathered = self.gathered, []
        self._drop_served()
        self._waiting.extend(gathered)
        if self._timer is None:
            self._timer = self._loop.call_later(_LOOK_SECONDS, self._look)
        self._hand_over(gathered)

    def _look(self) -> None:
        now = time.monotonic()
        while self._waiting and self._waiting[0].deadline <= now:
            one = self._waiting.popleft()
            if not one.future.done():
                one.future.set_exception(BusyError(seconds=2))
        self._drop_served()
        self._timer = self._loop.call_later(_LOOK_SECONDS, self._look) if self._waiting else None

    def _drop_served(self) -> None:
        while self._waiting and self._waiting[0].future.done():
            self._waiting.popleft()


def _answer(outcomes: Sequence[tuple[_Waiting, Outcome]]) -> None:
    """Tell everybody their outcome; one call into each event loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[AnyFuture, Outcome]]] = {}
    for waiting, outcome in outcomes:
        if waiting.loop is None:
            _settle([(waiting.future, outcome)])
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.future, outcome))
    for loop, theirs in by_loop.items():
        with suppress(RuntimeError):  # the loop has ended: nobody waits there any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(outcomes: Sequence[tuple[AnyFuture, Outcome]]) -> None:
    for future, outcome in outcomes:
        if future.done():
            continue
        with suppress(InvalidStateError):  # whoever waited in a thread may have given up at this very moment
            if isinstance(outcome, Receipt):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)


_shared: list[VoteWriter] = []
_sharing = threading.Lock()


def shared_writer() -> VoteWriter:
    """Return this process's writer, started by the first to ask: one is enough, and two would wait for each other."""
    with _sharing:
        if not _shared:
            from klal.store.vote_store import VoteStore

            count_join = shared_limits().count_join
            _shared.append(VoteWriter(lambda: MeasuredStore(VoteStore(count_join=count_join), measures)))
        return _shared[0]


def stop_shared_writer() -> None:
    """Store what waits and end this process's writer; whoever asks next starts another."""
    with _sharing:
        for writer in _shared:
            writer.stop()
        _shared.clear()
