"""News of a conversation by mail: asked for, confirmed by a mailed link, left again with one click; tied to no participant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.contrib.auth.models import User
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from klal.domain.language import Language, Phrase, available, get, printable
from klal.domain.wording import as_statement
from klal.errors import BadMailAddressError, BadMailLinkError, EmptyLetterError
from klal.services.auditing import note_act
from klal.services.caring import main_code
from klal.services.mailing import post
from klal.services.taking_part import wording
from klal.store.models import Conversation, Mail, News, Subscription
from klal.store.opening import configuration

SUBJECT_LENGTH, TEXT_LENGTH = 200, 10_000
VALID = timedelta(days=3)
"""A link to confirm an address."""

LETTER_VALID = timedelta(days=3)
_ASK_SALT, _OUT_SALT = "klal.news-confirm", "klal.news-out"
_MOST_AN_HOUR = 5
"""Mails to one address, whoever asks: nobody's inbox is filled from here."""
_BATCH = 200
_AGAIN = timedelta(hours=1)


def ask_for_news(conversation: Conversation, address: str, language: Language) -> None:
    """Send a link that confirms an address; nothing of it is stored until then, and the asker is not told whether it is known.

    Parameters
    ----------
    conversation : Conversation
        Of which.
    address : str
        Mail address, as typed.
    language : Language
        Of this mail and of the letters.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    """
    email = _checked(address)
    if _is_flooded(email) or conversation.subscriptions.filter(email=email, confirmed__isnull=False).exists():
        return
    token = signing.dumps([conversation.pk, email, language.code], salt=_ASK_SALT)
    topic = wording(conversation, language.code).topic
    link = Phrase(f"{configuration().url}/c/{conversation.slug}/news/confirm/?token={token}")
    post(
        email,
        language.text("mail.news_confirm_subject", topic=topic[:120]),
        language.text("mail.news_confirm", topic=topic, link=link),
        valid=VALID,
    )


def check_confirmation(conversation: Conversation, token: str) -> str:
    """Return the address a link confirms; changes nothing, for programs follow links too.

    Raises
    ------
    BadMailLinkError
        If it was not sent for this conversation, or is old.
    """
    return _read(conversation, token)[0]


def confirm_news(conversation: Conversation, token: str) -> None:
    """Send news to an address from now on; twice changes nothing.

    Raises
    ------
    BadMailLinkError
        As ``check_confirmation``.
    """
    email, code = _read(conversation, token)
    Subscription.objects.update_or_create(conversation=conversation, email=email, defaults={"language": code, "confirmed": timezone.now()})


def leave_news(token: str) -> None:
    """Send no more news to whom a link was sent; twice changes nothing.

    Raises
    ------
    BadMailLinkError
        If it is no link of ours.
    """
    number, email = read_way_out(token)
    Subscription.objects.filter(conversation_id=number, email=email).delete()


def read_way_out(token: str) -> tuple[int, str]:
    """Return the conversation's number and the address that a link takes out; it stays valid for ever."""
    try:
        number, email = signing.loads(token, salt=_OUT_SALT)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadMailLinkError from error
    return int(number), str(email)


def letter_of(subject: Mapping[str, str], text: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return a letter as it is sent: only the languages that have subject and text.

    Raises
    ------
    EmptyLetterError
        If no language has both, or one has half of it.
    """
    subjects = {code: as_statement(subject.get(code, ""))[:SUBJECT_LENGTH] for code in available()}
    texts = {code: printable(text.get(code, "")).replace("\r\n", "\n")[:TEXT_LENGTH] for code in available()}
    whole = [code for code in available() if subjects[code] and texts[code]]
    if not whole or any(bool(subjects[code]) is not bool(texts[code]) for code in available()):
        raise EmptyLetterError
    return {code: subjects[code] for code in whole}, {code: texts[code] for code in whole}


def try_letter(conversation: Conversation, subject: Mapping[str, str], text: Mapping[str, str], account: User) -> None:
    """Send a letter to who writes it, in every language it has; the way out in it leads out of nothing."""
    if not account.email:
        raise BadMailAddressError(found="-")
    subjects, texts = letter_of(subject, text)
    with transaction.atomic():
        for code in subjects:
            _post(conversation, account.email, get(code), subjects[code], texts[code])


def send_letter(conversation: Conversation, subject: Mapping[str, str], text: Mapping[str, str], account: User | None) -> News:
    """Have a letter sent to everybody who confirmed; it is posted by ``post_letters``, so that the page does not wait.

    The same letter again, by a thumb that shook or by "back", is not sent a second time.
    """
    subjects, texts = letter_of(subject, text)
    with transaction.atomic():
        # of two that come at once the second one waits here and finds the first
        Conversation.objects.select_for_update(no_key=True).only("pk").get(pk=conversation.pk)
        for earlier in News.objects.filter(conversation=conversation, made__gt=timezone.now() - _AGAIN).order_by("-pk"):
            if (earlier.subject, earlier.text) == (subjects, texts):
                return earlier
        letter = News.objects.create(conversation=conversation, account=account, subject=subjects, text=texts)
        note_act("letter_sent", account, conversation, title=subjects.get(main_code(conversation), next(iter(subjects.values()))))
    return letter


def post_letters() -> None:
    """Post the next mails of letters that have not gone to everybody: a chore, safe in several processes at once."""
    for letter in News.objects.filter(posted=None).select_related("conversation").order_by("pk"):
        _post_some(letter)


def _post_some(letter: News) -> None:
    """Post a letter to the next subscribers, each exactly once: how far it has come is stored with the mails."""
    conversation = letter.conversation
    readers = conversation.subscriptions.filter(confirmed__lte=letter.made, pk__gt=letter.reached).order_by("pk")
    with transaction.atomic():
        batch = [] if conversation.deletes_at else list(readers[:_BATCH])
        held = News.objects.filter(pk=letter.pk, reached=letter.reached, posted=None)
        if not batch:
            held.update(posted=timezone.now())
        elif held.update(reached=batch[-1].pk, recipients=F("recipients") + len(batch)):
            for one in batch:
                code = one.language if one.language in letter.subject else main_code(conversation)
                code = code if code in letter.subject else next(iter(letter.subject))
                _post(conversation, one.email, get(code), letter.subject[code], letter.text[code])


def _post(conversation: Conversation, email: str, language: Language, subject: str, text: str) -> None:
    address = f"{configuration().url}/c/{conversation.slug}/news/out/?token={signing.dumps([conversation.pk, email], salt=_OUT_SALT)}"
    topic = wording(conversation, language.code).topic
    foot = language.text("mail.news_foot", topic=topic, link=Phrase(address))
    post(
        email,
        subject,
        f"{text}\n\n-- \n{foot}",
        headers={"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        valid=LETTER_VALID,
    )


def _read(conversation: Conversation, token: str) -> tuple[str, str]:
    try:
        number, email, code = signing.loads(token, salt=_ASK_SALT, max_age=VALID)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadMailLinkError from error
    if number != conversation.pk:
        raise BadMailLinkError
    return str(email), str(code)


def _checked(address: str) -> str:
    """Return a mail address in the one form it is stored in: what stands behind the @ has no case."""
    plain = address.strip()
    try:
        validate_email(plain)
    except ValidationError as error:
        raise BadMailAddressError(found=plain[:80]) from error
    name, _, domain = plain.rpartition("@")
    return f"{name}@{domain.lower()}"


def _is_flooded(email: str) -> bool:
    since = timezone.now() - timedelta(hours=1)
    return Mail.objects.filter(recipient__iexact=email, made__gt=since).count() >= _MOST_AN_HOUR
