"""Delete a conversation with everything of it: asked for by an owner, done after a time of grace, and until then undone by one button.

The rows go in many small transactions, so that votes in other conversations are stored meanwhile. What was done stays in the audit log.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import ForeignObjectRel, Model, QuerySet
from django.db.models.deletion import CASCADE
from django.db.models.functions import Now
from django.utils import timezone

from klal.domain.records import Phase
from klal.errors import NotTypedError
from klal.services.auditing import note_act
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Guess, Participant, ReportPage, Snapshot, Statement, Vote, VoteEvent

GRACE = timedelta(days=30)
_SECONDS = 2.0
"""A chore gives way to the others after so long, and goes on in its next turn."""
_PEOPLE, _STATEMENTS = 50, 20
_PAUSE = 0.02
_CLAIM = timedelta(seconds=15)
"""Shorter than what a worker takes for the claim of a clock that was set back."""
_NAME = "deletion"
_FEW = 50
"""Statements for which the votes of everybody may be read once each; for more an index is made."""
_INDEXES = {"klal_deletion_votes": "store_vote", "klal_deletion_events": "store_voteevent"}


def delete_later(conversation: Conversation, account: User | None) -> None:
    """Have everything deleted after the time of grace; from now on it is closed, and unknown to those who took part."""
    _set_deletion(conversation, account, GRACE)


def delete_now(conversation: Conversation, account: User | None, typed: str) -> None:
    """Have everything deleted as soon as there is time.

    Parameters
    ----------
    conversation : Conversation
        Which.
    account : User or None
        Who wants it.
    typed : str
        The conversation's address, typed by hand.

    Raises
    ------
    NotTypedError
        If it is not the address.
    """
    if typed.strip() != conversation.slug:
        raise NotTypedError(needed=conversation.slug)
    _set_deletion(conversation, account, timedelta(0))


def restore(conversation: Conversation, account: User | None) -> bool:
    """Keep a conversation after all; it stays closed until somebody opens it. Nothing happens if it was not to be deleted.

    Returns
    -------
    bool
        Whether it stays: not if its rows are being deleted already.
    """
    with transaction.atomic():
        held = Conversation.objects.filter(pk=conversation.pk, deletes_at__isnull=False).exclude(claimed_by=_NAME)
        if held.update(deletes_at=None):
            mark_revised(conversation.pk)
            note_act("deletion_undone", account, conversation)
        return Conversation.objects.filter(pk=conversation.pk, deletes_at=None).exists()


def delete_due() -> None:
    """Delete what is due: a chore, safe in several processes at once; what is not done within two seconds is done the next time."""
    deadline = time.monotonic() + _SECONDS
    for number in list(Conversation.objects.filter(deletes_at__lte=timezone.now()).values_list("pk", flat=True)):
        if _claim(number) and not delete_everything(number, deadline):
            return


def delete_everything(conversation_id: int, deadline: float) -> bool:
    """Delete the rows of a conversation until it is gone or the time is over.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.
    deadline : float
        By ``time.monotonic()``.

    Returns
    -------
    bool
        Whether it is gone.
    """
    _forget_analyses(conversation_id)
    people = Participant.objects.filter(conversation_id=conversation_id).order_by("pk")
    for numbers in _batches(people, _PEOPLE, deadline):
        VoteEvent.objects.filter(participant_id__in=numbers).delete()
        Vote.objects.filter(participant_id__in=numbers).delete()
        Guess.objects.filter(participant_id__in=numbers).delete()
        _delete_rows(Participant, numbers)
    if people.exists():
        return False
    said = Statement.objects.filter(conversation_id=conversation_id).order_by("pk")
    with _votes_by_statement(said), _unchecked():  # no vote is left on them, but looking for one in all other conversations takes long
        for numbers in _batches(said, _STATEMENTS, deadline):
            _delete_rows(Statement, numbers)
    if said.exists():
        return False
    with transaction.atomic():
        gone = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if gone is not None:
            note_act("deleted", None, gone)
            gone.delete()
    return True


def _set_deletion(conversation: Conversation, account: User | None, grace: timedelta) -> None:
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        at = timezone.now() + grace
        if held.deletes_at is not None and held.deletes_at <= at:
            return
        held.deletes_at = at
        if held.phase != Phase.DRAFT.value:  # a draft that is kept after all is still nobody's business
            held.phase = Phase.CLOSED.value
        held.save(update_fields=["deletes_at", "phase"])
        mark_revised(held.pk)
        note_act("deletion_set", account, held, days=grace.days)


def _claim(conversation_id: int) -> bool:
    """Keep workers and other processes away from a conversation while it is deleted."""
    now = timezone.now()
    free = Conversation.objects.filter(pk=conversation_id, deletes_at__lte=now)
    free = free.filter(claimed_by__in=("", _NAME)) | free.filter(claimed_until__lt=now)
    return bool(free.update(claimed_by=_NAME, claimed_until=Now() + _CLAIM))


def _forget_analyses(conversation_id: int) -> None:
    """Delete what was found, and leave the worker nothing to do: it would analyse what is half gone."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        if held is None or (held.snapshot_number == 0 and held.analysed_changes >= held.changes):
            return
        Snapshot.objects.filter(conversation=held).delete()
        ReportPage.objects.filter(conversation=held).delete()
        held.snapshot_number, held.analysed_changes = 0, held.changes
        held.save(update_fields=["snapshot_number", "analysed_changes"])


def _batches(rows: QuerySet[Model], size: int, deadline: float) -> Iterator[list[int]]:
    """Yield the numbers of the next rows, each time in a transaction in which they are to be deleted."""
    while time.monotonic() < deadline:
        with transaction.atomic():
            numbers = list(rows.values_list("pk", flat=True)[:size])
            if not numbers:
                return
            yield numbers
        time.sleep(_PAUSE)  # somebody else has their turn with the lock


def _delete_rows(model: type[Model], numbers: list[int]) -> None:
    """Delete rows of a table, and deal with what refers to them as the models say; votes are gone before."""
    relations = (one for one in model._meta.get_fields(include_hidden=True) if isinstance(one, ForeignObjectRel))
    for relation in relations:
        if relation.related_model in {Vote, VoteEvent, Guess}:
            continue
        name = relation.remote_field.name
        held = relation.related_model._default_manager.filter(**{f"{name}__in": numbers})
        if relation.on_delete is CASCADE:
            held.delete()
        else:
            held.update(**{name: None})
    marks = ", ".join(["%s"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)} WHERE id IN ({marks})", numbers)  # noqa: S608 - our table


@contextmanager
def _votes_by_statement(said: QuerySet[Statement]) -> Iterator[None]:
    """Let PostgreSQL find the votes on a statement while many statements go: without an index it would read all votes for each of them.

    Kept for good, the index would slow down every vote. It is made beside the votes that come in, and stays from turn to turn.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    if said[_FEW:].exists():
        _set_indexes(_broken(), wanted=True)
    yield
    if not said.exists():
        _set_indexes(_INDEXES, wanted=False)


def _broken() -> list[str]:
    """Return which indexes are not there, or were left half-made by a process that was killed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT i.indexrelid::regclass::text FROM pg_index i WHERE i.indisvalid")
        whole = {name for (name,) in cursor.fetchall()}
    return [name for name in _INDEXES if name not in whole]


def _set_indexes(names: Iterable[str], *, wanted: bool) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            if wanted:
                cursor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {_INDEXES[name]} (statement_id)")


@contextmanager
def _unchecked() -> Iterator[None]:
    """Keep SQLite from searching all votes for each statement that goes: there is no index by statement."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with connection.constraint_checks_disabled():
        yield
