from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from klal.domain.records import Moderation, ModerationMode, Phase
from klal.domain.rules import STATEMENT_LENGTH, check_statement, is_shown, takes_votes
from klal.errors import EmptyStatementError, LongStatementError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("phase", "opens_at", "closes_at", "taken"),
    [
        (Phase.OPEN, None, None, True),
        (Phase.DRAFT, None, None, False),
        (Phase.CLOSED, None, None, False),
        (Phase.OPEN, NOW, NOW + HOUR, True),
        (Phase.OPEN, NOW + HOUR, None, False),
        (Phase.OPEN, None, NOW, False),
    ],
)
def test_votes_are_taken_while_open_and_within_the_schedule(
    phase: Phase, opens_at: datetime | None, closes_at: datetime | None, taken: bool
) -> None:
    assert takes_votes(phase, opens_at=opens_at, closes_at=closes_at, now=NOW) is taken


@pytest.mark.parametrize(
    ("state", "mode", "shown"),
    [
        (Moderation.ACCEPTED, ModerationMode.BEFORE, True),
        (Moderation.PENDING, ModerationMode.BEFORE, False),
        (Moderation.PENDING, ModerationMode.AFTER, True),
        (Moderation.REJECTED, ModerationMode.AFTER, False),
    ],
)
def test_a_statement_is_shown_as_the_mode_says(state: Moderation, mode: ModerationMode, shown: bool) -> None:
    assert is_shown(state, mode) is shown


def test_a_statement_has_words_and_room_for_one_idea() -> None:
    check_statement("א" * STATEMENT_LENGTH)
    with pytest.raises(EmptyStatementError):
        check_statement("?!")
    with pytest.raises(LongStatementError) as caught:
        check_statement("א" * (STATEMENT_LENGTH + 1))
    assert caught.value.facts == {"have": STATEMENT_LENGTH + 1, "need": STATEMENT_LENGTH}
