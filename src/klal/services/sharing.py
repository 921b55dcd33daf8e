"""Share a conversation: its link, and named channels, each with a link of its own, so that turnout can be told apart."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, QuerySet

from klal.domain.address import address_of
from klal.domain.wording import as_statement
from klal.errors import BadRequestError
from klal.services.auditing import note_act
from klal.store.models import Channel, Conversation, Participant

MOST_CHANNELS = 50
NAME_LENGTH = 80
_CODE_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Way:
    """One way people come.

    Attributes
    ----------
    code : str
        What its link carries; empty for the plain link.
    name : str
        As the convenors call it.
    people : int
        Who came by it and took part.
    """

    code: str
    name: str
    people: int


def ways_of(conversation: Conversation) -> list[Way]:
    """Return the channels of a conversation, the oldest first, with how many came by each."""
    people = turnout_of(conversation)
    return [Way(one.code, one.name, people.get(one.code, 0)) for one in _channels(conversation)]


def others_of(conversation: Conversation, ways: Sequence[Way]) -> int:
    """Return how many came by none of these ways: by the plain link, or a channel that was removed."""
    return sum(turnout_of(conversation).values()) - sum(way.people for way in ways)


def turnout_of(conversation: Conversation) -> dict[str, int]:
    """Return how many participants came by each code; the plain link's is empty."""
    found = Participant.objects.filter(conversation=conversation).values_list("channel").annotate(people=Count("pk"))
    return dict(found.order_by())


def find_channel(conversation: Conversation, code: str) -> Channel | None:
    """Return a channel by the code of its link."""
    return Channel.objects.filter(conversation=conversation, code=code).first() if code else None


def add_channel(conversation: Conversation, account: User, name: str) -> Channel:
    """Add a channel; the same name twice is one channel.

    Raises
    ------
    BadRequestError
        If it has no name, or there are many already.
    """
    plain = _name(name)
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        there = list(_channels(held))
        same = next((one for one in there if one.name.casefold() == plain.casefold()), None)
        if same is not None:
            return same
        if len(there) >= MOST_CHANNELS:
            raise BadRequestError(found=f"{MOST_CHANNELS} +", needed=f"≤ {MOST_CHANNELS}")
        # the code of a channel that was removed may stand on posters still: it is not given again
        taken = {one.code for one in there} | set(turnout_of(held))
        channel = Channel.objects.create(conversation=held, code=_free_code(plain, taken), name=plain)
        note_act("channel_added", account, held, subject=f"channel:{channel.code}", channel=plain)
    return channel


def rename_channel(conversation: Conversation, account: User, code: str, name: str) -> None:
    """Give a channel another name; its link stays.

    Raises
    ------
    BadRequestError
        If it has no name.
    """
    plain = _name(name)
    with transaction.atomic():
        found = Channel.objects.select_for_update(no_key=True).filter(conversation=conversation, code=code).first()
        if found is None or found.name == plain:
            return
        note_act("channel_renamed", account, conversation, subject=f"channel:{code}", before=found.name, channel=plain)
        found.name = plain
        found.save(update_fields=["name"])


def remove_channel(conversation: Conversation, account: User, code: str) -> None:
    """Remove a channel: its link still opens the conversation, and who came by it is counted with the others."""
    with transaction.atomic():
        found = Channel.objects.filter(conversation=conversation, code=code).first()
        if found is not None:
            found.delete()
            note_act("channel_removed", account, conversation, subject=f"channel:{code}", channel=found.name)


def link_to(base: str, conversation: Conversation, code: str = "") -> str:
    """Return the link that is handed out.

    Parameters
    ----------
    base : str
        The server's address as people reach it, such as ``https://klal.example``.
    conversation : Conversation
        Which.
    code : str
        Of a channel; empty for the plain link.
    """
    return f"{base}/c/{conversation.slug}/" + (f"?from={quote(code)}" if code else "")


def _channels(conversation: Conversation) -> QuerySet[Channel]:
    return Channel.objects.filter(conversation=conversation).order_by("pk")


def _name(name: str) -> str:
    plain = as_statement(name)[:NAME_LENGTH].strip()
    if not plain:
        raise BadRequestError(found="-", needed="a name")
    return plain


def _free_code(name: str, taken: set[str]) -> str:
    made = address_of(name)[:_CODE_LENGTH].strip("-")
    while not made or made in taken:
        made = f"{made[:_CODE_LENGTH]}-{secrets.token_hex(2)}".strip("-")[:32]
    return made
