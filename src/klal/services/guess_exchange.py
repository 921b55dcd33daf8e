"""Guesses of the perception check between files and the store."""

from __future__ import annotations

from klal.core.arrays import Ints
from klal.domain.perception import GuessRecord
from klal.io.conversation import Conversation
from klal.store import models
from klal.store.labels import Labels


def insert_guesses(conversation: Conversation, people: Ints, said: Ints) -> None:
    """Store the guesses of a conversation; those of people or at statements that it does not have are left out.

    Parameters
    ----------
    conversation : Conversation
        As read.
    people, said : ndarray of int64
        Numbers in the store of its participants and statements.
    """
    who = dict(zip(conversation.log.participants.tolist(), people.tolist(), strict=True))
    what = dict(zip(conversation.log.statements.tolist(), said.tolist(), strict=True))
    last = {(one.participant, one.statement, one.target): one for one in conversation.guesses}  # a guess given twice is the last one
    models.Guess.objects.bulk_create(
        (
            models.Guess(
                participant_id=who[one.participant],
                statement_id=what[one.statement],
                target=one.target,
                own=one.own,
                anchor_id=None if one.anchor is None else what[one.anchor],
                share=min(max(one.share, 0), 100),
                spread=min(max(one.spread, 0), 100),
                round=one.round,
                snapshot_number=0,
                time=one.time,
                seen=one.seen,
            )
            for one in last.values()
            if one.participant in who and one.statement in what and (one.anchor is None or one.anchor in what)
        ),
        batch_size=1000,
    )


def records_of(row: models.Conversation, participants: Labels, statements: Labels) -> tuple[GuessRecord, ...]:
    """Return the guesses of a conversation as files carry them, in the order they were made.

    Parameters
    ----------
    row : Conversation
        In the store.
    participants, statements : Labels
        Of the same moment.
    """
    rows = models.Guess.objects.filter(participant__conversation=row).order_by("time", "participant_id", "statement_id", "target")
    return tuple(
        GuessRecord(
            participant=participants.ids[one.participant_id],
            statement=statements.ids[one.statement_id],
            target=one.target,
            own=one.own,
            anchor=None if one.anchor_id is None else statements.ids[one.anchor_id],
            share=one.share,
            spread=one.spread,
            round=one.round,
            time=one.time,
            seen=one.seen,
        )
        for one in rows
    )
