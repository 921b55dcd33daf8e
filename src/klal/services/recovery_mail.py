"""Keep who one is by mail: a link that lets another device in, valid for a day."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from klal.domain.identity import Identity
from klal.domain.language import Language, Phrase
from klal.errors import BadMailAddressError, BadMailLinkError, TooManyError
from klal.services.joining import find_or_join
from klal.services.mailing import post
from klal.services.taking_part import wording
from klal.store.models import Conversation, Participant
from klal.store.opening import configuration

_SALT = "klal.recovery-link"
VALID = timedelta(days=1)
_PAUSE = timedelta(minutes=2)
_MOST_AN_HOUR = 5
"""To one address, whoever asks: nobody's inbox is filled from here."""
_sent: dict[str, list[float]] = {}
_counting = threading.Lock()


def send_link(conversation: Conversation, identity: Identity, address: str, language: Language) -> None:
    """Send a link to an address; it becomes the participant's own when the link is used, so that nobody can leave a stranger's.

    Parameters
    ----------
    conversation : Conversation
        Which.
    identity : Identity
        Whose browser; a participant is made of it if it is new.
    address : str
        Mail address, as typed.
    language : Language
        Of the mail.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    TooManyError
        If a link was sent a moment ago.
    """
    checked = _checked(address)
    with transaction.atomic():
        participant = find_or_join(conversation, identity)
        if _is_recent(participant) or _is_flooded(checked):
            raise TooManyError(seconds=int(_PAUSE.total_seconds()))
        participant.mailed = timezone.now()
        participant.save(update_fields=["mailed"])
        _send(conversation, participant, checked, language)


def send_link_again(conversation: Conversation, address: str, language: Language) -> None:
    """Send a link to whoever has used one at this address before; the asker is not told whether there is anybody.

    Nor does the time of the answer tell: where there is nobody, as much is written, to nobody, and never sent.

    Parameters
    ----------
    conversation : Conversation
        Which.
    address : str
        Mail address, as typed.
    language : Language
        Of the mail.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    """
    checked = _checked(address)
    with transaction.atomic():
        found = conversation.participants.filter(email__iexact=checked, key__isnull=False).order_by("-pk").first()
        is_sent = found is not None and not _is_flooded(checked)
        who = found if found is not None and is_sent else Participant(pk=0)
        Participant.objects.filter(pk=who.pk).update(mailed=timezone.now())
        _send(conversation, who, who.email, language)


def check_link(conversation: Conversation, token: str) -> None:
    """Refuse a link that opens nothing; changes nothing, for programs follow links too.

    Raises
    ------
    BadMailLinkError
        As ``recover_by_link``.
    """
    _read(conversation, token)


def recover_by_link(conversation: Conversation, token: str) -> Identity:
    """Return who a link belongs to, and keep the address it was sent to as theirs.

    Parameters
    ----------
    conversation : Conversation
        Which.
    token : str
        As in the link.

    Raises
    ------
    BadMailLinkError
        If it was not sent for this conversation, is older than a day, or was revoked since.
    """
    found, key, address = _read(conversation, token)
    if found.email != address:
        found.email = address
        found.save(update_fields=["email"])
    return Identity(key, found.epoch)


def _read(conversation: Conversation, token: str) -> tuple[Participant, str, str]:
    try:
        number, epoch, address = signing.loads(token, salt=_SALT, max_age=VALID)
    except (signing.BadSignature, ValueError) as error:
        raise BadMailLinkError from error
    found = Participant.objects.filter(pk=number, conversation=conversation, epoch=epoch).first()
    if found is None or found.key is None:
        raise BadMailLinkError
    return found, found.key, address


def _checked(address: str) -> str:
    plain = address.strip()
    try:
        validate_email(plain)
    except ValidationError as error:
        raise BadMailAddressError(found=plain[:80]) from error
    return plain


def _is_flooded(address: str) -> bool:
    return _sent_within(address, _PAUSE) > 0 or _sent_within(address, timedelta(hours=1)) >= _MOST_AN_HOUR


def _is_recent(participant: Participant) -> bool:
    """Say whether a link was sent for somebody a moment ago, to whatever address: nobody writes to one stranger after the other."""
    now = timezone.now()
    return participant.mailed is not None and now - _PAUSE < participant.mailed <= now


def _count(address: str) -> None:
    """Note that a mail goes out; addresses that nobody has confirmed are not stored, so this is remembered for an hour only."""
    hour_ago = time.monotonic() - 3600
    with _counting:
        for one in [one for one, times in _sent.items() if times[-1] < hour_ago]:
            del _sent[one]
        _sent.setdefault(address.lower(), []).append(time.monotonic())


def _sent_within(address: str, span: timedelta) -> int:
    since = time.monotonic() - span.total_seconds()
    with _counting:
        return sum(at > since for at in _sent.get(address.lower(), ()))


def _send(conversation: Conversation, participant: Participant, address: str, language: Language) -> None:
    """Queue a link; to nobody if there is no address."""
    token = signing.dumps([participant.pk, participant.epoch, address], salt=_SALT)
    link = f"{configuration().url}/c/{conversation.slug}/recover/link/?token={token}"
    topic = wording(conversation, language.code).topic
    if address:
        _count(address)
    post(
        address,
        language.text("mail.recovery_subject", topic=" ".join(topic.split())[:120]),
        language.text("mail.recovery_body", topic=topic, link=Phrase(link)),
        valid=VALID if address else timedelta(0),
    )
