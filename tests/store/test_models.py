from __future__ import annotations

import pytest

from klal.store.configuration import Configuration


def test_a_conversation_starts_open_and_unanalysed(database: Configuration) -> None:
    from klal.store.models import Conversation

    Conversation.objects.create(slug="here", topic="What joins us?")
    found = Conversation.objects.get(slug="here")
    assert (found.phase, found.moderation_mode, found.snapshot_number) == ("open", "after", 0)
    assert found.analysed_changes < found.changes


def test_an_address_belongs_to_one_conversation(database: Configuration) -> None:
    from django.db import IntegrityError

    from klal.store.models import Conversation

    Conversation.objects.create(slug="here", topic="one")
    with pytest.raises(IntegrityError):
        Conversation.objects.create(slug="here", topic="two")


def test_migrations_match_the_models(database: Configuration) -> None:
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
