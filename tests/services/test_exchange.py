"""What is brought into the store comes out as it was, on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Moderation, Phase, Statement
from klal.errors import BadIdError, BadOptionError, ConversationExistsError, UnknownConversationError
from klal.io import Conversation, ExportFormat, read_conversation, write_conversation
from klal.services.demonstration import demonstration
from klal.services.simulation import simulate
from klal.store.configuration import Configuration
from tests.contract.test_importers import conversations, numbers, words

_number = itertools.count()
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


@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_conversation_at_all_comes_out_as_it_went_in(data: st.DataObject, database: Configuration) -> None:
    from klal.services.exchange import bring_in, bring_out

    conversation = data.draw(st.one_of(conversations(numbers), conversations(words), conversations(st.integers(0, 30).map(str))))
    slug = f"n{next(_number)}"
    bring_in(conversation, slug=slug)
    assert bring_out(slug) == conversation
    check_standing_votes(conversation, slug)


class Interrupted:
    """Somebody presses Ctrl-C after so many reports of progress."""

    def __init__(self, after: int) -> None:
        self.left, self.ended = after, False

    def start(self, label: str, total: int | None) -> None:
        assert (label, total) == ("write_votes", 10)

    def advance(self, amount: int) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt

    def finish(self) -> None:
        self.ended = True


def rows_of_every_table() -> list[int]:
    from klal.store import models

    tables = (models.Conversation, models.Participant, models.Statement, models.Vote, models.VoteEvent)
    return [table.objects.count() for table in tables]


@pytest.mark.parametrize("after", [0, 1])
def test_an_interrupted_import_leaves_nothing_behind(after: int, database: Configuration) -> None:
    from klal.services.exchange import bring_in

    watch = Interrupted(after)
    with pytest.raises(KeyboardInterrupt):
        bring_in(with_everything(), progress=watch)
    assert watch.ended
    assert rows_of_every_table() == [0] * 5
    assert bring_in(with_everything()).slug == "folder"


@pytest.mark.parametrize("name", ["x" * 257, "\ud800"])
def test_an_id_that_no_database_holds_is_refused(name: str, database: Configuration) -> None:
    from klal.services.exchange import bring_in

    with pytest.raises(BadIdError):
        bring_in(replace(without_votes(), log=log_of([], ["a", name], [])))
    assert rows_of_every_table() == [0] * 5


def test_an_address_that_is_taken_or_cannot_be_one_is_refused(database: Configuration) -> None:
    from klal.services.exchange import bring_in

    bring_in(with_everything(), slug="here")
    before = rows_of_every_table()
    with pytest.raises(ConversationExistsError):
        bring_in(with_text_ids(), slug="here")
    with pytest.raises(BadOptionError):
        bring_in(with_text_ids(), slug="Not here")
    assert rows_of_every_table() == before


def test_nothing_comes_out_where_nothing_is(database: Configuration) -> None:
    from klal.services.exchange import bring_out

    with pytest.raises(UnknownConversationError):
        bring_out("nowhere")


@pytest.mark.parametrize(
    ("source", "topic", "slug"),
    [
        ("town hall.CSV", "What now?", "town-hall"),
        ("votes.2024.zip", "", "votes-2024"),
        ("עיר.csv", "What now?", "what-now"),
        ("עיר.csv", "מה עכשיו?", "c-"),
    ],
)
def test_an_address_is_made_of_the_file_or_the_topic_or_of_chance(
    source: str, topic: str, slug: str, sqlite_database: Configuration
) -> None:
    from klal.services.exchange import bring_in

    made = bring_in(replace(without_votes(), info=ConversationInfo(topic, source=source))).slug
    assert made == slug if slug != "c-" else len(made) == 8 and made.startswith(slug)


def test_what_no_database_holds_is_left_out_of_texts(database: Configuration) -> None:
    from klal.services.exchange import bring_in, bring_out

    whole = with_everything()
    said = (replace(whole.statements[0], text="a\0b\ud800c", created=datetime(2026, 1, 1)), *whole.statements[1:])  # noqa: DTZ001 - as in a file
    bring_in(replace(whole, info=replace(whole.info, topic="t\0"), statements=said), slug="here")
    again = bring_out("here")
    assert (again.info.topic, again.statements[0].text) == ("t", "ab?c")
    assert again.statements[0].created == datetime(2026, 1, 1, tzinfo=UTC)


def test_the_phase_languages_and_next_labels_are_set(database: Configuration) -> None:
    from klal.services.exchange import bring_in

    row = bring_in(with_everything(), phase=Phase.CLOSED, languages=["he", "en"])
    row.refresh_from_db()
    assert (row.phase, row.languages, row.next_participant, row.next_statement) == ("closed", ["he", "en"], 41, 12)
    assert set(row.statements.values_list("language", flat=True)) == {"he"}
    assert not row.is_synthetic
    text = bring_in(with_text_ids())
    assert (text.next_participant, text.next_statement) == (5, 3)
    assert bring_in(with_the_largest_ids(), slug="largest").next_participant == 4
    assert bring_in(simulate(5, 3, mean_votes=2, shares=(1.0,), seed=0)).is_synthetic


def cast(participant: object, statement: object, choice: int | None, time: int = 5000) -> None:
    from klal.store.models import VoteEvent

    VoteEvent.objects.create(participant=participant, statement=statement, choice=choice, time=time)


@pytest.mark.parametrize("sample", ["with_everything", "with_text_ids"])
def test_what_was_added_since_comes_out_too_and_goes_in_again(sample: str, database: Configuration) -> None:
    from klal.domain.identity import new_identity
    from klal.services.exchange import bring_in, bring_out
    from klal.services.joining import find_or_join
    from klal.store.models import Statement as Row

    before = SAMPLES[sample]()
    row = bring_in(before, slug="here")
    with transaction.atomic():
        newcomer, other = (find_or_join(row, new_identity()) for _ in range(2))
    first, second = row.statements.order_by("pk")[:2]
    label = f"klal-{row.next_statement}" if row.statements_are_text else str(row.next_statement)
    spoken = Row.objects.create(conversation=row, label=label, text="mine", author=newcomer, is_withdrawn=True, created=MOMENT)
    cast(newcomer, first, 3)
    cast(newcomer, first, 1, 5001)
    cast(newcomer, first, None, 5002)
    cast(newcomer, second, 2, 5003)
    cast(other, first, 3, 5004)
    cast(other, first, None, 5005)
    cast(other, first, 1, 5006)

    after = bring_out("here")
    ids = after.log.participants.tolist()
    events = [
        (ids[who], after.log.statements.tolist()[what], code)
        for who, what, code in zip(
            *(part[len(before.log) :].tolist() for part in (after.log.rows, after.log.columns, after.log.codes)), strict=True
        )
    ]
    mine, theirs = ((str if row.participants_are_text else int)(one.label) for one in (newcomer, other))
    said = [(str if row.statements_are_text else int)(one.label) for one in (first, second)]
    assert events == [(mine, said[1], 2), (theirs, said[0], 1)]
    assert set(ids) == {*before.log.participants.tolist(), mine, theirs}
    added = next(one for one in after.statements if str(one.id) == spoken.label)
    assert (added.text, added.author, added.moderation) == ("mine", mine, Moderation.REJECTED)
    assert (after.log.times is None) == (before.log.times is None)
    bring_in(after, slug="again")
    assert bring_out("again") == after


def test_a_clock_set_back_does_not_let_an_earlier_vote_stand(database: Configuration) -> None:
    from klal.services.exchange import bring_in, bring_out
    from klal.store.models import Vote

    before = with_everything()
    row = bring_in(before, slug="here")
    person = row.participants.create(label="41")
    first, second = row.statements.order_by("pk")[:2]
    for statement, votes in ((first, [(3, 9000), (1, 8000), (2, 7000)]), (second, [(1, 9000), (3, 9500)])):
        for choice, time in votes:
            cast(person, statement, choice, time)
        Vote.objects.create(participant=person, statement=statement, choice=choice, time=time)

    after = bring_out("here")
    check_standing_votes(after, "here")
    assert after.log.times is not None
    assert before.log.times is not None
    assert after.log.times.tolist() == [*before.log.times.tolist(), 9000, 8000, 9000, 9000, 9500]


def test_what_comes_out_within_a_transaction_is_what_that_sees(database: Configuration) -> None:
    from klal.services.exchange import bring_in, bring_out

    with transaction.atomic():
        bring_in(with_everything(), slug="here")
        assert bring_out("here") == with_everything()
    assert bring_out("here") == with_everything()
