"""What one process counts while it serves: plain whole numbers, read when somebody asks. Nothing here knows a person or a conversation."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from klal.domain.ballot import Ballot, Receipt
from klal.errors import RefusedError

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper ends of the histograms' steps, in seconds."""


class Histogram:
    """How long something took, by steps."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def note(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    def steps(self) -> list[tuple[str, int]]:
        """Return how many took at most so long, for each step."""
        total, found = 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.counts, strict=True):
            total += count
            found.append((bound, total))
        return found


class Measures:
    """The counts of a process.

    Attributes
    ----------
    votes, ballots, failures : int
        Votes stored, ballots answered, and batches that could not be stored.
    batches : Histogram
        How long it took to store one.
    pages : Counter
        Requests by address, with placeholders for everything that names a conversation or a person, and status.
    drawing : Histogram
        How long pages took.
    """

    def __init__(self) -> None:
        self.votes = self.ballots = self.failures = 0
        self.batches, self.drawing = Histogram(), Histogram()
        self.pages: Counter[tuple[str, str, int]] = Counter()
        self._counting = threading.Lock()

    def note_page(self, method: str, address: str, status: int, seconds: float) -> None:
        """Count a page; called from several threads."""
        with self._counting:
            self.pages[method, address, status] += 1
            self.drawing.note(seconds)

    def copied_pages(self) -> dict[tuple[str, str, int], int]:
        """Return the pages as they are now."""
        with self._counting:
            return dict(self.pages)


class _Store(Protocol):
    """What is measured."""

    def store(self, ballots: Sequence[Ballot]) -> Sequence[Receipt | RefusedError]: ...

    def close(self) -> None: ...


class MeasuredStore:
    """A store of ballots that counts what it stores; one call a batch, so that a vote costs nothing more.

    Parameters
    ----------
    store : VoteStore
        That does the work.
    counts : Measures
        Where it is counted.
    """

    def __init__(self, store: _Store, counts: Measures) -> None:
        self._store, self._counts = store, counts

    def close(self) -> None:
        """Give the connection back."""
        self._store.close()

    def store(self, ballots: Sequence[Ballot]) -> Sequence[Receipt | RefusedError]:
        """Store ballots in one transaction."""
        began = time.perf_counter()
        try:
            answers = self._store.store(ballots)
        except Exception:
            self._counts.failures += 1
            raise
        counts = self._counts
        counts.batches.note(time.perf_counter() - began)
        counts.ballots += len(answers)
        counts.votes += sum([len(one.saved) for one in answers if isinstance(one, Receipt)])
        return answers


measures = Measures()
"""This process's."""
