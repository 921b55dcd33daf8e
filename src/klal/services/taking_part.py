"""What every page of a conversation begins with: which conversation, who reads, and what the last analysis found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from klal.domain.identity import Identity
from klal.domain.records import Phase
from klal.domain.rules import is_shown, takes_votes
from klal.errors import BadIdentityError, UnknownConversationError
from klal.store.models import Conversation, Participant, Snapshot, Statement

Findings = Mapping[str, Any]
"""What a snapshot may show, as `klal.services.recompute` writes it."""


@dataclass(frozen=True, slots=True)
class Wording:
    """How a conversation introduces itself in one language.

    Attributes
    ----------
    topic, description, shared_purpose : str
        As the convenor wrote them, translated where there is a translation.
    """

    topic: str
    description: str
    shared_purpose: str


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement that is open for votes, as it is kept in memory.

    Attributes
    ----------
    id : int
        Its number in the store.
    text, language : str
        As written.
    translations : mapping of str to str
        By language.
    is_seed, is_meta : bool
        Written by the convenor; about the conversation itself.
    """

    id: int
    text: str
    language: str
    translations: Mapping[str, str]
    is_seed: bool
    is_meta: bool

    def in_language(self, code: str) -> tuple[str, str]:
        """Return the text and its language, in the reader's language where there is a translation."""
        return (self.translations[code], code) if code in self.translations else (self.text, self.language)


def find_conversation(slug: str) -> Conversation:
    """Return the conversation at an address.

    Parameters
    ----------
    slug : str
        The address; that of a draft is unknown, as nobody may see it yet.

    Raises
    ------
    UnknownConversationError
        If there is none.
    """
    found = Conversation.objects.filter(slug=slug).exclude(phase=Phase.DRAFT.value).first()
    if found is None:
        raise UnknownConversationError(slug=slug)
    return found


def is_open(conversation: Conversation, now: datetime) -> bool:
    """Say whether a conversation takes votes and statements.

    Parameters
    ----------
    conversation : Conversation
        Which.
    now : datetime
        With a time zone.
    """
    return takes_votes(conversation.phase, opens_at=conversation.opens_at, closes_at=conversation.closes_at, now=now)


def find_participant(conversation: Conversation, identity: Identity | None) -> Participant | None:
    """Return who a browser is.

    Parameters
    ----------
    conversation : Conversation
        Which.
    identity : Identity or None
        What its cookie says.

    Returns
    -------
    Participant or None
        None for somebody who has done nothing here yet.

    Raises
    ------
    BadIdentityError
        If the cookie was revoked.
    """
    if identity is None:
        return None
    found = Participant.objects.filter(conversation=conversation, key=identity.key).first()
    if found is not None and found.epoch != identity.epoch:
        raise BadIdentityError
    return found


def wording(conversation: Conversation, language: str) -> Wording:
    """Return how the conversation introduces itself in a language, in its own words where there is no translation."""
    translated = conversation.texts.get(language, {})
    return Wording(*(translated.get(name) or getattr(conversation, name) for name in ("topic", "description", "shared_purpose")))


def shown_statements(conversation: Conversation) -> Mapping[int, ShownStatement]:
    """Return the statements open for votes by number, read once for every revision of the conversation."""
    return _shown_statements(conversation.pk, conversation.moderation_mode, conversation.revision)


def newest_findings(conversation: Conversation) -> Findings | None:
    """Return what the last analysis found, None before the first one; read once for every snapshot."""
    return _findings(conversation.pk, conversation.snapshot_number) if conversation.snapshot_number else None


def places_of(conversation: Conversation) -> bytes:
    """Return who stands where by the last analysis, packed; empty before the first one."""
    return _places(conversation.pk, conversation.snapshot_number) if conversation.snapshot_number else b""


def is_common_ground(findings: Findings | None, statement_id: int) -> bool:
    """Say whether a statement is among the common ground found last."""
    return any(one["statement"] == statement_id for one in (findings or {}).get("common_ground", ()))


# keyed by engine-independent numbers that change with the content, so that an entry is never stale
@lru_cache(maxsize=32)
def _shown_statements(conversation_id: int, mode: str, revision: int) -> Mapping[int, ShownStatement]:
    del revision
    rows = (
        Statement.objects.filter(conversation_id=conversation_id)
        .order_by("pk")
        .values_list("pk", "text", "language", "translations", "is_seed", "is_meta", "state")
    )
    return {row[0]: ShownStatement(*row[:-1]) for row in rows if is_shown(row[-1], mode)}


@lru_cache(maxsize=16)
def _findings(conversation_id: int, number: int) -> Findings | None:
    return Snapshot.objects.filter(conversation_id=conversation_id, number=number).values_list("findings", flat=True).first()


@lru_cache(maxsize=4)
def _places(conversation_id: int, number: int) -> bytes:
    found = Snapshot.objects.filter(conversation_id=conversation_id, number=number).values_list("places", flat=True).first()
    return bytes(found) if found is not None else b""



def forget_what_was_read() -> None:
    """Drop what is kept in memory; for a process that is pointed at another database."""
    for kept in (_shown_statements, _findings, _places):
        kept.cache_clear()
