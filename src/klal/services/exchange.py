"""Conversations between files and the store: whatever klal reads goes in, and comes out as it was, with what was added since."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction

from klal.core.arrays import Ids, Ints
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.core.votes import standing_events
from klal.domain.address import address_of
from klal.domain.records import ConversationInfo, Id, Moderation, Phase, Statement
from klal.errors import BadIdError, ConversationExistsError, UnknownConversationError
from klal.io.conversation import Conversation
from klal.io.id_column import MAX_ID_LENGTH
from klal.io.progress import NO_PROGRESS, Progress
from klal.services.guess_exchange import insert_guesses, records_of
from klal.services.opening import chance_address, check_address
from klal.store import models
from klal.store.bulk import insert_numbers, insert_rows, one_moment, read_numbers, settle_down
from klal.store.event_log import read_log
from klal.store.labels import Labels

_LIVE_TEXT_LABEL = re.compile(r"klal-(0|[1-9][0-9]{0,17})")
_ENDING = re.compile(r"\.(csv|zip|json|parquet)$", re.IGNORECASE)
_LAST_LABEL = 1 << 62
_INT32 = np.iinfo(np.int32)
_IMPORTED = "imported"
"""Where ``Conversation.settings`` keeps what the tables have no place for: authors and groups of people who are not participants."""


def bring_in(
    conversation: Conversation,
    *,
    slug: str | None = None,
    phase: Phase = Phase.OPEN,
    languages: Sequence[str] = (),
    progress: Progress | None = None,
) -> models.Conversation:
    """Put a conversation into the store, all of it or nothing.

    Half characters (unpaired surrogates) in texts become question marks and null characters are left out, because databases cannot
    hold them; everything else is kept to the letter.

    Parameters
    ----------
    conversation : Conversation
        As read.
    slug : str, optional
        Its address; made from the name of the source or from the topic if left out.
    phase : Phase
        Whether people can take part in it from now on.
    languages : sequence of str
        Codes of the languages it is held in, first the main one; empty if unknown.
    progress : Progress, optional
        Told of the vote events stored.

    Returns
    -------
    klal.store.models.Conversation
        As stored.

    Raises
    ------
    BadOptionError
        If the address cannot be one.
    ConversationExistsError
        If it is taken.
    """
    slug = slug or _slug_for(conversation)
    check_address(slug)
    progress = progress or NO_PROGRESS
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = _insert_conversation(conversation, slug, phase, list(languages))
        except IntegrityError as error:
            raise ConversationExistsError(slug=slug) from error
        people = _insert_participants(row, conversation)
        said = _insert_statements(row, conversation, people)
        insert_guesses(conversation, people, said)
        progress.start("write_votes", 2 * len(conversation.log))
        try:
            _insert_votes(conversation.log, people, said, progress)
        finally:
            progress.finish()
    transaction.on_commit(lambda: settle_down(models.Participant, models.Vote, models.VoteEvent))
    return row


def bring_out(slug: str) -> Conversation:
    """Take a conversation out of the store.

    Parameters
    ----------
    slug : str
        Its address.

    Returns
    -------
    Conversation
        Every vote event in the order it was cast. Of a vote that was withdrawn nothing is left; a statement that its author withdrew
        is rejected. Times are there if every vote has one.

    Raises
    ------
    UnknownConversationError
        If there is none at this address.
    """
    with one_moment():
        row = models.Conversation.objects.filter(slug=slug).first()
        if row is None:
            raise UnknownConversationError(slug=slug)
        people = list(row.participants.order_by("pk").values_list("pk", "label", "published_group"))
        said = list(row.statements.order_by("pk"))
        participants = Labels([one[0] for one in people], [one[1] for one in people], are_text=row.participants_are_text)
        statements = Labels([one.pk for one in said], [one.label for one in said], are_text=row.statements_are_text)
        log = read_log(row, participants, statements)
        guesses = records_of(row, participants, statements)
    imported = row.settings.get(_IMPORTED, {})
    records = {one.label: _record(statements.ids[one.pk], one, participants, imported.get("authors", {})) for one in said}
    groups = {participants.ids[pk]: group for pk, _, group in people if group is not None}
    return Conversation(
        info=ConversationInfo(row.topic, row.description, row.url, row.source, tuple(row.notes)),
        statements=tuple(records[str(one)] for one in statements.index.tolist()),
        log=log,
        published_groups=dict(imported["groups"]) if "groups" in imported else groups,
        guesses=guesses,
    )


def _slug_for(conversation: Conversation) -> str:
    name = _ENDING.sub("", conversation.info.source)
    return address_of(name) or address_of(conversation.info.topic) or chance_address()


def _insert_conversation(conversation: Conversation, slug: str, phase: Phase, languages: list[str]) -> models.Conversation:
    info, log = conversation.info, conversation.log
    return models.Conversation.objects.create(
        slug=slug,
        topic=_storable(info.topic),
        description=_storable(info.description),
        url=_storable(info.url),
        source=_storable(info.source),
        notes=[_storable(note) for note in info.notes],
        languages=languages,
        phase=phase.value,
        settings=_without_a_place(conversation),
        is_synthetic="synthetic" in info.notes,
        participants_are_text=_is_text(log.participants),
        statements_are_text=_is_text(log.statements),
        is_timed=log.times is not None,
        next_participant=_next_label(log.participants),
        next_statement=_next_label(log.statements),
        changes=len(log),
    )


def _without_a_place(conversation: Conversation) -> dict[str, Any]:
    """Return what the tables have no place for, as plain values: rare, but files are written by many programs."""
    known = set(conversation.log.participants.tolist())
    authors = {str(one.id): _plain(one.author) for one in conversation.statements if one.author is not None and one.author not in known}
    groups = conversation.published_groups
    kept: dict[str, Any] = {"authors": authors} if authors else {}
    if any(one not in known or not _INT32.min <= group <= _INT32.max for one, group in groups.items()):
        kept["groups"] = [[_plain(one), group] for one, group in groups.items()]
    return {_IMPORTED: kept} if kept else {}


def _insert_participants(row: models.Conversation, conversation: Conversation) -> Ints:
    """Insert everybody, first those with a published group in the order of the groups, and return the keys by position."""
    index = conversation.log.participants
    groups = {} if "groups" in row.settings.get(_IMPORTED, {}) else conversation.published_groups
    rest = (one for one in index.tolist() if one not in groups)
    order = [*groups, *rest]
    names = ("conversation_id", "label", "epoch", "email", "language", "published_group", "joined")
    insert_rows(models.Participant, names, ((row.pk, _label(one, row), 0, "", "", groups.get(one), None) for one in order))
    found = read_numbers(models.Participant.objects.filter(conversation=row).order_by("pk").values_list("pk"), 1)[0]
    return _by_position(index, order, found)


def _insert_statements(row: models.Conversation, conversation: Conversation, people: Ints) -> Ints:
    """Insert all statements and return their keys by position."""
    log = conversation.log
    authors = {one.author for one in conversation.statements}
    keys = {one: key for one, key in zip(log.participants.tolist(), people.tolist(), strict=True) if one in authors}
    made = models.Statement.objects.bulk_create((_row(one, row, keys) for one in conversation.statements), batch_size=1000)
    return np.array([one.pk for one in made], dtype=np.int64)


def _row(one: Statement, row: models.Conversation, authors: Mapping[Id, int]) -> models.Statement:
    created = one.created if one.created is None or one.created.tzinfo else one.created.replace(tzinfo=UTC)
    return models.Statement(
        conversation=row,
        label=_label(one.id, row),
        text=_storable(one.text),
        language=row.languages[0] if row.languages else "",
        author_id=None if one.author is None else authors.get(one.author),
        is_seed=one.is_seed,
        is_meta=one.is_meta,
        state=one.moderation.value,
        created=created,
    )


def _insert_votes(log: VoteLog, people: Ints, said: Ints, progress: Progress) -> None:
    columns = {"participant_id": people[log.rows], "statement_id": said[log.columns], "choice": log.codes}
    columns["is_important"] = np.zeros(len(log), dtype=np.bool_)
    if log.times is not None:
        columns["time"] = log.times
    insert_numbers(models.VoteEvent, columns, progress.advance)
    stand = standing_events(log.rows, log.columns, log.times, shape=(len(people), len(said)))
    insert_numbers(models.Vote, {name: column[stand] for name, column in columns.items()}, progress.advance)


def _record(one_id: Id, one: models.Statement, participants: Labels, authors: Mapping[str, Id]) -> Statement:
    return Statement(
        id=one_id,
        text=one.text,
        author=authors.get(one.label) if one.author_id is None else participants.ids[one.author_id],
        created=one.created,
        moderation=Moderation.REJECTED if one.is_withdrawn else Moderation(one.state),
        is_meta=one.is_meta,
        is_seed=one.is_seed,
    )


def _by_position(index: IdIndex, order: Iterable[Id], keys: Ints) -> Ints:
    """Return keys that come in another order in the order of the index."""
    array: Ids = np.array(list(order), dtype=index.ids.dtype)
    found = np.empty(len(keys), dtype=np.int64)
    found[index.positions(array)] = keys
    return found


def _is_text(index: IdIndex) -> bool:
    return index.ids.dtype.kind != "i"


def _next_label(index: IdIndex) -> int:
    """Return a number from which on there are no labels; absurdly large ids are passed over, as nothing could follow them."""
    if _is_text(index):
        numbers = [int(found[1]) for one in index.tolist() if (found := _LIVE_TEXT_LABEL.fullmatch(str(one)))]
    else:
        numbers = index.ids[(index.ids >= 0) & (index.ids < _LAST_LABEL)][-1:].tolist()
    return max(numbers, default=-1) + 1


def _label(one: Id, row: models.Conversation) -> str:
    label = str(one)
    if len(label) > MAX_ID_LENGTH or _storable(label) != label:
        raise BadIdError(file=row.source, line=1, column="id", found=ascii(label[:40]))
    return label


def _plain(one: Id) -> Id:
    return _storable(one) if isinstance(one, str) else one


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()
