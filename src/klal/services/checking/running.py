"""Whether what should be done is being done: analysis, mail, and somebody who can convene."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import F, Max
from django.utils import timezone

from klal.services.checking.finding import Finding, doubtful, fine, wrong
from klal.services.checking.settings import is_public
from klal.services.demo_convenor import NAME as DEMO
from klal.store.configuration import Configuration
from klal.store.models import Conversation, Mail, Snapshot, VoteEvent

PATIENCE = timedelta(minutes=2)
"""That a vote may wait for the analysis before somebody should look."""
LATE = timedelta(minutes=10)
"""After which a mail that could not be sent is told of."""


def running(found: Configuration) -> Iterator[Finding]:
    """Yield what the tables tell of the processes and of the accounts."""
    yield from _analysis()
    yield from _mails()
    yield from _accounts(found)


def _analysis() -> Iterator[Finding]:
    waiting = Conversation.objects.filter(changes__gt=F("analysed_changes")).count()
    newest = VoteEvent.objects.order_by("-pk").values_list("time", flat=True).first()
    last_vote = datetime.fromtimestamp((newest or 0) / 1000, UTC)
    made = Snapshot.objects.aggregate(at=Max("made"))["at"]
    now = timezone.now()
    is_late = now - last_vote > PATIENCE and (made is None or now - made > PATIENCE)
    if waiting and is_late:
        yield doubtful("analysis_late", count=waiting)
    else:
        yield fine("analysis_fine", count=waiting)


def _mails() -> Iterator[Finding]:
    now = timezone.now()
    late = Mail.objects.filter(sent=None, expires__gt=now, made__lt=now - LATE)
    if count := late.count():
        yield wrong("mails_late", count=count, error=late.order_by("-tries").values_list("error", flat=True).first() or "-")
    lost = Mail.objects.filter(sent=None, expires__lte=now).exclude(recipient="").count()
    if lost:
        yield doubtful("mails_lost", count=lost)


def _accounts(found: Configuration) -> Iterator[Finding]:
    accounts = User.objects.filter(is_active=True)
    if not accounts.exists():
        yield doubtful("account_none")
    elif not accounts.filter(is_superuser=True).exists():
        yield doubtful("account_host_none")
    else:
        yield fine("accounts_fine", count=accounts.count())
    if is_public(found) and accounts.filter(username=DEMO).exists():
        yield wrong("account_demo", name=DEMO)
