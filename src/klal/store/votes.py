"""From rows to arrays: the votes that stand in a conversation, in the form the core works on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from django.db.models.functions import Coalesce

from klal.core.arrays import Bools, Ints
from klal.core.history import UNKNOWN, History
from klal.core.vote_log import VoteLog
from klal.domain.records import Moderation
from klal.store.bulk import one_moment, read_numbers
from klal.store.labels import Labels
from klal.store.models import Conversation, Participant, Statement, Vote


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
    times : ndarray of int64
        Shape (e,): when each vote of the log was cast (ms since 1970), −1 where not known.
    channels : ndarray of int64
        Shape (n,): number of the channel by which each participant came, −1 where none is known.
    """

    conversation: Conversation
    statements: tuple[Statement, ...]
    participants: Ints
    log: VoteLog
    times: Ints
    channels: Ints

    @property
    def history(self) -> History:
        """Return when the votes were cast, who wrote the statements, and how people came."""
        row = {number: at for at, number in enumerate(self.participants.tolist())}
        authors = [row.get(one.author_id, UNKNOWN) for one in self.statements]
        return History.of(replace(self.log, times=self.times), authors=np.array(authors, dtype=np.int64), channels=self.channels)

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
        people = list(Participant.objects.filter(conversation_id=conversation_id).order_by("pk").values_list("pk", "label", "channel"))
        rows = list(Statement.objects.filter(conversation_id=conversation_id).order_by("pk"))
        standing = Vote.objects.filter(participant__conversation_id=conversation_id)
        votes = read_numbers(standing.values_list("participant_id", "statement_id", "choice", Coalesce("time", UNKNOWN)), 4)
    numbers = [pk for pk, _, _ in people]
    participants = Labels(numbers, [label for _, label, _ in people], are_text=conversation.participants_are_text)
    statements = Labels([row.pk for row in rows], [row.label for row in rows], are_text=conversation.statements_are_text)
    log = VoteLog(
        rows=participants.positions(votes[0]).astype(np.int32),
        columns=statements.positions(votes[1]).astype(np.int32),
        codes=votes[2].astype(np.int8),
        times=None,
        participants=participants.index,
        statements=statements.index,
    )
    listed = tuple(rows[place] for place in statements.order.tolist())
    order = participants.order
    channels = _numbered([channel for _, _, channel in people])[order]
    return StoredVotes(conversation, listed, np.array(numbers, dtype=np.int64)[order], log, votes[3], channels)


def _numbered(channels: list[str]) -> Ints:
    """Give each channel's code a number; −1 for people who came by none."""
    codes = {code: number for number, code in enumerate(sorted(set(channels) - {""}))}
    return np.array([codes.get(code, UNKNOWN) for code in channels], dtype=np.int64)
