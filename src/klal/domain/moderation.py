"""The words of moderation: what can be done to a statement, why one is rejected, and where one comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

NOTE_LENGTH = 500
"""Most characters of what a moderator writes to an author, and of an author's appeal."""

POLICY_LENGTH = 2000
"""Most characters of what the convenors add to the policy, in each language."""

MOST_PARTS = 4
"""Statements that one may be split into."""


class Act(StrEnum):
    """What a moderator, or an author asked by one, does to a statement."""

    ACCEPT = "accept"
    REJECT = "reject"
    WAIT = "wait"
    MERGE = "merge"
    REWORD = "reword"
    SPLIT = "split"
    MARK_META = "mark_meta"
    UNMARK_META = "unmark_meta"
    ASK_SECOND = "ask_second"


class Reason(StrEnum):
    """Why a statement is rejected: the published policy."""

    DUPLICATE = "duplicate"
    UNCLEAR = "unclear"
    SEVERAL_IDEAS = "several_ideas"
    NOT_A_STATEMENT = "not_a_statement"
    OFF_TOPIC = "off_topic"
    PERSONAL = "personal"
    HATE = "hate"
    SPAM = "spam"
    UNLAWFUL = "unlawful"
    REPLACED = "replaced"
    """Its author agreed to other words; given by klal, not chosen."""


class Origin(StrEnum):
    """How a statement came from another one."""

    MERGED = "merged"
    REWORDED = "reworded"
    SPLIT = "split"


class Answer(StrEnum):
    """What was said to a proposal or an appeal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"


CHOOSABLE = tuple(reason for reason in Reason if reason is not Reason.REPLACED)
"""What a moderator can give as a reason, in the order of the keys 1 … 9."""

_HARMLESS = frozenset(
    {
        Reason.DUPLICATE,
        Reason.UNCLEAR,
        Reason.SEVERAL_IDEAS,
        Reason.NOT_A_STATEMENT,
        Reason.OFF_TOPIC,
        Reason.REPLACED,
    }
)


def is_told(reason: Reason | str) -> bool:
    """Say whether the public log may show a statement that was rejected for a reason.

    Parameters
    ----------
    reason : Reason or str
        Any other text, such as the empty one of an import, is a reason to keep the statement to itself.

    Examples
    --------
    >>> is_told("duplicate"), is_told("hate"), is_told("")
    (True, False, False)
    """
    return reason in _HARMLESS


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the moderators have before them.

    Attributes
    ----------
    waiting : int
        Statements that wait for a decision.
    arriving, decided : float
        Statements an hour, lately.
    hours : float or None
        Until nothing waits, at this pace; 0 where nothing does, None where more arrive than are decided.
    """

    waiting: int
    arriving: float
    decided: float
    hours: float | None


def forecast(waiting: int, *, arriving: float, decided: float) -> Forecast:
    """Say when the queue will be empty if everything goes on as it does.

    Parameters
    ----------
    waiting : int
        Statements that wait for a decision.
    arriving, decided : float
        Statements an hour, lately.

    Examples
    --------
    >>> forecast(30, arriving=40, decided=100).hours
    0.5
    """
    if not waiting:
        return Forecast(waiting, arriving, decided, 0.0)
    gained = decided - arriving
    return Forecast(waiting, arriving, decided, waiting / gained if gained > 0 else None)
