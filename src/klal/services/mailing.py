"""Post mail: stored in the transaction that causes it, sent afterwards by `klal.worker.chores`, so that no page waits for a mail server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from klal.store.models import Mail

VALID = timedelta(days=1)


def post(recipient: str, subject: str, text: str, *, headers: Mapping[str, str] | None = None, valid: timedelta = VALID) -> Mail:
    """Put a mail into the queue.

    Parameters
    ----------
    recipient : str
        Mail address, checked.
    subject, text : str
        In the reader's language; line breaks in the subject become blanks.
    headers : mapping of str to str, optional
        Further ones, such as ``List-Unsubscribe``.
    valid : timedelta
        How long it is worth sending.
    """
    now = timezone.now()
    return Mail.objects.create(
        recipient=recipient,
        subject=" ".join(subject.split()),
        text=text,
        headers=dict(headers or {}),
        made=now,
        due=now,
        expires=now + valid,
    )
