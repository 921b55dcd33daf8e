"""When a conversation takes votes and statements, which statements are shown, and what can be a statement."""

from __future__ import annotations

from datetime import datetime

from klal.domain.records import Moderation, ModerationMode, Phase, Speakers
from klal.domain.wording import fingerprint
from klal.errors import EmptyStatementError, LongStatementError

STATEMENT_LENGTH = 280
"""Most characters of a participant's statement: room for one idea, not for two."""


def takes_votes(phase: Phase | str, *, opens_at: datetime | None, closes_at: datetime | None, now: datetime) -> bool:
    """Say whether a conversation takes votes.

    Parameters
    ----------
    phase : Phase or str
        What its convenor set.
    opens_at, closes_at : datetime or None
        Its schedule; closed from ``closes_at`` on.
    now : datetime
        With a time zone.
    """
    started = opens_at is None or opens_at <= now
    ended = closes_at is not None and closes_at <= now
    return phase in {Phase.OPEN.value, Phase.VOTING.value} and started and not ended


def takes_statements(
    phase: Phase | str,
    speakers: Speakers | str,
    *,
    opens_at: datetime | None,
    statements_until: datetime | None,
    closes_at: datetime | None,
    now: datetime,
) -> bool:
    """Say whether a conversation takes statements of those who take part.

    Parameters
    ----------
    phase : Phase or str
        What its convenor set.
    speakers : Speakers or str
        Who may speak.
    opens_at, statements_until, closes_at : datetime or None
        Its schedule; it takes votes only from ``statements_until`` on.
    now : datetime
        With a time zone.
    """
    heard = speakers == Speakers.ANYONE.value and phase == Phase.OPEN.value
    in_time = statements_until is None or now < statements_until
    return heard and in_time and takes_votes(phase, opens_at=opens_at, closes_at=closes_at, now=now)


def is_shown(state: Moderation | str, mode: ModerationMode | str) -> bool:
    """Say whether a statement is shown and open for votes.

    Parameters
    ----------
    state : Moderation or str
        Of the statement; a withdrawn one is rejected.
    mode : ModerationMode or str
        Of its conversation.
    """
    if state == Moderation.PENDING.value:
        return mode == ModerationMode.AFTER.value
    return state == Moderation.ACCEPTED.value


def check_statement(text: str) -> None:
    """Refuse what cannot be a statement.

    Parameters
    ----------
    text : str
        As `klal.domain.wording.as_statement` returns it.

    Raises
    ------
    EmptyStatementError, LongStatementError
        If there are no letters in it, or too many.
    """
    if not fingerprint(text):
        raise EmptyStatementError
    if len(text) > STATEMENT_LENGTH:
        raise LongStatementError(have=len(text), need=STATEMENT_LENGTH)
