"""The perception check as somebody takes it: what they are asked, their guesses, and the answers. No NumPy."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from klal.domain.ballot import Choice
from klal.domain.perception import MOST_SPREAD, ROUND, VOTES_BEFORE, WHOLE, Kind, Question, Told, asked_of, next_question, within
from klal.domain.privacy import may_publish_cell
from klal.errors import BadRequestError, ClosedError, NoGuessError
from klal.services.taking_part import is_open, newest_findings, newest_places, shown_statements
from klal.store.models import Conversation, Guess, Participant, Vote
from klal.store.places import find

Document = Mapping[str, Any]
"""What a snapshot says on the perception check, as `klal.services.perception_findings` writes it."""


@dataclass(frozen=True, slots=True)
class Check:
    """Where somebody is in the perception check.

    Attributes
    ----------
    kind : Kind
        Whom people are asked about.
    anchor : int or None
        Statement that tells sides apart.
    own : int
        Group or side of the guesser, ``WHOLE`` for none.
    votes_needed : int
        Votes still to be cast before anything is asked.
    is_ready : bool
        Whether there is anything to ask about at all, and the guesser is placed.
    question : Question or None
        What comes next; None if nothing, or if the round is full.
    guess : tuple of int or None
        Share and spread guessed at the question before; None if it is new.
    waiting : tuple of Question
        Guessed in this round, the answers not seen yet, the first guess first.
    told : tuple of Told
        Guesses whose answers were seen, the latest round first.
    """

    kind: Kind
    anchor: int | None
    own: int
    votes_needed: int
    is_ready: bool
    question: Question | None
    guess: tuple[int, int] | None
    waiting: tuple[Question, ...]
    told: tuple[Told, ...]


def look(conversation: Conversation, participant: Participant | None, *, skipped: Sequence[int] = (), again: int | None = None) -> Check:
    """Say where somebody is in the perception check, and what they are asked next.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant or None
        Who; None for somebody who has done nothing here.
    skipped : sequence of int
        Statements they passed over.
    again : int, optional
        A statement they want to guess again; it counts if the answer was not seen.
    """
    document = document_of(conversation)
    kind, anchor = Kind(document.get("kind", Kind.WHOLE.value)), document.get("anchor")
    if participant is None:
        return Check(kind, anchor, WHOLE, VOTES_BEFORE, is_ready=False, question=None, guess=None, waiting=(), told=())
    votes = dict(Vote.objects.filter(participant=participant).values_list("statement_id", "choice"))
    own, is_placed = _standing(conversation, participant, document, votes)
    guesses = list(Guess.objects.filter(participant=participant).order_by("time", "statement_id"))
    waiting = [one for one in guesses if one.seen is None]
    shown = shown_statements(conversation)
    asked = [one for one in asked_of(document) if one.statement in shown]
    passed = [Question(one, WHOLE) for one in skipped]
    done = [*(Question(one.statement_id, one.target) for one in guesses), *passed]
    question, guess = None, None
    if is_placed and len(votes) >= VOTES_BEFORE and asked:
        before = next((one for one in waiting if one.statement_id == again), None)
        if before is not None:
            question, guess = Question(before.statement_id, before.target), (before.share, before.spread)
        elif len(waiting) < ROUND:
            question = next_question(asked, own, votes, done, participant.pk)
    return Check(
        kind=kind,
        anchor=anchor,
        own=own,
        votes_needed=max(0, VOTES_BEFORE - len(votes)),
        is_ready=is_placed and bool(asked),
        question=question,
        guess=guess,
        waiting=tuple(Question(one.statement_id, one.target) for one in waiting if one.statement_id in shown),
        told=tuple(
            _told(one, document) for one in sorted(guesses, key=lambda one: -(one.seen or 0)) if one.seen and one.statement_id in shown
        ),
    )


def document_of(conversation: Conversation) -> Document:
    """Return what the newest snapshot says on the perception check; empty before there is anything."""
    found: Document = (newest_findings(conversation) or {}).get("perception") or {}
    return found


def take_guess(conversation: Conversation, participant: Participant | None, question: Question, share: int, spread: int) -> None:
    """Keep a guess; a changed one takes the place of the one before, and once the answer was seen the first one stands.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant or None
        Who guesses.
    question : Question
        What at.
    share, spread : int
        The guess, and how far off it may be, in hundredths.

    Raises
    ------
    BadRequestError
        If one of the figures cannot be.
    ClosedError
        If the conversation takes nothing now.
    NoGuessError
        If this is nothing they can guess: it is not asked, or they have not voted on it themselves.
    """
    if not 0 <= share <= 100 or not 0 <= spread <= MOST_SPREAD:
        raise BadRequestError(found=f"{share} ± {spread}", needed=f"0 … 100 ± 0 … {MOST_SPREAD}")
    if participant is None:
        raise NoGuessError
    document = document_of(conversation)
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        if not is_open(held, timezone.now()):
            raise ClosedError
        votes = dict(Vote.objects.filter(participant=participant).values_list("statement_id", "choice"))
        own, is_placed = _standing(conversation, participant, document, votes)
        targets = {one.statement: one.targets_for(own) for one in asked_of(document)}.get(question.statement, frozenset())
        allowed = is_placed and len(votes) >= VOTES_BEFORE and question.statement in votes and question.target in targets
        if not allowed or question.statement not in shown_statements(conversation):
            raise NoGuessError
        guesses = list(Guess.objects.filter(participant=participant))
        if any(one.seen and one.statement_id == question.statement for one in guesses):
            return
        Guess.objects.filter(participant=participant, statement=question.statement).delete()
        Guess.objects.create(
            participant=participant,
            statement_id=question.statement,
            target=question.target,
            own=own,
            anchor_id=document.get("anchor"),
            share=share,
            spread=spread,
            round=1 + max((one.round for one in guesses if one.seen), default=0),
            snapshot_number=conversation.snapshot_number,
            time=_now(),
        )


def show_answers(conversation: Conversation, participant: Participant | None) -> int:
    """Let the guesses of the round stand, so that their answers may be shown.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participant : Participant or None
        Who has guessed.

    Returns
    -------
    int
        How many guesses it were; 0 if there was none, or another request was first.
    """
    if participant is None:
        return 0
    with transaction.atomic():
        Conversation.objects.select_for_update(no_key=True).only("pk").get(pk=conversation.pk)
        count = Guess.objects.filter(participant=participant, seen=None).update(seen=_now(), snapshot_number=conversation.snapshot_number)
        if count:  # the worker is to look again
            Conversation.objects.filter(pk=conversation.pk).update(changes=F("changes") + 1)
    return count


def count_guessers(conversation: Conversation) -> int:
    """Return how many people have guessed and seen the answers; 0 for fewer than may be told apart."""
    guesses = Guess.objects.filter(participant__conversation=conversation, seen__isnull=False)
    count = guesses.order_by().values("participant_id").distinct().count()
    return count if may_publish_cell(count) else 0


def _standing(conversation: Conversation, participant: Participant, document: Document, votes: Mapping[int, int]) -> tuple[int, bool]:
    """Return the group or side somebody is in, ``WHOLE`` for none, and whether they are placed."""
    place = find(newest_places(conversation), participant.pk)
    if document.get("kind") == Kind.GROUPS.value:
        return (place.slot, True) if place else (WHOLE, False)
    sides = {Choice.AGREE.value: 0, Choice.DISAGREE.value: 1}
    own = sides.get(votes.get(document.get("anchor") or 0, 0), WHOLE) if document.get("kind") == Kind.SIDES.value else WHOLE
    return own, place is not None


def _told(one: Guess, document: Document) -> Told:
    figures: Mapping[str, Any] = next(
        (asked["figures"] for asked in document.get("questions", ()) if asked["statement"] == one.statement_id), {}
    )
    # sides of another statement than this guess was about are other people
    is_same = one.target == WHOLE or one.anchor_id == document.get("anchor")
    share = _hundredths(figures.get(str(one.target))) if is_same else None
    own = _hundredths(figures.get(str(one.own))) if is_same and one.own != WHOLE else None
    return Told(one.statement_id, one.target, (one.share, *within(one.share, one.spread)), share, own[0] if own else None)


def _hundredths(figure: Sequence[float] | None) -> tuple[int, int, int] | None:
    if figure is None:
        return None
    share, lower, upper = (round(100 * part) for part in figure)
    return share, lower, upper


def _now() -> int:
    return int(1000 * time.time())
