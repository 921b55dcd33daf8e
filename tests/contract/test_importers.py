"""What every format promises: what is written is read back the same, as far as the format can carry it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Moderation, Statement
from klal.io import Conversation, ExportFormat, read_conversation, write_conversation

WHOLE = (ExportFormat.PARQUET, ExportFormat.JSON)
POLIS = (ExportFormat.POLIS, ExportFormat.POLIS_1)
EXAMPLES = settings(max_examples=40, deadline=None)

# Control characters and unpaired surrogates are no text that a CSV could carry; JSON and Parquet are tried with more below.
letters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
texts = st.text(letters, max_size=30)
numbers = st.one_of(st.integers(-5, 40), st.integers(-(2**63), 2**63 - 1))
words = st.text(letters, min_size=1, max_size=8)
moments = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))


@st.composite
def conversations(draw: st.DrawFn, ids: st.SearchStrategy[Id], earliest: int = 0) -> Conversation:
    """Any conversation at all: with and without votes, times, authors, groups."""
    people = draw(st.lists(ids, max_size=6, unique=True))
    said = draw(st.lists(ids, max_size=6, unique=True))
    size = draw(st.integers(0, 25)) if people and said else 0
    participants, statements = IdIndex.of(people), IdIndex.of(said)

    def column(low: int, high: int, dtype: type) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(low, high), min_size=size, max_size=size)), dtype=dtype)

    log = VoteLog(
        column(0, max(len(people) - 1, 0), np.int32),
        column(0, max(len(said) - 1, 0), np.int32),
        column(1, 3, np.int8),
        column(earliest, 4_000_000_000_000, np.int64) if size and draw(st.booleans()) else None,
        participants,
        statements,
    )
    records = tuple(
        Statement(
            one,
            draw(texts),
            draw(st.one_of(st.none(), st.sampled_from(people))) if people else None,
            draw(st.one_of(st.none(), moments.filter(lambda when: when.timestamp() * 1000 >= earliest))),
            draw(st.sampled_from(list(Moderation))),
            is_meta=draw(st.booleans()),
            is_seed=draw(st.booleans()),
        )
        for one in statements.tolist()
    )
    groups = {one: draw(st.integers(0, 4)) for one in participants.tolist() if draw(st.booleans())}
    info = ConversationInfo(
        draw(texts), draw(texts), draw(texts), draw(st.text(letters, min_size=1, max_size=5)), tuple(draw(st.lists(words, max_size=2)))
    )
    return Conversation(info, records, log, groups)


def round_trip(conversation: Conversation, form: ExportFormat, name: str) -> Conversation:
    with TemporaryDirectory() as folder:
        out = Path(folder, name)
        write_conversation(conversation, out, format=form)
        return read_conversation(out)


@pytest.mark.parametrize("form", WHOLE)
@given(conversation=st.one_of(conversations(numbers), conversations(words), conversations(st.integers(0, 30).map(str))))
@EXAMPLES
def test_our_own_formats_carry_everything(form: ExportFormat, conversation: Conversation) -> None:
    again = round_trip(conversation, form, "x")
    assert again == conversation
    assert [type(one) for one in again.log.statements.tolist()] == [type(one) for one in conversation.log.statements.tolist()]


def carried(conversation: Conversation, form: ExportFormat, name: str) -> Conversation:
    """Return what a Polis format can carry of a conversation, as its module says."""
    info = replace(conversation.info, source=name, notes=())
    statements = conversation.statements
    if form is ExportFormat.POLIS:
        statements = tuple(
            replace(one, is_meta=False, is_seed=False, created=one.created and one.created.replace(microsecond=0)) for one in statements
        )
    return replace(conversation, info=info, statements=statements)


# Ids of text without blanks around, and not all of them like whole numbers; times after 1973, when milliseconds are known as such.
plain_words = st.text(letters, min_size=1, max_size=8).filter(lambda text: text == text.strip() and text.strip("-0123456789") != "")


@pytest.mark.parametrize("name", ["export", "export.zip"])
@given(conversation=st.one_of(conversations(numbers, 100_000_000_000), conversations(plain_words, 100_000_000_000)))
@EXAMPLES
def test_the_first_polis_generation_carries_what_it_says(name: str, conversation: Conversation) -> None:
    again = round_trip(conversation, ExportFormat.POLIS_1, name)
    assert again == carried(conversation, ExportFormat.POLIS_1, name)


@pytest.mark.parametrize("name", ["export", "export.zip"])
@given(conversation=st.one_of(conversations(numbers, 100_000_000_000), conversations(plain_words, 100_000_000_000)))
@EXAMPLES
def test_the_second_polis_generation_carries_what_it_says(name: str, conversation: Conversation) -> None:
    again = round_trip(conversation, ExportFormat.POLIS, name)
    expected = carried(conversation, ExportFormat.POLIS, name)
    assert (again.info, again.statements, again.published_groups) == (expected.info, expected.statements, expected.published_groups)
    assert again.log.to_matrix().digest() == conversation.log.to_matrix().digest()
    assert len(again.log) == len(conversation.log)
    if conversation.log.times is not None and again.log.times is not None:
        assert sorted(again.log.times.tolist()) == sorted((conversation.log.times // 1000 * 1000).tolist())


@pytest.mark.parametrize("form", POLIS)
@given(conversation=conversations(numbers, 100_000_000_000))
@EXAMPLES
def test_equal_conversations_are_equal_bytes(form: ExportFormat, conversation: Conversation) -> None:
    with TemporaryDirectory() as folder:
        for name in ("a.zip", "b.zip"):
            write_conversation(conversation, Path(folder, name), format=form)
        assert Path(folder, "a.zip").read_bytes() == Path(folder, "b.zip").read_bytes()


@pytest.mark.shared
@pytest.mark.parametrize("form", [*WHOLE, ExportFormat.POLIS_1])
def test_real_conversations_come_back_the_same(form: ExportFormat, public_conversation: Path, tmp_path: Path) -> None:
    conversation = read_conversation(public_conversation)
    out = tmp_path / public_conversation.name
    write_conversation(conversation, out, format=form)
    assert read_conversation(out) == conversation


@pytest.mark.shared
def test_real_conversations_keep_their_standing_votes_in_whole_seconds(public_conversation: Path, tmp_path: Path) -> None:
    conversation = read_conversation(public_conversation)
    out = tmp_path / public_conversation.name
    write_conversation(conversation, out, format=ExportFormat.POLIS)
    again = read_conversation(out)
    assert again.log.to_matrix().digest() == conversation.log.to_matrix().digest()
    assert again.published_groups == conversation.published_groups
    assert [(one.id, one.text, one.author, one.moderation) for one in again.statements] == [
        (one.id, one.text, one.author, one.moderation) for one in conversation.statements
    ]
