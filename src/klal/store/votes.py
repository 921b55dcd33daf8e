"""From rows to arrays: the votes that stand in a conversation, in the form the core works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from klal.core.arrays import Bools, Ids, Ints
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import Moderation
from klal.store.bulk import one_moment
from klal.store.models import Conversation, Participant, Statement

_VOTES = """
SELECT v.participant_id, v.statement_id, v.choice
FROM store_vote v JOIN store_participant p ON p.id = v.participant_id
WHERE p.conversation_id = %s
"""
_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class StoredVotes:
    """A conversation as it stood at one moment.

    Attributes
    ----------
    conversation : Conversation
        Its row; ``conversation.changes`` says which moment.
    statements : tuple of Statement
        Rows of all m statements, in the order of ``log.statements``.
    participants : ndarray of int64
        Shape (n,): number in the store of each participant of ``log.participants``, idle ones included.
    log : VoteLog
        The votes that stand, one a participant and statement, without times. Ids are the labels.
    """

    conversation: Conversation
    statements: tuple[Statement, ...]
    participants: Ints
    log: VoteLog

    @property
    def statement_numbers(self) -> Ints:
        """Return the number in the store of each statement, shape (m,)."""
        return np.array([statement.pk for statement in self.statements], dtype=np.int64)

    @property
    def is_meta(self) -> Bools:
        """Return which statements are about the conversation itself, shape (m,)."""
        return np.array([statement.is_meta for statement in self.statements], dtype=np.bool_)

    @property
    def is_rejected(self) -> Bools:
        """Return which statements a moderator or their author took out, shape (m,)."""
        rejected = Moderation.REJECTED.value
        return np.array([row.is_withdrawn or row.state == rejected for row in self.statements], dtype=np.bool_)

    @property
    def analysed(self) -> Bools:
        """Return which statements take part in the analysis, shape (m,): as ``klal.domain.records.Statement.is_analysed``."""
        return ~(self.is_meta | self.is_rejected)


def read_votes(conversation_id: int) -> StoredVotes | None:
    """Read the votes that stand in a conversation.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.

    Returns
    -------
    StoredVotes or None
        None if there is no such conversation.
    """
    with one_moment():
        conversation = Conversation.objects.filter(pk=conversation_id).first()
        if conversation is None:
            return None
        people = list(Participant.objects.filter(conversation_id=conversation_id).values_list("pk", "label"))
        rows = list(Statement.objects.filter(conversation_id=conversation_id))
        votes = _read_rows(conversation_id)
    participants, numbers = _index([label for _, label in people], [pk for pk, _ in people], is_text=conversation.participants_are_text)
    statements, order = _index([row.label for row in rows], list(range(len(rows))), is_text=conversation.statements_are_text)
    listed = tuple(rows[place] for place in order)
    log = VoteLog(
        rows=_positions(votes[:, 0], numbers),
        columns=_positions(votes[:, 1], np.array([row.pk for row in listed], dtype=np.int64)),
        codes=votes[:, 2].astype(np.int8),
        times=None,
        participants=participants,
        statements=statements,
    )
    return StoredVotes(conversation, listed, numbers, log)


def _read_rows(conversation_id: int) -> Ints:
    """Return participant, statement and choice of every vote that stands, shape (v, 3)."""
    parts = [np.empty((0, 3), dtype=np.int64)]
    with connection.cursor() as cursor:
        cursor.execute(_VOTES, [conversation_id])
        while rows := cursor.fetchmany(_AT_ONCE):
            parts.append(np.array(rows, dtype=np.int64))
    return np.concatenate(parts)


def _index(labels: list[str], numbers: list[int], *, is_text: bool) -> tuple[IdIndex, Ints]:
    """Return the index of labels, and their numbers in its order."""
    ids: Ids = np.array(labels, dtype=np.str_ if is_text else np.int64) if labels else np.empty(0, dtype=np.int64)
    order = np.argsort(ids, kind="stable")
    return IdIndex.of(ids), np.array(numbers, dtype=np.int64)[order]


def _positions(numbers: Ints, listed: Ints) -> NDArray[Any]:
    """Return where each number stands in a list of distinct numbers in any order."""
    order = np.argsort(listed)
    return order[np.searchsorted(listed, numbers, sorter=order)].astype(np.int32)
