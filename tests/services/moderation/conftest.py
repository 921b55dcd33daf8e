"""A conversation with statements that wait, and two who moderate it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from klal.store.configuration import Configuration

TEXTS = (
    "Buses should run at night.",
    "The night buses should run in the suburbs too.",
    "Every street should have a bench.",
    "צריך ספסל בכל רחוב בעיר.",
    "Schools should open their yards in the afternoon.",
    "The market should stay where it is.",
)


@pytest.fixture
def talk(database: Configuration) -> SimpleNamespace:
    """Return a conversation moderated before, its statements by two authors in turn, and moderators anna and boaz."""
    from django.contrib.auth.models import User

    from klal.services.opening import open_conversation
    from klal.store.models import Conversation, Membership, Participant, Statement

    held = open_conversation("What joins our town?", slug="here", languages=["en", "he"])
    Conversation.objects.filter(pk=held.pk).update(moderation_mode="before", next_statement=len(TEXTS))
    held.refresh_from_db()
    authors = [Participant.objects.create(conversation=held, label=str(n), key=f"key-{n}") for n in range(2)]
    said = [
        Statement.objects.create(conversation=held, label=str(n), text=text, language="he" if "צ" in text else "en", author=authors[n % 2])
        for n, text in enumerate(TEXTS)
    ]
    people = {name: User.objects.create_user(name) for name in ("anna", "boaz")}
    for one in people.values():
        Membership.objects.create(conversation=held, account=one, role="moderator")
    return SimpleNamespace(held=held, said=said, authors=authors, **people)


@pytest.fixture
def seen() -> Callable[..., Any]:
    """Return a function that gives statements as they are now, as somebody has them before them."""
    from klal.services.moderation.acting import Seen

    def look(*statements: Any) -> list[Seen]:
        for one in statements:
            one.refresh_from_db()
        return [Seen(one.pk, one.version) for one in statements]

    return look
