from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from klal.core.votes import AGREE, DISAGREE, PASS
from klal.io.vote_values import TimeKind, is_time, milliseconds, moment, time_kind, vote_code, vote_codes


@pytest.mark.parametrize(
    ("text", "code"), [("1", AGREE), ("0", PASS), ("-1", DISAGREE), ("agree", AGREE), ("2", None), ("", None), ("NULL", None)]
)
def test_a_vote_has_one_code(text: str, code: int | None) -> None:
    assert vote_code(text) == code


def test_nothing_is_a_pass_only_where_the_format_says_so() -> None:
    assert vote_code("", null_is_pass=True) == PASS
    assert vote_code("null", null_is_pass=True) == PASS
    missing = pa.array(["1", None]).dictionary_encode()
    assert vote_codes(missing) is None
    assert vote_codes(missing, null_is_pass=True).tolist() == [AGREE, PASS]


def test_no_votes_have_no_codes() -> None:
    assert len(vote_codes(pa.array([], pa.string()).dictionary_encode())) == 0


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1700000000", TimeKind.COUNT),
        ("-5", TimeKind.COUNT),
        ("", TimeKind.COUNT),
        ("1700000000.25", TimeKind.DECIMAL),
        ("1.7e9", TimeKind.DECIMAL),
        ("2026-01-02 03:04:05", TimeKind.DATE),
        ("2026-01-02T03:04:05Z", TimeKind.DATE_WITH_ZONE),
        ("soon", None),
    ],
)
def test_a_time_tells_how_it_is_written(text: str, kind: TimeKind | None) -> None:
    assert time_kind(text) is kind


def test_nothing_is_no_time() -> None:
    assert not is_time(" ", TimeKind.COUNT)
    assert not is_time("soon", TimeKind.DATE)


def test_seconds_become_milliseconds_and_milliseconds_stay() -> None:
    assert milliseconds(np.array([5, 1_700_000_000])).tolist() == [5000, 1_700_000_000_000]
    assert milliseconds(np.array([5, 1_700_000_000_000])).tolist() == [5, 1_700_000_000_000]
    assert milliseconds(np.array([], dtype=np.int64)).tolist() == []


def test_times_that_no_calendar_knows_are_refused() -> None:
    assert milliseconds(np.array([10**15])) is None
    assert milliseconds(np.array([-(10**15)])) is None


def test_a_moment_is_exact_to_the_millisecond_before_1970_too() -> None:
    assert moment(1_700_000_000_123) == datetime(2023, 11, 14, 22, 13, 20, 123000, tzinfo=UTC)
    assert moment(-1) == datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
