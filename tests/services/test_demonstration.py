"""The demonstration in the store."""

from __future__ import annotations

from dataclasses import replace

import pytest

from klal.domain.language import available
from klal.domain.rules import STATEMENT_LENGTH
from klal.domain.wording import script_of
from klal.services.demonstration import build_demonstration, demonstration
from klal.store.configuration import Configuration

SCRIPTS = {"en": "LATIN", "he": "HEBREW"}


def test_every_text_of_the_demonstration_is_there_in_every_language(database: Configuration) -> None:
    row = build_demonstration()
    assert (row.slug, row.is_synthetic, row.phase) == ("demo", True, "open")
    assert sorted(row.languages) == list(available())
    for name in ("topic", "description", "shared_purpose"):
        texts = {row.languages[0]: getattr(row, name), **{code: one[name] for code, one in row.texts.items()}}
        assert {code: script_of(text) for code, text in texts.items()} == SCRIPTS
    statements = list(row.statements.all())
    assert len(statements) == 24
    for one in statements:
        texts = {one.language: one.text, **one.translations}
        assert {code: script_of(text) for code, text in texts.items()} == SCRIPTS
        assert max(map(len, texts.values())) <= STATEMENT_LENGTH


def test_the_demonstration_in_the_store_is_that_of_the_file(database: Configuration) -> None:
    from klal.services.exchange import bring_out

    build_demonstration()
    stored, file = bring_out("demo"), demonstration()
    assert stored == replace(file, info=replace(file.info, topic=stored.info.topic, description=stored.info.description))
    assert stored.info.topic in file.info.topic


def test_a_demonstration_that_is_there_keeps_what_was_voted(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import demonstration as module
    from klal.store.models import Conversation, VoteEvent

    row = build_demonstration()
    VoteEvent.objects.create(participant=row.participants.first(), statement=row.statements.first(), choice=3, time=1)
    events = VoteEvent.objects.count()
    monkeypatch.setattr(module, "demonstration", None)
    assert build_demonstration() == row
    assert (Conversation.objects.count(), VoteEvent.objects.count()) == (1, events)


def test_of_two_processes_that_make_the_demonstration_one_does(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import demonstration as module
    from klal.store.models import Conversation

    make = module._make

    def be_late() -> Conversation:
        make()
        return make()

    monkeypatch.setattr(module, "_make", be_late)
    assert build_demonstration().slug == "demo"
    assert Conversation.objects.count() == 1
