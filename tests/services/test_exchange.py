"""What is brought into the store comes out as it was, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Moderation, Phase, Statement
from klal.errors import BadIdError, BadOptionError, ConversationExistsError, UnknownConversationError
from klal.io import Conversation, ExportFormat, read_conversation, write_conversation
from klal.services.demonstration import demonstration
from klal.services.simulation import simulate
from klal.store.configuration import Configuration

MOMENT = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)


def log_of(events: list[tuple[int, int, int, int | None]], participants: list[Id], statements: list[Id]) -> VoteLog:
    rows, columns, codes, times = zip(*events, strict=True) if events else ((), (), (), ())
    return VoteLog(
        np.array(rows, dtype=np.int32),
        np.array(columns, dtype=np.int32),
        np.array(codes, dtype=np.int8),
        None if None in times else np.array(times, dtype=np.int64),
        IdIndex.of(participants),
        IdIndex.of(statements),
    )


def with_everything() -> Conversation:
    """Authors, states, flags, groups, changed votes, somebody without a vote, times that run backwards."""
    log = log_of([(0, 0, 3, 2000), (2, 1, 1, 1500), (0, 0, 1, 1000), (2, 1, 2, 1500), (1, 2, 3, 9)], [7, -3, 40, 12], [5, 0, 11])
    statements = (
        Statement(0, 'Comma, "quote"\nand line', 40, MOMENT, Moderation.ACCEPTED, is_seed=True),
        Statement(5, "", None, None, Moderation.REJECTED),
        Statement(11, "עם ישראל", 12, MOMENT.replace(microsecond=0), Moderation.PENDING, is_meta=True),
    )
    info = ConversationInfo("topic", "about", "https://example.org/x", "folder.zip", ("signs_flipped", "texts_rejoined"))
    return Conversation(info, statements, log, {40: 1, -3: 0})


def with_text_ids() -> Conversation:
    log = log_of([(1, 0, 3, None), (0, 1, 2, None), (1, 0, 1, None)], ["ada", "klal-4", "בני", "007"], ["x", "klal-2"])
    statements = (Statement("klal-2", "two", "בני"), Statement("x", "one", "klal-4"))
    return Conversation(ConversationInfo(source="votes.csv"), statements, log, {"בני": 2, "ada": 0})


def with_strangers() -> Conversation:
    """Authors and groups of people who are not among the participants, as files of other programs have them."""
    whole = with_everything()
    said = (replace(whole.statements[0], author=99), replace(whole.statements[1], author="somebody"), whole.statements[2])
    return replace(whole, statements=said, published_groups={40: 1, 99: 0, 7: 1 << 40})


def without_votes() -> Conversation:
    return Conversation(ConversationInfo(source="x"), (), log_of([], ["a"], []))


def with_times_but_no_votes() -> Conversation:
    log = replace(log_of([], [1], [2]), times=np.empty(0, dtype=np.int64))
    return Conversation(ConversationInfo(source="x"), (Statement(2),), log)


def with_the_largest_ids() -> Conversation:
    people: list[Id] = [2**63 - 1, -(2**63), 3]
    return Conversation(ConversationInfo(source="x"), (Statement(2**63 - 1),), log_of([(0, 0, 1, 5), (2, 0, 3, 4)], people, [2**63 - 1]))


SAMPLES: dict[str, Callable[[], Conversation]] = {
    one.__name__: one
    for one in (with_everything, with_text_ids, with_strangers, without_votes, with_times_but_no_votes, with_the_largest_ids, demonstration)
} | {"simulated": lambda: simulate(60, 25, mean_votes=12, shares=(0.7, 0.3), seed=1)}


def check_equal_bytes(first: Conversation, second: Conversation, folder: Path) -> None:
    for form in ExportFormat:
        for name, one in (("first", first), ("second", second)):
            write_conversation(one, folder / f"{name}-{form}.zip", format=form)
        assert (folder / f"first-{form}.zip").read_bytes() == (folder / f"second-{form}.zip").read_bytes()


def check_standing_votes(conversation: Conversation, slug: str) -> None:
    """Compare the table of standing votes with the matrix that an analysis of the file works on."""
    from klal.store.models import Vote

    matrix, log = conversation.log.to_matrix(), conversation.log
    people, said = log.participants.tolist(), log.statements.tolist()
    expected = {
        (str(people[row]), str(said[column])): code
        for row, column, code in zip(matrix.row_of_vote().tolist(), matrix.columns.tolist(), matrix.codes.tolist(), strict=True)
    }
    stored = Vote.objects.filter(statement__conversation__slug=slug)
    assert {(who, what): choice for who, what, choice in stored.values_list("participant__label", "statement__label", "choice")} == expected


@pytest.mark.parametrize("sample", SAMPLES)
def test_what_goes_in_comes_out(sample: str, database: Configuration, tmp_path: Path) -> None:
    from klal.services.exchange import bring_in, bring_out

    conversation = SAMPLES[sample]()
    row = bring_in(conversation, slug="here")
    again = bring_out("here")
    assert again == conversation
    assert list(again.published_groups) == list(conversation.published_groups)
    assert (row.changes, row.phase) == (len(conversation.log), "open")
    check_equal_bytes(conversation, again, tmp_path)
    check_standing_votes(conversation, "here")


@pytest.mark.shared
def test_public_conversations_come_out_as_they_went_in(public_conversation: Path, database: Configuration, tmp_path: Path) -> None:
    from klal.services.exchange import bring_in, bring_out

    conversation = read_conversation(public_conversation)
    row = bring_in(conversation)
    assert row.slug == public_conversation.name.replace(".", "-")
    again = bring_out(row.slug)
    assert again == conversation
    check_equal_bytes(conversation, again, tmp_path)
    check_standing_votes(conversation, row.slug)
