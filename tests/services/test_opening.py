"""Opening a conversation, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from klal.domain.records import Moderation, ModerationMode, Seed
from klal.errors import BadOptionError, ConversationExistsError, EmptyStatementError, KlalError, LongStatementError, RepeatedStatementError
from klal.io import ExportFormat, read_conversation, write_conversation
from klal.store.configuration import Configuration


def test_a_conversation_opens_with_its_seeds(database: Configuration) -> None:
    from klal.services.opening import open_conversation

    row = open_conversation(
        " What joins\nus? ",
        description="about",
        shared_purpose="to know",
        languages=["he", "en", "he"],
        moderation_mode=ModerationMode.BEFORE,
        seeds=["One idea", Seed("שתיים"), Seed("Three", "en", {"he": "שלוש"})],
    )
    row.refresh_from_db()
    assert (row.slug, row.topic, row.description, row.shared_purpose) == ("what-joins-us", "What joins us?", "about", "to know")
    assert (row.languages, row.moderation_mode, row.phase) == (["he", "en"], "before", "open")
    assert (row.next_participant, row.next_statement) == (0, 3)
    assert row.changes > row.analysed_changes
    seeds = list(row.statements.order_by("pk").values_list("label", "text", "language", "translations"))
    assert seeds == [("0", "One idea", "en", {}), ("1", "שתיים", "he", {}), ("2", "Three", "en", {"he": "שלוש"})]
    assert all(one.is_seed and one.state == Moderation.ACCEPTED and one.author is None for one in row.statements.all())


def test_the_language_is_that_of_the_topic_if_nobody_says(database: Configuration) -> None:
    from klal.services.opening import open_conversation

    row = open_conversation("מה מחבר בינינו?")
    assert row.languages == ["he"]
    assert row.slug.startswith("c-")
    assert len(row.slug) == 8
    assert open_conversation("What joins us?").languages == ["en"]
    assert open_conversation("什麼讓我們在一起?").languages == []


def test_a_second_conversation_on_a_topic_gets_an_address_of_its_own(database: Configuration) -> None:
    from klal.services.opening import open_conversation

    first, second = (open_conversation("What joins us?").slug for _ in range(2))
    assert first == "what-joins-us"
    assert second.startswith("what-joins-us-")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"slug": "taken"}, ConversationExistsError),
        ({"slug": "Not one"}, BadOptionError),
        ({"topic": " \u202e"}, BadOptionError),
        ({"languages": ["xx"]}, BadOptionError),
        ({"seeds": ["?"]}, EmptyStatementError),
        ({"seeds": ["a" * 281]}, LongStatementError),
        ({"seeds": [Seed("a", "en", {"he": "א" * 281})]}, LongStatementError),
        ({"seeds": ["One idea", "one idea."]}, RepeatedStatementError),
    ],
)
def test_what_cannot_be_opened_leaves_nothing_behind(arguments: dict[str, object], error: type[KlalError], database: Configuration) -> None:
    from klal.services.opening import open_conversation
    from klal.store.models import Conversation, Statement

    open_conversation("First", slug="taken", seeds=["One idea"])
    with pytest.raises(error):
        open_conversation(**{"topic": "What joins us?", **arguments})  # type: ignore[arg-type]
    assert (Conversation.objects.count(), Statement.objects.count()) == (1, 1)


def test_what_was_opened_here_comes_out_and_goes_in_the_same(database: Configuration, tmp_path: Path) -> None:
    from klal.services.exchange import bring_in, bring_out
    from klal.services.opening import open_conversation

    open_conversation("What joins us?", slug="here", seeds=["One idea", "Another"])
    first = bring_out("here")
    write_conversation(first, tmp_path / "other.json", format=ExportFormat.JSON)
    bring_in(read_conversation(tmp_path / "other.json"), slug="there")
    assert bring_out("there") == first
