"""Analyse a conversation as it stands now, keep what was found for the pages, and draw its report."""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from django.db import transaction

from klal.core.arrays import Floats, Ints, Labels
from klal.core.continuity import find_turn, match_groups, order_groups, turn_analysis
from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.vote_log import VoteLog
from klal.domain.language import Language, available, get
from klal.domain.records import ConversationInfo, Moderation, Statement
from klal.domain.wording import in_language
from klal.report import build_report, render_html
from klal.report.perception import build_perception
from klal.services.findings import Found, findings_document, routes_of
from klal.services.naming import group_name
from klal.services.perception_live import PERCEPTION, perception_findings
from klal.services.placing import placing_document
from klal.services.publishing import is_kept, publishable
from klal.services.taking_part import wording
from klal.services.turnout import turnout_document
from klal.store import models, snapshots
from klal.store.places import pack, unpack
from klal.store.votes import StoredVotes, read_votes


def recompute(conversation_id: int) -> models.Snapshot | None:
    """Analyse a conversation as it stands now and keep the result as its newest snapshot.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.

    Returns
    -------
    Snapshot or None
        None if the conversation is gone, or a later state of it was analysed meanwhile.
    """
    found = find(conversation_id)
    return None if found is None else keep(found)


def find(conversation_id: int) -> Found | None:
    """Analyse a conversation as it stands now; nothing is stored.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.

    Returns
    -------
    Found or None
        None if there is no such conversation. The numbers are those ``klal analyse`` finds in the exported file; groups keep the
        slots and the map the directions of the last snapshot.
    """
    started = time.perf_counter()
    stored = read_votes(conversation_id)
    if stored is None:
        return None
    analysis = analyse(stored.log.to_matrix(), analysed=stored.analysed, history=stored.history)
    analysis = _turned_as_before(analysis, stored)
    slots = _slots_as_before(analysis, stored)
    order = np.argsort(slots)
    took = round(1000 * (time.perf_counter() - started))
    return Found(stored, order_groups(analysis, order), tuple(sorted(slots)), took)


def keep(found: Found) -> models.Snapshot | None:
    """Store what was found as the conversation's newest snapshot.

    Parameters
    ----------
    found : Found
        From ``find``.

    Returns
    -------
    Snapshot or None
        None if the conversation is gone, or a later state of it was analysed meanwhile.
    """
    labels = found.analysis.grouping.labels
    placed = np.flatnonzero(labels >= 0)
    last = snapshots.newest(found.stored.conversation.pk)
    shown = found.analysis.opinion_map.positions[placed] / found.unit
    findings = publishable(found.stored.conversation, findings_document(found), last)
    new = snapshots.NewSnapshot(
        conversation_id=found.stored.conversation.pk,
        changes=found.stored.conversation.changes,
        milliseconds=found.milliseconds,
        findings=findings | {"perception": perception_findings(found, findings, last), "placing": placing_document(found)},
        places=pack(found.stored.participants[placed], shown, np.array(found.slots)[labels[placed]]),
        routes=routes_of(found).pack(),
        turnout=turnout_document(found, last),
    )
    return snapshots.save(new)


def draw_report(conversation_id: int, found: Found | None = None) -> bool:
    """Draw the public report of a conversation's newest snapshot in every language.

    Parameters
    ----------
    conversation_id : int
        Number of the conversation in the store.
    found : Found, optional
        What the newest snapshot was made from, if it is at hand; anything else is found again.

    Returns
    -------
    bool
        Whether the report was drawn: not if there is no snapshot, or a later one was drawn meanwhile.
    """
    snapshot = snapshots.newest(conversation_id)
    if snapshot is None:
        return False
    if is_kept(snapshot.findings) and _go_on(conversation_id, snapshot.number):
        return True
    at_hand = (
        found is not None and found.stored.conversation.pk == conversation_id and found.stored.conversation.changes == snapshot.changes
    )
    found = found if at_hand else find(conversation_id)
    perception = snapshot.findings.get(PERCEPTION) or {}
    pages = {code: _page(found, get(code), perception) for code in available()} if found else {}
    return bool(pages) and _keep_pages(conversation_id, snapshot.number, pages)


def _go_on(conversation_id: int, number: int) -> bool:
    """Let the report that was drawn last stand for a snapshot that shows the same; say whether there is one in every language."""
    drawn = models.ReportPage.objects.filter(conversation_id=conversation_id, snapshot_number__lte=number)
    return drawn.count() == len(available()) and bool(drawn.update(snapshot_number=number))


@dataclass(frozen=True, slots=True)
class _Told:
    """A conversation as the report needs it."""

    info: ConversationInfo
    statements: tuple[Statement, ...]
    log: VoteLog


def _page(found: Found, language: Language, perception: Mapping[str, Any]) -> bytes:
    told = _told(found.stored, language)
    report = build_report(found.analysis, told, language=language, slots=found.slots)
    names = found.stored.conversation.names
    named = tuple(replace(group, name=group_name(names, group.slot, language)) for group in report.groups)
    texts = {row.pk: one.text for row, one in zip(found.stored.statements, told.statements, strict=True) if one.is_analysed and one.text}
    perceived = build_perception(perception, texts, found.slots, language)
    return zlib.compress(render_html(replace(report, groups=named, perception=perceived), language).encode(), 6)


def _told(stored: StoredVotes, language: Language) -> _Told:
    """Return question and statements in a language, as far as they were translated into it."""
    row = stored.conversation
    words = wording(row, language.code)
    notes = (*row.notes, *(["synthetic"] if row.is_synthetic and "synthetic" not in row.notes else []))
    info = ConversationInfo(
        topic=words.topic,
        description=words.description,
        url=row.url,
        source=row.source or row.slug,
        notes=notes,
    )
    return _Told(info, tuple(map(partial(_record, language=language), stored.log.statements.tolist(), stored.statements)), stored.log)


def _record(label: int | str, row: models.Statement, *, language: Language) -> Statement:
    return Statement(
        id=label,
        text=in_language(row.text, row.language, row.translations, language.code)[0],
        moderation=Moderation.REJECTED if row.is_withdrawn else Moderation(row.state),
        is_meta=row.is_meta,
        is_seed=row.is_seed,
    )


def _keep_pages(conversation_id: int, number: int, pages: Mapping[str, bytes]) -> bool:
    with transaction.atomic():
        # one report of a conversation at a time, and never an older one over a newer
        conversation = models.Conversation.objects.select_for_update().filter(pk=conversation_id).first()
        drawn = models.ReportPage.objects.filter(conversation_id=conversation_id)
        if conversation is None or drawn.filter(snapshot_number__gt=number).exists():
            return False
        drawn.delete()
        models.ReportPage.objects.bulk_create(
            models.ReportPage(conversation_id=conversation_id, language=code, snapshot_number=number, html=html)
            for code, html in pages.items()
        )
    return True


def _turned_as_before(analysis: Analysis, stored: StoredVotes) -> Analysis:
    """Turn the map so that people stay where the last snapshot showed them."""
    last = snapshots.newest(stored.conversation.pk)
    if last is None or not len(stored.participants):  # everybody has left
        return analysis
    before = unpack(last.places)
    rows = _rows(stored.participants, before["participant"])
    both = (rows >= 0) & (analysis.grouping.labels[rows] >= 0)
    previous: Floats = np.stack([before["x"], before["y"]], axis=1)[both].astype(np.float64)
    found = analysis.opinion_map
    return turn_analysis(analysis, find_turn(previous, found.positions[rows[both]], found.spread))


def _slots_as_before(analysis: Analysis, stored: StoredVotes) -> tuple[int, ...]:
    """Give each group the slot that most of its members had when there were groups last."""
    labels = analysis.grouping.labels
    previous: Labels = np.full(len(labels), -1, dtype=np.int32)
    last = snapshots.newest_divided(stored.conversation.pk)
    if last is not None:
        before = unpack(last.places)
        rows = _rows(stored.participants, before["participant"])
        previous[rows[rows >= 0]] = before["slot"][rows >= 0]
    return match_groups(previous, labels, analysis.grouping.n_groups)


def _rows(participants: Ints, wanted: Ints) -> Ints:
    """Return where each number stands among the participants, −1 where it does not."""
    if not len(participants):
        return np.full(len(wanted), -1, dtype=np.int64)
    order = np.argsort(participants)
    at = np.minimum(np.searchsorted(participants, wanted, sorter=order), len(participants) - 1)
    return np.where(participants[order[at]] == wanted, order[at], -1).astype(np.int64)
