from __future__ import annotations

import json
from typing import Any

import pytest

from klal.domain.ballot import CastVote, Choice, Receipt, Upcoming
from klal.domain.language import get
from klal.errors import BadRequestError, ClosedError
from klal.intake.ballots import MOST_VOTES, encode_receipt, parse

GOOD = {"key": 1, "statement": 2, "choice": "agree"}


def test_votes_are_taken_as_they_were_cast() -> None:
    votes = [
        GOOD,
        {**GOOD, "choice": None},
        {**GOOD, "choice": "pass", "important": True},
        {**GOOD, "key": 2**53 - 1, "choice": "disagree"},
    ]
    sent = parse(json.dumps({"votes": votes, "language": "he"}).encode())
    assert sent.language == "he"
    assert sent.votes == (
        CastVote(1, 2, Choice.AGREE),
        CastVote(1, 2, None),
        CastVote(1, 2, Choice.PASS, is_important=True),
        CastVote(2**53 - 1, 2, Choice.DISAGREE),
    )


def test_no_votes_ask_for_what_is_next() -> None:
    assert parse(b'{"votes": []}').votes == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no JSON",
        b'{"votes": [',
        b"\xff\xfe{}",
        '{"votes": []}'.encode("utf-16"),
        b"[" * 50_000,
        b'{"votes":' * 5_000,
        b"NaN",
        b'{"votes": [], "language": NaN}',
        b'{"votes": [{"key": NaN, "statement": 1, "choice": "agree"}]}',
        b'{"votes": [{"key": Infinity, "statement": 1, "choice": "agree"}]}',
        b'{"votes": [{"key": 1%s, "statement": 1, "choice": "agree"}]}' % (b"0" * 5000),
        b"null",
        b"[]",
        b"{}",
        b'{"votes": null}',
        b'{"votes": {}}',
        b'{"votes": "agree"}',
    ],
)
def test_what_is_no_list_of_votes_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        parse(body)


@pytest.mark.parametrize(
    "vote",
    [
        None,
        1,
        "agree",
        [],
        {},
        {"key": 1, "statement": 2},
        {**GOOD, "more": 1},
        {**GOOD, "key": 0},
        {**GOOD, "key": -1},
        {**GOOD, "key": 2**53},
        {**GOOD, "key": 10**400},
        {**GOOD, "key": 1.0},
        {**GOOD, "key": True},
        {**GOOD, "key": "1"},
        {**GOOD, "key": None},
        {**GOOD, "statement": "2"},
        {**GOOD, "statement": True},
        {**GOOD, "statement": 2.5},
        {**GOOD, "statement": None},
        {**GOOD, "choice": "AGREE"},
        {**GOOD, "choice": 3},
        {**GOOD, "choice": ["agree"]},
        {**GOOD, "choice": {}},
        {**GOOD, "important": 1},
        {**GOOD, "important": None},
    ],
)
def test_a_vote_of_another_form_is_refused(vote: Any) -> None:
    with pytest.raises(BadRequestError):
        parse(json.dumps({"votes": [GOOD, vote]}).encode())


@pytest.mark.parametrize("language", [None, 1, ["he"], "x" * 17])
def test_a_language_that_is_none_is_refused(language: Any) -> None:
    with pytest.raises(BadRequestError):
        parse(json.dumps({"votes": [], "language": language}).encode())


def test_too_many_votes_at_once_are_refused() -> None:
    assert len(parse(json.dumps({"votes": [GOOD] * MOST_VOTES}).encode()).votes) == MOST_VOTES
    with pytest.raises(BadRequestError):
        parse(json.dumps({"votes": [GOOD] * (MOST_VOTES + 1)}).encode())


def test_a_huge_statement_number_is_a_number() -> None:
    assert parse(json.dumps({"votes": [{**GOOD, "statement": 10**300}]}).encode()).votes[0].statement == 10**300


def test_the_answer_says_what_became_of_each_vote_and_what_is_next() -> None:
    upcoming = (Upcoming(5, 'שלום "עולם"\n', "he", is_seed=True), Upcoming(6, "</script>", "en"))
    receipt = Receipt((1, 2), ((3, ClosedError()),), upcoming, 2, 7)
    assert json.loads(encode_receipt(receipt, get("he"))) == {
        "saved": [1, 2],
        "refused": [{"key": 3, "code": "refused.closed", "message": get("he").error(ClosedError())}],
        "next": [
            {"id": 5, "text": 'שלום "עולם"\n', "language": "he", "seed": True},
            {"id": 6, "text": "</script>", "language": "en", "seed": False},
        ],
        "voted": 2,
        "remaining": 7,
    }


def test_half_a_letter_in_a_text_breaks_no_answer() -> None:
    answer = json.loads(encode_receipt(Receipt((), (), (Upcoming(1, "\ud83d", "en"),), 0, 1), get("en")))
    assert answer["next"][0]["text"] == "?"
