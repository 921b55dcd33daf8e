"""A conversation as read from a file: its question, its statements and every vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from klal.core.arrays import Bools
from klal.core.history import UNKNOWN, History
from klal.core.vote_log import VoteLog
from klal.domain.perception import GuessRecord
from klal.domain.records import ConversationInfo, Id, Statement


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation, whatever format it came from.

    Attributes
    ----------
    info : ConversationInfo
        Topic, description, source, notes about the input.
    statements : tuple of Statement
        One for every id of ``log.statements``, in the same (ascending) order.
    log : VoteLog
        Every vote event; ``log.to_matrix()`` are the votes that stand.
    published_groups : mapping of id to int
        The opinion group that the software of origin gave each participant, where the input says so (Polis's ``group-id``).
    guesses : tuple of GuessRecord
        Of the perception check, in the order they were made; only klal's own formats have them.
    """

    info: ConversationInfo
    statements: tuple[Statement, ...]
    log: VoteLog
    published_groups: Mapping[Id, int] = field(default_factory=dict)
    guesses: tuple[GuessRecord, ...] = ()

    @property
    def analysed(self) -> Bools:
        """Return which statements take part in the analysis, shape (m,): not the rejected, not the meta statements."""
        return np.array([statement.is_analysed for statement in self.statements], dtype=np.bool_)

    @property
    def history(self) -> History:
        """Return when the votes that stand were cast and who wrote the statements, as far as the input says."""
        known = {one: row for row, one in enumerate(self.log.participants.tolist())}
        authors = [UNKNOWN if one.author is None else known.get(one.author, UNKNOWN) for one in self.statements]
        return History.of(self.log, authors=np.array(authors, dtype=np.int64))
