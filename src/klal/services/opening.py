"""Open a conversation: put a question to people."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from klal.domain.address import address_of, is_address
from klal.domain.language import Language, available, get
from klal.domain.records import Moderation, ModerationMode, Seed
from klal.domain.rules import check_statement
from klal.domain.wording import as_statement, fingerprint, written_in
from klal.errors import BadOptionError, ConversationExistsError, RepeatedStatementError
from klal.store.models import Conversation, Statement


def open_conversation(  # noqa: PLR0913 - one argument for each thing a convenor decides
    topic: str,
    *,
    slug: str | None = None,
    description: str = "",
    shared_purpose: str = "",
    languages: Sequence[str] = (),
    moderation_mode: ModerationMode = ModerationMode.AFTER,
    seeds: Sequence[Seed | str] = (),
) -> Conversation:
    """Open a conversation, with its seed statements or not at all.

    Parameters
    ----------
    topic : str
        The question.
    slug : str, optional
        Its address; made from the topic if left out, and of chance where the topic has no Latin letters or its address is taken.
    description, shared_purpose : str
        What it is about; what those who take part want to bring about together.
    languages : sequence of str
        Codes of the languages it is held in, first the main one; told from the topic's writing if left out.
    moderation_mode : ModerationMode
        When a participant's statement is shown.
    seeds : sequence of Seed or str
        Statements to begin with, accepted.

    Returns
    -------
    Conversation
        As stored.

    Raises
    ------
    BadOptionError
        If the topic is empty, the address cannot be one, or klal does not speak a language.
    ConversationExistsError
        If the address is taken.
    EmptyStatementError, LongStatementError, RepeatedStatementError
        If a seed cannot be a statement.
    """
    topic = as_statement(topic)
    if not topic:
        raise BadOptionError(option="TOPIC", found="nothing", needed="a question to talk about")
    spoken = [get(code) for code in dict.fromkeys(languages)] or _told_from(topic)
    rows = _statements(seeds, spoken)
    with transaction.atomic():
        row = create_row(
            slug or address_for(topic),
            topic=topic,
            description=description.strip(),
            shared_purpose=shared_purpose.strip(),
            languages=[one.code for one in spoken],
            moderation_mode=moderation_mode.value,
            next_statement=len(rows),
            changes=len(rows),
        )
        for number, one in enumerate(rows):
            one.conversation, one.label = row, str(number)
        Statement.objects.bulk_create(rows)
    return row


def check_address(slug: str) -> None:
    """Refuse what cannot be the address of a conversation.

    Raises
    ------
    BadOptionError
        With what it needs to be.
    """
    if not is_address(slug):
        raise BadOptionError(
            option="--slug", found=slug, needed="at most 64 small Latin letters and digits, with single dashes between them"
        )


def chance_address() -> str:
    """Return an address that says nothing."""
    return f"c-{secrets.token_hex(3)}"


def address_for(topic: str) -> str:
    """Return a free address made from a topic, or of chance."""
    made = address_of(topic) or chance_address()
    return f"{made}-{secrets.token_hex(3)}" if Conversation.objects.filter(slug=made).exists() else made


def create_row(slug: str, **values: object) -> Conversation:
    """Store a new conversation.

    Raises
    ------
    BadOptionError
        If the address cannot be one.
    ConversationExistsError
        If it is taken.
    """
    check_address(slug)
    try:
        with transaction.atomic():
            # the address is also the name of its source, so that an export says where it is from
            return Conversation.objects.create(slug=slug, source=slug, **values)
    except IntegrityError as error:
        raise ConversationExistsError(slug=slug) from error


def move_address(conversation: Conversation, slug: str) -> None:
    """Give a conversation that nobody has been told of another address.

    Raises
    ------
    BadOptionError, ConversationExistsError
        As of `create_row`.
    """
    check_address(slug)
    source = slug if conversation.source == conversation.slug else conversation.source
    try:
        with transaction.atomic():
            Conversation.objects.filter(pk=conversation.pk).update(slug=slug, source=source)
    except IntegrityError as error:
        raise ConversationExistsError(slug=slug) from error
    conversation.slug, conversation.source = slug, source


def _told_from(topic: str) -> list[Language]:
    code = written_in(topic, [get(code) for code in available()])
    return [get(code)] if code else []


def _statements(seeds: Sequence[Seed | str], spoken: Sequence[Language]) -> list[Statement]:
    rows: list[Statement] = []
    seen = set[str]()
    for seed in seeds:
        one = Seed(seed) if isinstance(seed, str) else seed
        texts = {code: as_statement(text) for code, text in one.translations.items()}
        text = as_statement(one.text)
        for each in (text, *texts.values()):
            check_statement(each)
        if fingerprint(text) in seen:
            raise RepeatedStatementError(text=text)
        seen.add(fingerprint(text))
        language = one.language or written_in(text, spoken)
        rows.append(Statement(text=text, language=language, translations=texts, is_seed=True, state=Moderation.ACCEPTED.value))
    return rows
