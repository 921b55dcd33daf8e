"""What klal's own formats share: everything about a conversation but its votes, as plain values (schema ``klal-conversation/1``).

Nothing is lost: ids keep their kind, times their milliseconds, texts every character.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.perception import GuessRecord
from klal.domain.records import ConversationInfo, Id, Moderation, Statement
from klal.errors import BadLineError, UnknownFormatError
from klal.io.conversation import Conversation
from klal.io.log_builder import RawVotes

SCHEMA = "klal-conversation/1"
_KINDS = {"number": int, "text": str}


@dataclass(frozen=True, slots=True)
class Described:
    """A conversation without its votes.

    Attributes
    ----------
    info : ConversationInfo
        The question.
    statements : tuple of Statement
        In any order.
    idle : tuple of id
        Participants without a vote.
    groups : dict
        Published opinion groups.
    participants_are_text, statements_are_text : bool
        Kind of the ids.
    timed : bool
        Whether votes have times.
    guesses : tuple of GuessRecord
        Of the perception check.
    """

    info: ConversationInfo
    statements: tuple[Statement, ...]
    idle: tuple[Id, ...]
    groups: dict[Id, int]
    participants_are_text: bool
    statements_are_text: bool
    timed: bool
    guesses: tuple[GuessRecord, ...] = ()

    def with_votes(self, votes: RawVotes, file: str) -> Conversation:
        """Return the conversation.

        Parameters
        ----------
        votes : RawVotes
            Its votes; belong to the conversation afterwards.
        file : str
            Name for messages; also the source, where none is recorded.

        Raises
        ------
        BadLineError
            If there is a vote on a statement that is not described.
        """
        log = votes.settle(participants=[str(one) for one in self.idle], statements=[str(one.id) for one in self.statements])
        by_id = {one.id: one for one in self.statements}
        missing = [one for one in log.statements.tolist() if one not in by_id]
        if missing:
            raise BadLineError(file=file, line=1, found=f"votes on statement {missing[0]}", needed="it among the statements")
        if self.timed and log.times is None:
            log = VoteLog(log.rows, log.columns, log.codes, np.empty(0, dtype=np.int64), log.participants, log.statements)
        return Conversation(self.info, tuple(by_id[one] for one in log.statements.tolist()), log, self.groups, self.guesses)


def describe(conversation: Conversation) -> dict[str, Any]:
    """Return everything about a conversation but its votes, as values that JSON knows.

    Parameters
    ----------
    conversation : Conversation
        Any.

    Returns
    -------
    dict
        By the schema.
    """
    log, info = conversation.log, conversation.info
    voted = np.zeros(len(log.participants), dtype=np.bool_)
    voted[log.rows] = True
    return {
        "schema": SCHEMA,
        "info": {
            "topic": info.topic,
            "description": info.description,
            "url": info.url,
            "source": info.source,
            "notes": list(info.notes),
        },
        "ids": {"participants": _kind(log.participants), "statements": _kind(log.statements)},
        "timed": log.times is not None,
        "statements": [_plain(one) for one in conversation.statements],
        "participants_without_votes": log.participants.ids[~voted].tolist(),
        "published_groups": [[one, group] for one, group in conversation.published_groups.items()],
        **({"guesses": [asdict(one) for one in conversation.guesses]} if conversation.guesses else {}),
    }


def described(document: object, file: str) -> Described:
    """Read what ``describe`` has written.

    Parameters
    ----------
    document : object
        Parsed JSON.
    file : str
        Name for messages.

    Returns
    -------
    Described
        The conversation without its votes.

    Raises
    ------
    UnknownFormatError
        If it is another kind of document.
    BadLineError
        If it does not follow the schema.
    """
    if not isinstance(document, Mapping) or document.get("schema") != SCHEMA:
        schema = document.get("schema") if isinstance(document, Mapping) else None
        raise UnknownFormatError(path=file, found=f"JSON of the schema {schema}" if schema else "JSON without a schema klal knows")
    try:
        return Described(
            info=_info(document["info"], file),
            statements=tuple(_statement(one) for one in document["statements"]),
            idle=tuple(_id(one) for one in document["participants_without_votes"]),
            groups={_id(one): int(group) for one, group in document["published_groups"]},
            participants_are_text=_is_text(document["ids"]["participants"]),
            statements_are_text=_is_text(document["ids"]["statements"]),
            timed=bool(document["timed"]),
            guesses=tuple(_guess(one) for one in document.get("guesses", ())),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        found = f"no {error}" if isinstance(error, KeyError) else f"a wrong value ({error})"
        raise BadLineError(file=file, line=1, found=found, needed=f"a document of the schema {SCHEMA}") from error


def _kind(index: IdIndex) -> str:
    return "number" if index.ids.dtype.kind == "i" else "text"


def _is_text(kind: str) -> bool:
    return _KINDS[kind] is str


def _plain(statement: Statement) -> dict[str, Any]:
    return {
        "id": statement.id,
        "text": statement.text,
        "author": statement.author,
        "created": None if statement.created is None else statement.created.isoformat(),
        "moderation": statement.moderation.value,
        "is_meta": statement.is_meta,
        "is_seed": statement.is_seed,
    }


def _statement(plain: Mapping[str, Any]) -> Statement:
    created = plain["created"]
    return Statement(
        id=_id(plain["id"]),
        text=str(plain["text"]),
        author=None if plain["author"] is None else _id(plain["author"]),
        created=None if created is None else _moment(created),
        moderation=Moderation(plain["moderation"]),
        is_meta=bool(plain["is_meta"]),
        is_seed=bool(plain["is_seed"]),
    )


def _guess(plain: Mapping[str, Any]) -> GuessRecord:
    numbers = {name: int(plain[name]) for name in ("target", "own", "share", "spread", "round", "time")}
    if not all(-1 <= numbers[name] <= 100 for name in ("target", "own", "share", "spread", "round")):
        raise ValueError(f"a guess of {numbers}")
    anchor, seen = plain["anchor"], plain["seen"]
    return GuessRecord(
        participant=_id(plain["participant"]),
        statement=_id(plain["statement"]),
        anchor=None if anchor is None else _id(anchor),
        seen=None if seen is None else int(seen),
        **numbers,
    )


def _moment(text: str) -> datetime:
    """Return a moment in UTC, which a text without a time zone is taken to mean."""
    when = datetime.fromisoformat(text)
    return when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)


def _info(plain: Mapping[str, Any], file: str) -> ConversationInfo:
    topic, description, url, source = (str(plain[name]) for name in ("topic", "description", "url", "source"))
    return ConversationInfo(topic, description, url, source or file, tuple(str(note) for note in plain["notes"]))


def _id(plain: object) -> Id:
    if isinstance(plain, bool) or not isinstance(plain, int | str):
        raise TypeError(f"{plain} is no id")
    return plain
