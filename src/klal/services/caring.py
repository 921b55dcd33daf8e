"""Care for a conversation: its words and rules edited, copied as a template, put away and taken out again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.language import available, get, printable
from klal.domain.records import Moderation, ModerationMode, Phase, Speakers, Voters
from klal.domain.wording import as_statement, written_in
from klal.errors import DeletionSetError, MomentOrderError, NoTopicError, SettingsChangedError
from klal.services.auditing import note_act
from klal.services.convening import make_owner
from klal.services.opening import chance_address
from klal.services.revising import mark_revised
from klal.services.schedule import ZONE, zone_name
from klal.store.models import Conversation, Statement

TOPIC_LENGTH, PURPOSE_LENGTH, DESCRIPTION_LENGTH = 300, 500, 5000
"""Most characters of the words a conversation introduces itself with."""

_COPIED = (
    "topic",
    "description",
    "shared_purpose",
    "texts",
    "languages",
    "voters",
    "speakers",
    "is_listed",
    "moderation_mode",
    "policy",
    "is_synthetic",
)
_SEED_COPIED = ("text", "language", "translations", "is_meta", "source")


@dataclass(frozen=True, slots=True)
class Words:
    """How a conversation introduces itself in one language.

    Attributes
    ----------
    topic, description, shared_purpose : str
        Empty where there is no translation.
    """

    topic: str = ""
    description: str = ""
    shared_purpose: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an owner edits.

    Attributes
    ----------
    words : mapping of str to Words
        By language, the main one among them.
    zone : str
        Name of the time zone its dates are meant in.
    opens_at, statements_until, closes_at : datetime or None
        Its schedule.
    voters : Voters
        Who may vote.
    speakers : Speakers
        Who may add statements.
    moderation_mode : ModerationMode
        When a participant's statement is shown.
    is_listed : bool
        Whether the first page names it.
    """

    words: Mapping[str, Words]
    zone: str
    opens_at: datetime | None
    statements_until: datetime | None
    closes_at: datetime | None
    voters: Voters
    speakers: Speakers
    moderation_mode: ModerationMode
    is_listed: bool


def main_code(conversation: Conversation) -> str:
    """Return the language a conversation's own words are in."""
    found = next(iter(conversation.languages), "") or written_in(conversation.topic, [get(code) for code in available()])
    return found if found in available() else "en"


def settings_of(conversation: Conversation) -> Settings:
    """Return what an owner edits, as it stands."""
    main = main_code(conversation)
    words = {code: _translated(conversation, code) for code in available() if code != main}
    return Settings(
        words={main: Words(conversation.topic, conversation.description, conversation.shared_purpose), **words},
        zone=zone_name(conversation),
        opens_at=conversation.opens_at,
        statements_until=conversation.statements_until,
        closes_at=conversation.closes_at,
        voters=Voters(conversation.voters),
        speakers=Speakers(conversation.speakers),
        moderation_mode=ModerationMode(conversation.moderation_mode),
        is_listed=conversation.is_listed,
    )


def version_of(conversation: Conversation) -> str:
    """Return a mark that changes with the settings and with nothing else: statements and votes come all the time."""
    text = json.dumps(asdict(settings_of(conversation)), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def edit_settings(conversation: Conversation, new: Settings, version: str, account: User | None) -> None:
    """Edit a conversation's words and rules; to the same ones changes nothing.

    Parameters
    ----------
    conversation : Conversation
        Which.
    new : Settings
        As typed.
    version : str
        What ``version_of`` said when the form was shown.
    account : User or None
        Who edits.

    Raises
    ------
    SettingsChangedError
        If somebody else has edited them since.
    NoTopicError
        If there would be no question in the main language.
    MomentOrderError
        If it would close before it opens.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if version_of(held) != version:
            raise SettingsChangedError
        before = asdict(settings_of(held))
        _check_order(new)
        _take_over(held, new)
        after = asdict(settings_of(held))
        changed = sorted(name for name in after if after[name] != before[name])
        if not changed:
            return
        held.save()
        mark_revised(held.pk)
        note_act("settings_edited", account, held, fields=", ".join(changed))


def clone(conversation: Conversation, account: User) -> Conversation:
    """Make a new draft of a conversation's words, rules and seed statements; no dates, no votes, nobody who took part.

    Parameters
    ----------
    conversation : Conversation
        The template.
    account : User
        Who will own the new one.
    """
    with transaction.atomic():
        slug = chance_address()
        made = Conversation.objects.create(
            slug=slug,
            source=slug,
            phase=Phase.DRAFT.value,
            settings={ZONE: zone_name(conversation)},
            **{name: getattr(conversation, name) for name in _COPIED},
        )
        seeds = conversation.statements.filter(is_seed=True).exclude(state=Moderation.REJECTED.value).order_by("pk")
        rows = [
            Statement(
                conversation=made,
                label=str(number),
                is_seed=True,
                state=Moderation.ACCEPTED.value,
                **{name: getattr(one, name) for name in _SEED_COPIED},
            )
            for number, one in enumerate(seeds)
        ]
        Statement.objects.bulk_create(rows)
        Conversation.objects.filter(pk=made.pk).update(next_statement=len(rows), changes=len(rows))
        make_owner(account, made)
        note_act("cloned", account, made, template=conversation.slug)
    return Conversation.objects.get(pk=made.pk)


def archive(conversation: Conversation, account: User | None) -> None:
    """Put a conversation away: out of the lists, and closed; who has its link can still read it. Twice changes nothing."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if held.deletes_at is not None:
            raise DeletionSetError
        if held.archived is not None:
            return
        held.archived = timezone.now()
        if held.phase != Phase.DRAFT.value:
            held.phase = Phase.CLOSED.value
        held.save(update_fields=["archived", "phase"])
        mark_revised(held.pk)
        note_act("archived", account, held)


def unarchive(conversation: Conversation, account: User | None) -> None:
    """Take a conversation out again; it stays closed until somebody opens it."""
    with transaction.atomic():
        if Conversation.objects.filter(pk=conversation.pk, archived__isnull=False).update(archived=None):
            mark_revised(conversation.pk)
            note_act("unarchived", account, conversation)


def _translated(conversation: Conversation, code: str) -> Words:
    found = conversation.texts.get(code, {})
    return Words(*(str(found.get(name, "")) for name in ("topic", "description", "shared_purpose")))


def _clean(words: Words) -> Words:
    return Words(
        as_statement(words.topic)[:TOPIC_LENGTH],
        printable(words.description).replace("\r\n", "\n")[:DESCRIPTION_LENGTH],
        as_statement(words.shared_purpose)[:PURPOSE_LENGTH],
    )


def _check_order(new: Settings) -> None:
    """Refuse a schedule that runs backwards."""
    given = [one for one in (new.opens_at, new.statements_until, new.closes_at) if one is not None]
    for earlier, later in pairwise(given):
        if later <= earlier:
            zone = ZoneInfo(new.zone)
            raise MomentOrderError(earlier=f"{earlier.astimezone(zone):%Y-%m-%d %H:%M}", later=f"{later.astimezone(zone):%Y-%m-%d %H:%M}")


def _take_over(held: Conversation, new: Settings) -> None:
    main = main_code(held)
    words = {code: _clean(one) for code, one in new.words.items()}
    own = words[main]
    if not own.topic:
        raise NoTopicError
    held.topic, held.description, held.shared_purpose = own.topic, own.description, own.shared_purpose
    others = {code: {name: text for name, text in asdict(one).items() if text} for code, one in words.items() if code != main}
    kept = {code: texts for code, texts in held.texts.items() if code not in words}
    held.texts = kept | {code: texts for code, texts in others.items() if texts}
    held.languages = list(dict.fromkeys([*(held.languages or [main]), *(code for code in others if words[code].topic)]))
    held.settings = held.settings | {ZONE: new.zone}
    held.opens_at, held.statements_until, held.closes_at = new.opens_at, new.statements_until, new.closes_at
    held.voters, held.speakers = new.voters.value, new.speakers.value
    held.moderation_mode, held.is_listed = new.moderation_mode.value, new.is_listed
