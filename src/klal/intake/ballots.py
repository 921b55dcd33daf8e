"""Votes as a browser sends them, and the answer it gets: JSON, checked in every part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from klal.domain.ballot import LARGEST_KEY, CastVote, Choice, Receipt, Upcoming
from klal.domain.language import Language
from klal.errors import BadRequestError
from klal.intake.asgi import describe, encode

MOST_VOTES = 100
"""Votes of one request; a browser that has more sends them in turn."""
_CHOICES: dict[object, Choice | None] = {**{choice.word: choice for choice in Choice}, None: None}
_LONGEST_LANGUAGE = 16
_REQUIRED, _ALLOWED = {"key", "statement", "choice"}, {"key", "statement", "choice", "important"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser has sent.

    Attributes
    ----------
    votes : tuple of CastVote
        In the order they were cast.
    language : str
        The language it wants to be answered in; empty if it does not say.
    """

    votes: tuple[CastVote, ...]
    language: str


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


_decoder = json.JSONDecoder(parse_constant=_no_constant)


def parse(body: bytes) -> Sent:
    """Take a request apart.

    Parameters
    ----------
    body : bytes
        ``{"votes": [{"key", "statement", "choice", "important"}, …], "language"}``.

    Raises
    ------
    BadRequestError
        If it is anything else.
    """
    try:
        content = _decoder.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadRequestError(found="something that is not JSON", needed="votes as JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("votes"), list):
        raise BadRequestError(found="JSON without a list of votes", needed='{"votes": [...], "language": "..."}')
    votes, language = content["votes"], content.get("language", "")
    if len(votes) > MOST_VOTES:
        raise BadRequestError(found=f"{len(votes)} votes", needed=f"at most {MOST_VOTES}")
    if not isinstance(language, str) or len(language) > _LONGEST_LANGUAGE:
        raise BadRequestError(found="a language that is none", needed="a language code")
    return Sent(tuple([_vote(vote) for vote in votes]), language)


def _vote(vote: Any) -> CastVote:
    if not isinstance(vote, dict) or not _REQUIRED <= vote.keys() <= _ALLOWED:
        raise BadRequestError(found="a vote of another form", needed="key, statement, choice, important")
    key, statement, choice, important = vote["key"], vote["statement"], vote["choice"], vote.get("important", False)
    if type(key) is not int or not 1 <= key <= LARGEST_KEY:
        raise BadRequestError(found="a key that is none", needed=f"a whole number from 1 to {LARGEST_KEY}")
    if type(statement) is not int:
        raise BadRequestError(found="a statement that is none", needed="its number")
    if not (choice is None or isinstance(choice, str)) or choice not in _CHOICES:
        raise BadRequestError(found="a choice that is none", needed="agree, disagree, pass or null")
    if type(important) is not bool:
        raise BadRequestError(found="an importance that is none", needed="true or false")
    return CastVote(key, statement, _CHOICES[choice], important)


def encode_receipt(receipt: Receipt, language: Language | None) -> bytes:
    """Return the answer.

    Parameters
    ----------
    receipt : Receipt
        What became of the votes.
    language : Language or None
        For the reasons of refusals; needed if there are any.
    """
    saved = ",".join(map(str, receipt.saved)).encode("ascii")
    refused = encode([{"key": key, **describe(error, language)} for key, error in receipt.refused]) if language is not None else b"[]"
    upcoming = b",".join([_encode_upcoming(one) for one in receipt.upcoming])
    return b'{"saved":[%b],"refused":%b,"next":[%b],"voted":%d,"remaining":%d}' % (
        saved,
        refused,
        upcoming,
        receipt.voted,
        receipt.remaining,
    )


def upcoming_document(one: Upcoming) -> dict[str, Any]:
    """Return a statement as the scripts of the pages know it."""
    return {"id": one.id, "text": one.text, "language": one.language, "seed": one.is_seed}


@lru_cache(maxsize=4096)
def _encode_upcoming(one: Upcoming) -> bytes:
    return encode(upcoming_document(one))
