"""How far along: long reads and writes report to whoever asked; the library itself never prints."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What the caller hands in to be told how far along a task is.

    A task calls ``start`` once, ``advance`` any number of times and ``finish`` once, also after an error. All three are called
    from the thread that called the library.
    """

    def start(self, label: str, total: int | None) -> None:
        """Begin a task.

        Parameters
        ----------
        label : str
            A code of what is done, such as ``read_votes``; the caller translates it.
        total : int or None
            Units (bytes) to come, None where that is not known.
        """

    def advance(self, amount: int) -> None:
        """Report that so many more units are done."""

    def finish(self) -> None:
        """End the task."""


class NoProgress:
    """Progress that nobody listens to."""

    def start(self, label: str, total: int | None) -> None:
        """Do nothing."""

    def advance(self, amount: int) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


NO_PROGRESS: Progress = NoProgress()
"""What functions use where no progress is given."""
