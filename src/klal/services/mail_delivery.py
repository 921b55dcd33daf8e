"""Send the mails that are queued: each by one process, tried again with growing pauses, given up when it is too old.

A mail is claimed by moving its date in one conditional update, so that of several processes one sends it. A process that dies between
the mail server's "taken" and our note of it leaves the claim to run out, and the mail is then sent a second time: rather that than never.
"""

from __future__ import annotations

import logging
import smtplib
import time
from datetime import datetime, timedelta

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from klal.store.models import Mail

_log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)
"""How long a mail belongs to the process that sends it: longer than any mail server may take for one."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
KEPT = timedelta(days=7)
"""How long it is remembered, without its text, that a mail was sent or given up."""
_AT_ONCE = 100
_ROUND_SECONDS = 60.0
_TOO_LONG = 500
_REFUSED_FOR_GOOD = 500


class _ServerAwayError(Exception):
    """The mail server cannot be used at all, whatever the mail."""


def deliver_due() -> None:
    """Send what is due, and forget what is over; safe in several processes at once."""
    _forget()
    due = list(_waiting().filter(due__lte=timezone.now()).order_by("due", "pk").values_list("pk", "due")[:_AT_ONCE])
    if not due:
        return
    sender, until = get_connection(), time.monotonic() + _ROUND_SECONDS
    try:
        for number, date in due:
            if time.monotonic() > until:
                break
            if mail := _claim(number, date):
                _deliver(sender, mail)
    except _ServerAwayError as error:
        _hold_back(error)
    finally:
        _close(sender)


def _waiting() -> QuerySet[Mail]:
    return Mail.objects.filter(sent=None, expires__gt=timezone.now())


def _forget() -> None:
    """Empty the mails that are too old to be sent, and remove those of long ago and those to nobody."""
    now = timezone.now()
    over = Mail.objects.filter(Q(sent__lt=now - KEPT) | Q(sent=None, expires__lt=now - KEPT) | Q(recipient="", expires__lte=now))
    if over.exists():
        over.delete()
    late = Mail.objects.filter(sent=None, expires__lte=now).exclude(text="")
    if given_up := late.exists() and late.update(text=""):
        _log.warning("%d mails were given up: they could not be sent while they were valid.", given_up)


def _claim(number: int, due: datetime) -> Mail | None:
    """Make a mail ours for a while; None if another process was quicker."""
    if not Mail.objects.filter(pk=number, sent=None, due=due).update(due=timezone.now() + CLAIM, tries=F("tries") + 1):
        return None
    return Mail.objects.filter(pk=number).first()


def _deliver(sender: BaseEmailBackend, mail: Mail) -> None:
    try:
        sender.open()
    except (OSError, smtplib.SMTPException) as error:
        _postpone(mail, error)
        raise _ServerAwayError(_said(error)) from error
    try:
        sender.send_messages([EmailMessage(mail.subject, mail.text, None, [mail.recipient], headers=mail.headers)])
    except (OSError, ValueError) as error:  # a mail that the server, or the form of mails, does not take; smtplib's errors are OSErrors
        if _is_final(error):
            _give_up(mail, error)
        else:
            _postpone(mail, error)
        _close(sender)
    else:
        Mail.objects.filter(pk=mail.pk).update(sent=timezone.now(), text="", error="")


def _is_final(error: Exception) -> bool:
    """Say whether trying again would not help: the server knows that there is no such inbox."""
    if not isinstance(error, smtplib.SMTPRecipientsRefused):
        return False
    return all(code >= _REFUSED_FOR_GOOD for code, _ in error.recipients.values())


def _postpone(mail: Mail, error: Exception) -> None:
    """Try again later; the pauses double, so that a server that comes back is found soon and one that stays away is left in peace."""
    Mail.objects.filter(pk=mail.pk).update(due=timezone.now() + _pause(mail.tries), error=_said(error))


def _pause(tries: int) -> timedelta:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(tries - 1, 10)
    return min(doubled, LONGEST_PAUSE)


def _give_up(mail: Mail, error: Exception) -> None:
    Mail.objects.filter(pk=mail.pk).update(expires=timezone.now(), text="", error=_said(error))
    _log.warning("Mail %d was given up: the mail server knows no such inbox.", mail.pk)


def _hold_back(error: _ServerAwayError) -> None:
    """Let everything that is due wait a little: the server is away for all mails alike, which is none of their tries."""
    now = timezone.now()
    waiting = _waiting().filter(due__lte=now).update(due=now + FIRST_PAUSE)
    _log.warning("The mail server cannot be used (%s); %d more mails wait.", error, waiting)


def _said(error: Exception) -> str:
    """Return in one line what went wrong; addresses that a server repeats are the mail's own and are in its row already."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_TOO_LONG]


def _close(sender: BaseEmailBackend) -> None:
    try:
        sender.close()
    except (OSError, smtplib.SMTPException):  # it has hung up before we did
        _log.debug("The mail server ended the connection.")
