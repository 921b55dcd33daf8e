"""A conversation in a database of its own, and browsers that visit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from klal.store.configuration import Configuration

if TYPE_CHECKING:
    from django.test import Client

    from klal.store.models import Conversation

TEXTS = (
    "Every street should have a bench.",
    "Buses should run at night.",
    "Schools should open their yards in the afternoon.",
    "The market should stay where it is.",
)
HOME = "/c/here/"


@pytest.fixture
def here(database: Configuration) -> Conversation:
    """Return an open conversation with four accepted statements."""
    from klal.services.opening import open_conversation

    return open_conversation(
        "What joins our town?",
        slug="here",
        description="About the town.",
        shared_purpose="To act together.",
        languages=["en", "he"],
        seeds=TEXTS,
    )


@pytest.fixture
def visitor(here: Conversation, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Client]:
    """Return a function that makes a browser; what a view raises is answered, as in a real server."""
    from django.test import Client

    from klal.web.door import Door, door

    monkeypatch.setattr(door, "__dict__", vars(Door()))  # nobody has tried a password yet

    def make(language: str = "en", **options: Any) -> Client:
        return Client(SERVER_NAME="localhost", HTTP_ACCEPT_LANGUAGE=language, raise_request_exception=False, **options)

    return make


@pytest.fixture
def browser_of(visitor: Callable[..., Client]) -> Iterator[Client]:
    """Return the browser of somebody who has opened the page."""
    client = visitor()
    client.get(HOME)
    return client
