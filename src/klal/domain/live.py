"""What listeners are told: that a conversation has changed, and how much its newest snapshot counts."""

from __future__ import annotations

from dataclasses import dataclass

MINUTES = 120
"""Minutes of which turnout is counted one by one."""

GONE_SECONDS = 30 * 60
"""Who has not voted for so long has stopped."""


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
    """How much there is, by the newest snapshot: the same numbers as on every page and in ``klal analyse``.

    Attributes
    ----------
    participants, statements, votes : int
        As ``analysis.json`` counts them.
    """

    participants: int
    statements: int
    votes: int
