"""A conversation as read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from klal.domain.records import Statement
from tests.services.stored import as_conversation


def test_its_history_names_authors_by_their_row_and_whoever_never_took_part_not_at_all() -> None:
    conversation = as_conversation(np.array([[1.0, np.nan, -1.0], [0.0, 1.0, np.nan]]))
    written = tuple(Statement(id=one.id, author=author) for one, author in zip(conversation.statements, (1, None, 99), strict=True))
    history = replace(conversation, statements=written).history
    assert history.authors.tolist() == [1, -1, -1]
    assert history.channels.tolist() == [-1, -1]
    assert len(history.times) == conversation.log.to_matrix().n_votes
