"""Store votes: many ballots of many participants in one transaction, and what each of them is told.

Inside the transaction the conversations' rows are locked and compared with what this process remembers (``vote_memory``), so that a
vote on a conversation that has just been closed, or on a statement that has just been rejected, is refused exactly.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random, SystemRandom
from typing import Any

from django.db import DataError, Error, IntegrityError, connection, transaction

from klal.domain.ballot import Ballot, CastVote, Receipt
from klal.domain.identity import Arrival
from klal.domain.routes import Answers
from klal.errors import (
    BadIdentityError,
    ClosedError,
    NoSuchStatementError,
    NotInvitedError,
    RefusedError,
    TooManyError,
    UnknownConversationError,
    UsedKeyError,
)
from klal.store.away import as_busy
from klal.store.participants import join_all
from klal.store.vote_memory import LoadedConversation, load
from klal.store.vote_sql import SQL

Answer = Receipt | RefusedError
_Said = tuple[int, int | None, bool]
"""What a vote says: statement, choice, importance."""
Row = tuple[int, int, int | None, bool, int, int | None]
"""Participant, statement, choice, importance, client key, chance: as ``VoteSql`` wants them."""

_CONVERSATIONS = (
    "SELECT slug, id, changes, revision, snapshot_number, phase, opens_at, closes_at, moderation_mode, voters FROM store_conversation "
    "WHERE slug IN ({slugs}) ORDER BY id {lock}"
)
_LOCKED_MILLISECONDS = 1000
_CHANGED = "UPDATE store_conversation SET changes = changes + %s WHERE id = %s"


@dataclass(slots=True)
class _Sheet:
    """A ballot while it is worked on."""

    ballot: Ballot
    conversation: LoadedConversation
    participant: int | None = None
    is_open: bool = False
    refusal: RefusedError | None = None
    saved: list[int] = field(default_factory=list)
    refused: list[tuple[int, RefusedError]] = field(default_factory=list)
    new: list[CastVote] = field(default_factory=list)


@dataclass(slots=True)
class _People:
    """Who the ballots' participants are: by key, number, epoch and conversation; and by client key the votes that were stored before."""

    known: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    sent: dict[tuple[int, int], _Said] = field(default_factory=dict)


class VoteStore:
    """The votes of this instance, to be used by one thread.

    Parameters
    ----------
    rng : random.Random, optional
        Source of chance for the next statements.
    count_join : callable, optional
        Called with the address of each ballot that lets somebody join; raises ``TooManyError`` where too many have.
    """

    def __init__(self, rng: Random | None = None, *, count_join: Callable[[str], None] = lambda _: None) -> None:
        self._count_join = count_join
        self._rng = rng or Random(SystemRandom().getrandbits(64))  # noqa: S311 - which statement is next is no secret
        self._loaded: dict[str, LoadedConversation] = {}
        self._prepared: object = None

    def store(self, ballots: Sequence[Ballot]) -> list[Answer]:
        """Store ballots, all in one transaction, and return when they are on disk.

        Parameters
        ----------
        ballots : sequence of Ballot
            In the order they came.

        Returns
        -------
        list of Receipt or RefusedError
            What to tell each of them.

        Raises
        ------
        BusyError
            If the database is locked or gone. Nothing is stored then, or it cannot be known: a repeat is harmless.
        """
        try:
            return self._store(ballots)
        except (DataError, IntegrityError):
            raise  # a fault in what was to be stored, not in the database
        except Error as error:
            self.close()
            raise as_busy(error, 1) from error

    def forget(self) -> None:
        """Forget everything; the next batch reads it again."""
        self._loaded.clear()

    def close(self) -> None:
        """Give this thread's connection back; the next batch makes a new one."""
        self._prepared = None
        with suppress(Error):
            connection.close()

    def _store(self, ballots: Sequence[Ballot]) -> list[Answer]:
        is_asking = not any(ballot.votes for ballot in ballots)
        try:
            # questions alone need no transaction: they are answered even while somebody else holds the lock
            with nullcontext() if is_asking else self._transaction():
                sheets = self._sheets(ballots)
                answers = self._answered(sheets)
                self._write(sheets, answers)
            receipts = {place: sheet.refusal or self._receipt(sheet, answers) for place, sheet in sheets.items()}
        except BaseException:
            self.forget()  # what is remembered may be ahead of what is stored
            raise
        return [receipts.get(place) or UnknownConversationError(slug=ballot.slug) for place, ballot in enumerate(ballots)]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Begin, and see to it that a locked database is reported soon, while those who wait can still be told."""
        connection.ensure_connection()
        if connection.connection is not self._prepared and connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {_LOCKED_MILLISECONDS}")
        self._prepared = connection.connection
        with transaction.atomic():
            yield

    def _sheets(self, ballots: Sequence[Ballot]) -> dict[int, _Sheet]:
        """Check every ballot against the store; those to unknown conversations have no sheet."""
        conversations = self._conversations({ballot.slug for ballot in ballots})
        sheets = {place: _Sheet(ballot, conversations[ballot.slug]) for place, ballot in enumerate(ballots) if ballot.slug in conversations}
        people = self._people(sheets.values())
        now = datetime.now(UTC)
        for sheet in sheets.values():
            _check(sheet, people, now)
        _drop_repeats(sheets.values())
        self._join(sheets.values())
        return sheets

    def _conversations(self, slugs: set[str]) -> dict[str, LoadedConversation]:
        """Lock the conversations, if there is something to store, and bring what is remembered of them up to date."""
        if not slugs:
            return {}
        found = {}
        with connection.cursor() as cursor:
            query = _CONVERSATIONS.format(
                slugs=", ".join(["%s"] * len(slugs)), lock=SQL[connection.vendor].lock if connection.in_atomic_block else ""
            )
            cursor.execute(query, sorted(slugs))
            rows = cursor.fetchall()
        for slug, number, changes, revision, *rest in rows:
            stamp = (number, revision, *rest)
            known = self._loaded.get(slug)
            if known is not None and changes - known.changes != revision - known.revision:
                known.answered.clear()  # another process has stored votes here
            if known is None or known.stamp != stamp:
                known = self._loaded[slug] = load(number, stamp, known if known is not None and known.id == number else None)
            known.changes, known.revision = changes, revision
            found[slug] = known
        return found

    def _people(self, sheets: Iterable[_Sheet]) -> _People:
        rows: list[tuple[str, int | None]] = []
        for sheet in sheets:
            key = sheet.ballot.identity.key
            rows += [(key, vote.key) for vote in sheet.ballot.votes] or [(key, None)]
        people = _People()
        for key, number, epoch, conversation, sent, *said in _ask("people", rows) if rows else ():
            people.known[key] = number, epoch, conversation
            if sent is not None:
                people.sent[number, sent] = said[0], said[1], bool(said[2])
        return people

    def _join(self, sheets: Iterable[_Sheet]) -> None:
        """Let those join whose first vote this is."""
        new: dict[int, tuple[LoadedConversation, dict[str, Arrival]]] = {}
        for sheet in sheets:
            if sheet.new and sheet.participant is None:
                _, arrivals = new.setdefault(sheet.conversation.id, (sheet.conversation, {}))
                self._let_in(sheet, arrivals)
        joined: dict[str, int] = {}
        for conversation, arrivals in new.values():
            numbers = join_all(conversation.id, list(arrivals.values())) if arrivals else {}
            joined |= numbers
            for number in numbers.values():
                conversation.remember(number, Answers())
        for sheet in sheets:
            if sheet.participant is None and sheet.refusal is None:
                sheet.participant = joined.get(sheet.ballot.identity.key)

    def _let_in(self, sheet: _Sheet, arrivals: dict[str, Arrival]) -> None:
        """Note somebody who joins, once however many ballots they sent; or refuse the ballot, and all that it brings."""
        ballot = sheet.ballot
        if ballot.identity.key in arrivals:
            return
        try:
            self._count_join(ballot.address)
        except TooManyError as error:
            sheet.refusal, sheet.new = error, []
        else:
            arrivals[ballot.identity.key] = Arrival(ballot.identity.key, ballot.language, ballot.channel)

    def _answered(self, sheets: dict[int, _Sheet]) -> dict[int, Answers]:
        """Return what each participant has answered until now."""
        where = {sheet.participant: sheet.conversation for sheet in sheets.values() if sheet.participant is not None}
        found = {who: conversation.answered.get(who) for who, conversation in where.items()}
        unknown = [who for who, answers in found.items() if answers is None]
        read = dict(_ask("answered", unknown)) if unknown else {}
        return {who: where[who].answers(read.get(who, ())) if answers is None else answers for who, answers in found.items()}

    def _write(self, sheets: dict[int, _Sheet], answers: dict[int, Answers]) -> None:
        """Store the new votes, and count them."""
        log = [row for sheet in sheets.values() for row in _rows(sheet, answers)]
        if not log:
            return
        standing = {row[:2]: row for row in log}  # the last one counts
        kept = [row for row in standing.values() if row[2] is not None]
        gone = [row for row in standing.values() if row[2] is None]
        now, rows = time.time_ns() // 1_000_000, json.dumps(log)
        with connection.cursor() as cursor:
            sql = SQL[connection.vendor]
            cursor.execute(sql.log, [now, rows])
            if kept:
                cursor.execute(sql.keep, [now, rows if len(kept) == len(log) else json.dumps(kept)])
            if gone:
                cursor.execute(sql.withdraw, [json.dumps(gone)])
            for conversation in {sheet.conversation.id: sheet.conversation for sheet in sheets.values()}.values():
                count = sum(len(sheet.new) for sheet in sheets.values() if sheet.conversation is conversation)
                cursor.execute(_CHANGED, [count, conversation.id])
                conversation.changes += count

    def _receipt(self, sheet: _Sheet, answers: dict[int, Answers]) -> Receipt:
        conversation, ballot = sheet.conversation, sheet.ballot
        known = Answers() if sheet.participant is None else answers[sheet.participant]
        if sheet.participant is not None:
            conversation.remember(sheet.participant, known)
        headway = conversation.headway(known, ballot.language, self._rng)
        upcoming, remaining = (headway.upcoming, headway.remaining) if sheet.is_open else ((), 0)
        return Receipt(tuple(sheet.saved), tuple(sheet.refused), upcoming, headway.voted, remaining)


def _check(sheet: _Sheet, people: _People, now: datetime) -> None:
    """Sort the votes of a ballot: repeats, refused, new."""
    identity, conversation = sheet.ballot.identity, sheet.conversation
    found = people.known.get(identity.key)
    number, epoch, where = found or (None, 0, conversation.id)
    if (identity.epoch, conversation.id) != (epoch, where):
        sheet.refusal = BadIdentityError()
        return
    if number is None and conversation.is_invited_only:
        if sheet.ballot.votes:
            sheet.refusal = NotInvitedError()
        return
    sheet.participant, sheet.is_open = number, conversation.takes_votes(now)
    for vote in sheet.ballot.votes:
        sent = people.sent.get((number, vote.key)) if number is not None else None
        if sent is not None:
            _repeat(sheet, vote, sent)
        elif not sheet.is_open:
            sheet.refused.append((vote.key, ClosedError()))
        elif not conversation.is_open_for_votes(vote.statement):
            sheet.refused.append((vote.key, NoSuchStatementError()))
        else:
            sheet.new.append(vote)


def _repeat(sheet: _Sheet, vote: CastVote, sent: _Said) -> None:
    """Count as stored what was stored before; another vote under the same key is none, and its sender is told."""
    if sent == _said(vote):
        sheet.saved.append(vote.key)
    else:
        sheet.refused.append((vote.key, UsedKeyError()))


def _said(vote: CastVote) -> _Said:
    return vote.statement, vote.choice, vote.is_important


def _rows(sheet: _Sheet, answers: dict[int, Answers]) -> Iterable[Row]:
    """Return the rows of a ballot's new votes, and note what its participant has answered now."""
    number = sheet.participant
    if number is None:
        return
    for vote in sheet.new:
        before = answers[number]
        chance = None if vote.choice is None else sheet.conversation.chance(before, vote.statement)
        answers[number] = sheet.conversation.noted(before, vote.statement, vote.choice)
        yield number, vote.statement, vote.choice, vote.is_important, vote.key, chance


def _drop_repeats(sheets: Iterable[_Sheet]) -> None:
    """Count what one batch brings twice as stored, and keep the first of it."""
    seen: dict[tuple[str, int], _Said] = {}
    for sheet in sheets:
        once = []
        for vote in sheet.new:
            mark = sheet.ballot.identity.key, vote.key
            if mark in seen:
                _repeat(sheet, vote, seen[mark])
            else:
                seen[mark] = _said(vote)
                sheet.saved.append(vote.key)
                once.append(vote)
        sheet.new = once


def _ask(name: str, rows: Sequence[object]) -> list[Any]:
    """Ask one of the questions of ``VoteSql`` whose answer is one JSON text."""
    with connection.cursor() as cursor:
        cursor.execute(getattr(SQL[connection.vendor], name), [json.dumps(rows)])
        found: list[Any] = json.loads(cursor.fetchone()[0])
    return found
