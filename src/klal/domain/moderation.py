"""The words of moderation: what can be done to a statement, why one is rejected, and where one comes from."""

from __future__ import annotations

from enum import StrEnum


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
