"""What every page of a conversation begins with: which conversation, its statements, and what the last analysis found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from klal.domain.ballot import CastVote
from klal.domain.identity import Identity
from klal.domain.records import Phase
from klal.domain.rules import is_shown, takes_votes
from klal.domain.wording import in_language
from klal.errors import UnknownConversationError
from klal.services.kept import Kept
from klal.store.models import Conversation, Snapshot, Statement, Vote

Findings = Mapping[str, Any]
"""What a snapshot may show, as `klal.services.findings` writes it."""

_statements: Kept[Mapping[int, ShownStatement]] = Kept(32)
_findings: Kept[Findings | None] = Kept(16)
_places: Kept[bytes] = Kept(4)


@dataclass(frozen=True, slots=True)
class Wording:
    """How a conversation introduces itself in one language.

    Attributes
    ----------
    topic, description, shared_purpose : str
        As the convenor wrote them, translated where there is a translation.
    language : str
        Of the topic; empty if unknown.
    """

    topic: str
    description: str
    shared_purpose: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement that is open for votes, as it is kept in memory.

    Attributes
    ----------
    id, label : int, str
        Its number in the store, and its id in analyses and exports.
    text, language : str
        As written.
    translations : mapping of str to str
        By language.
    is_seed, is_meta : bool
        Written by the convenor; about the conversation itself.
    """

    id: int
    label: str
    text: str
    language: str
    translations: Mapping[str, str]
    is_seed: bool
    is_meta: bool

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the text and all its translations."""
        return (self.text, *self.translations.values())

    def in_language(self, code: str) -> tuple[str, str]:
        """Return the text and its language, in the reader's language where there is a translation; its id if it has no text."""
        return in_language(self.text or f"#{self.label}", self.language, self.translations, code)


def find_conversation(slug: str) -> Conversation:
    """Return the conversation at an address.

    Parameters
    ----------
    slug : str
        The address; that of a draft is unknown, as nobody may see it yet, and so is that of one that is to be deleted.

    Raises
    ------
    UnknownConversationError
        If there is none.
    """
    found = Conversation.objects.filter(slug=slug, deletes_at=None).exclude(phase=Phase.DRAFT.value).first()
    if found is None:
        raise UnknownConversationError(slug=slug)
    return found


def is_open(conversation: Conversation, now: datetime) -> bool:
    """Say whether a conversation takes votes.

    Parameters
    ----------
    conversation : Conversation
        Which.
    now : datetime
        With a time zone.
    """
    return takes_votes(conversation.phase, opens_at=conversation.opens_at, closes_at=conversation.closes_at, now=now)


def stands(conversation: Conversation, identity: Identity, vote: CastVote) -> bool:
    """Say whether a vote is what somebody's answer to its statement is now.

    Parameters
    ----------
    conversation : Conversation
        Where.
    identity : Identity
        Whose.
    vote : CastVote
        A withdrawal stands where there is no vote.
    """
    found = Vote.objects.filter(participant__conversation=conversation, participant__key=identity.key, statement=vote.statement)
    now = found.values_list("choice", "is_important").first()
    return now == (None if vote.choice is None else (vote.choice, vote.is_important))


def wording(conversation: Conversation, language: str) -> Wording:
    """Return how the conversation introduces itself in a language, in its own words where there is no translation."""
    translated = conversation.texts.get(language, {})
    topic, description, purpose = (
        translated.get(name) or getattr(conversation, name) for name in ("topic", "description", "shared_purpose")
    )
    return Wording(topic, description, purpose, language if translated.get("topic") else next(iter(conversation.languages), ""))


def shown_statements(conversation: Conversation) -> Mapping[int, ShownStatement]:
    """Return the statements open for votes by number, read once for every revision of the conversation."""
    version = conversation.revision, conversation.moderation_mode
    return _statements.get(conversation.pk, version, lambda: _read_statements(conversation))


def newest_findings(conversation: Conversation) -> Findings | None:
    """Return what the last analysis found, None before the first one; read once for every snapshot."""
    if not conversation.snapshot_number:
        return None
    return _findings.get(conversation.pk, conversation.snapshot_number, lambda: _read_snapshot(conversation, "findings"))


def newest_places(conversation: Conversation) -> bytes:
    """Return who stands where by the last analysis, packed; empty before the first one. Never to be sent to anybody."""
    if not conversation.snapshot_number:
        return b""
    return _places.get(conversation.pk, conversation.snapshot_number, lambda: bytes(_read_snapshot(conversation, "places") or b""))


def is_common_ground(findings: Findings | None, statement_id: int) -> bool:
    """Say whether a statement is among the common ground found last."""
    return any(one["statement"] == statement_id for one in (findings or {}).get("common_ground", ()))


def _read_statements(conversation: Conversation) -> Mapping[int, ShownStatement]:
    rows = (
        Statement.objects.filter(conversation=conversation)
        .order_by("pk")
        .values_list("pk", "label", "text", "language", "translations", "is_seed", "is_meta", "state")
    )
    return {row[0]: ShownStatement(*row[:-1]) for row in rows if is_shown(row[-1], conversation.moderation_mode)}


def _read_snapshot(conversation: Conversation, field: str) -> Any:
    found = Snapshot.objects.filter(conversation=conversation, number=conversation.snapshot_number)
    return found.values_list(field, flat=True).first()
