"""Create a conversation step by step: a draft from the first step on, which nobody but its convenors sees until it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.language import available, printable
from klal.domain.records import ModerationMode, Phase, Speakers, Voters
from klal.domain.wording import as_statement
from klal.errors import AlreadyOpenError, NoTopicError
from klal.services.auditing import note_act
from klal.services.convening import make_owner
from klal.services.opening import address_for, create_row, move_address
from klal.services.revising import mark_revised
from klal.services.schedule import ZONE
from klal.store.models import Conversation

FIELDS = ("topic", "description", "shared_purpose")
"""What a conversation says of itself in each language."""

LONGEST = {"topic": 200, "description": 4000, "shared_purpose": 500}
"""Characters of each."""

_FORM = "form"
"""Where ``Conversation.settings`` keeps which form it was begun with."""


@dataclass(frozen=True, slots=True)
class Words:
    """How a conversation introduces itself.

    Attributes
    ----------
    languages : tuple of str
        Codes of the languages it is held in, the convenor's own first.
    texts : mapping of str to mapping
        ``{language: {field: text}}`` as typed.
    slug : str
        The address wished for; empty to have one made.
    """

    languages: tuple[str, ...]
    texts: Mapping[str, Mapping[str, str]]
    slug: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """Who may do what, and when.

    Attributes
    ----------
    voters, speakers, moderation_mode
        Who may vote, who may add statements, and when these are shown.
    is_listed : bool
        Whether the first page names it.
    zone : str
        The time zone the dates were given in.
    opens_at, statements_until, closes_at : datetime or None
        Its schedule.
    """

    voters: Voters = Voters.ANYONE
    speakers: Speakers = Speakers.ANYONE
    moderation_mode: ModerationMode = ModerationMode.AFTER
    is_listed: bool = True
    zone: str = "UTC"
    opens_at: datetime | None = None
    statements_until: datetime | None = None
    closes_at: datetime | None = None


def start_draft(account: User, words: Words, form: str) -> Conversation:
    """Begin a conversation.

    Parameters
    ----------
    account : User
        Who opens it; becomes its owner.
    words : Words
        As typed.
    form : str
        Of chance, from the form: sent twice, by a thumb that shook or by "back", it is one conversation.

    Raises
    ------
    NoTopicError
        If no language has a question.
    BadOptionError, ConversationExistsError
        If the address wished for cannot be one, or is taken.
    """
    main = _main(words)
    with transaction.atomic():
        begun = Conversation.objects.filter(phase=Phase.DRAFT.value, memberships__account=account)
        again = begun.filter(**{f"settings__{_FORM}": form}).first() if form else None
        if again is not None:
            return change_words(again, account, words)
        slug = words.slug or address_for(words.texts[main]["topic"])
        row = create_row(slug, phase=Phase.DRAFT.value, settings={_FORM: form}, **_values(words, main))
        make_owner(account, row)
        note_act("created", account, row)
    return row


def change_words(conversation: Conversation, account: User, words: Words) -> Conversation:
    """Change a draft's words and address.

    Raises
    ------
    NoTopicError, BadOptionError, ConversationExistsError
        As of `start_draft`.
    AlreadyOpenError
        If it is no draft any more.
    """
    values = _values(words, _main(words))
    with transaction.atomic():
        held = _draft(conversation)
        if words.slug and words.slug != held.slug:
            move_address(held, words.slug)
        _save(held, values)
        note_act("words_changed", account, held)
    return held


def set_rules(conversation: Conversation, account: User, rules: Rules) -> Conversation:
    """Set a draft's rules and dates; who reads the dates checks them.

    Raises
    ------
    AlreadyOpenError
        If it is no draft any more.
    """
    values = {
        "voters": rules.voters.value,
        "speakers": rules.speakers.value,
        "moderation_mode": rules.moderation_mode.value,
        "is_listed": rules.is_listed,
        "opens_at": rules.opens_at,
        "statements_until": rules.statements_until,
        "closes_at": rules.closes_at,
    }
    with transaction.atomic():
        held = _draft(conversation)
        _save(held, {**values, "settings": {**held.settings, ZONE: rules.zone}})
        note_act("rules_set", account, held)
    return held


def open_draft(conversation: Conversation, account: User, *, at_once: bool) -> Conversation:
    """Open a draft; opened a second time it stays as it is.

    Parameters
    ----------
    conversation : Conversation
        A draft.
    account : User
        Who opens it.
    at_once : bool
        Whether now, whatever date was set; else on its date.

    Raises
    ------
    NoTopicError
        If it has no question yet.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        if held.phase != Phase.DRAFT.value:
            return held
        if not held.topic:
            raise NoTopicError
        now = timezone.now()
        later = held.opens_at if held.opens_at and held.opens_at > now and not at_once else None
        # dates that passed while it was a draft would close it the moment it opens
        ends = {name: at for name in ("statements_until", "closes_at") if (at := getattr(held, name)) is None or at > now}
        _save(held, {"phase": Phase.OPEN.value, "opens_at": later, "statements_until": None, "closes_at": None, **ends})
        note_act("opened", account, held, day=f"{later or now:%Y-%m-%d %H:%M} UTC")
    return held


def words_of(conversation: Conversation) -> dict[str, dict[str, str]]:
    """Return the words of a conversation by language: ``{language: {field: text}}``."""
    main = next(iter(conversation.languages), "en")
    return {**conversation.texts, main: {name: getattr(conversation, name) for name in FIELDS}}


def _main(words: Words) -> str:
    """Return the first language with a question."""
    for code in words.languages:
        if as_statement(words.texts.get(code, {}).get("topic", "")):
            return code
    raise NoTopicError


def _values(words: Words, main: str) -> dict[str, object]:
    languages = [main, *(code for code in words.languages if code != main and code in available())]
    texts = {code: _cleaned(words.texts.get(code, {})) for code in languages}
    others: Mapping[str, Mapping[str, str]] = {code: text for code, text in texts.items() if code != main and any(text.values())}
    return {**texts[main], "languages": languages, "texts": others}


def _cleaned(texts: Mapping[str, str]) -> dict[str, str]:
    topic = as_statement(texts.get("topic", ""))
    return {"topic": topic, **{name: printable(texts.get(name, "")) for name in FIELDS[1:]}}


def _draft(conversation: Conversation) -> Conversation:
    held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
    if held.phase != Phase.DRAFT.value:
        raise AlreadyOpenError
    return held


def _save(held: Conversation, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        setattr(held, name, value)
    held.save(update_fields=list(values))
    mark_revised(held.pk)
