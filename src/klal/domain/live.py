"""What listeners are told: that a conversation has changed, and how much there is in it now."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pulse:
    """The state of a conversation, in numbers that grow.

    Attributes
    ----------
    id : int
        Its number in the store.
    changes, revision, snapshot : int
        As in ``Conversation``.
    """

    id: int
    changes: int
    revision: int
    snapshot: int


@dataclass(frozen=True, slots=True)
class LiveCounts:
    """How much there is at this moment.

    Attributes
    ----------
    participants : int
        Who have a vote on a statement that is shown.
    statements : int
        That are shown.
    votes : int
        That stand, on these statements.
    """

    participants: int
    statements: int
    votes: int
