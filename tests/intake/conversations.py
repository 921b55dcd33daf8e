"""A conversation to vote in, and participants to vote."""

from __future__ import annotations

from itertools import count
from typing import Any

from klal.domain.identity import Identity, new_identity, to_cookie
from tests.serving import SECRET

_keys = count(1000)


def make_conversation(slug: str = "here", statements: int = 5, **fields: object) -> tuple[Any, list[int]]:
    """Return a stored conversation and the numbers of its statements."""
    from klal.store.models import Conversation, Statement

    where = Conversation.objects.create(slug=slug, topic="What joins us?", languages=["en", "he"], **fields)
    made = [Statement.objects.create(conversation=where, label=str(n), text=f"idea {n}", state="accepted") for n in range(statements)]
    return where, [statement.pk for statement in made]


def cookie_of(who: Identity | None = None, slug: str = "here") -> str:
    """Return a signed cookie, of somebody new if nobody is named."""
    return to_cookie(who or new_identity(), slug, SECRET)


def vote(statement: int, choice: str | None = "agree", key: int = 0) -> dict[str, Any]:
    """Return a vote as the page sends it."""
    return {"key": key or next(_keys), "statement": statement, "choice": choice, "important": False}


def stored_votes() -> list[tuple[str, int, int]]:
    """Return key of the participant, statement and choice of all votes that stand."""
    from klal.store.models import Vote

    return sorted(Vote.objects.values_list("participant__key", "statement_id", "choice"))
