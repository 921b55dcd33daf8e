"""Putting a conversation together from the files of a Polis export of any generation, or from a single table of votes.

Where there is both a log of votes and a table of one participant a line, the log is believed and the table only adds who took part
and the published groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import frozen
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Statement
from klal.errors import NotEnoughVotesError, UnknownStatementError
from klal.io.columns import find_vote_columns, is_wide
from klal.io.conversation import Conversation
from klal.io.log_builder import RawVotes
from klal.io.progress import Progress
from klal.io.signs import declared_raw, read_signs, sidecar_convention
from klal.io.sources import Export, Member
from klal.io.statements_csv import RawStatements, author_of, read_statements, read_summary
from klal.io.text_table import TextTable, open_table
from klal.io.votes_csv import read_votes_csv
from klal.io.wide_csv import WideVotes, read_wide_csv


@dataclass(frozen=True, slots=True)
class _Ballots:
    """Votes and who is listed beside them."""

    table: TextTable
    columns: Mapping[str, str] | None
    votes: RawVotes
    listed: WideVotes | None


def read_export(export: Export, progress: Progress, columns: Mapping[str, str] | None = None) -> Conversation:
    """Read a Polis export.

    Parameters
    ----------
    export : Export
        Its files.
    progress : Progress
        Told of the bytes read.
    columns : mapping of str to str, optional
        Our name → the file's name, for the file of votes.

    Returns
    -------
    Conversation
        With the notes ``signs_flipped`` (the file had the raw signs and they were turned round), ``signs_uncertain`` (they look raw,
        but there is too little to tell) or ``texts_rejoined`` (texts without quotes were put together again), where they apply.

    Raises
    ------
    InputError
        With file and line, if a file is not what it should be.
    """
    ballots = _read_ballots(export, progress, columns)
    texts = read_statements(_table(export.statements)) if export.statements else None
    summary = read_summary(_table(export.summary, delimiter=",")) if export.summary else {}
    value = {key: text for key, (_, text) in summary.items()}
    info = ConversationInfo(value.get("topic", ""), value.get("conversation-description", ""), value.get("url", ""), export.name)
    conversation = _compose(info, ballots, texts)
    raw = _declared(export, summary, ballots.table)
    notes = ("texts_rejoined",) if texts and texts.rejoined else ()
    return _with_true_signs(conversation, notes, raw=raw)


def read_table(member: Member, progress: Progress, columns: Mapping[str, str] | None = None) -> Conversation:
    """Read a single CSV of votes, one vote or one participant a line.

    Parameters
    ----------
    member : Member
        The file.
    progress : Progress
        Told of the bytes read.
    columns : mapping of str to str, optional
        Our name → the file's name.

    Returns
    -------
    Conversation
        Statements have no texts.

    Raises
    ------
    NotEnoughVotesError
        If there is no vote in it.
    InputError
        With file and line, if it is not what it should be.
    """
    ballots = _read_votes(_table(member), progress, columns)
    if not len(ballots.votes.codes):
        raise NotEnoughVotesError(file=member.name, have=0, need=1)
    conversation = _compose(ConversationInfo(source=member.name), ballots, None)
    table = ballots.table
    raw = declared_raw(table.convention, file=table.file, line=1) if table.convention else None
    return _with_true_signs(conversation, (), raw=raw)


def _table(member: Member, *, delimiter: str | None = None) -> TextTable:
    return open_table(member.name, member.opener, delimiter=delimiter)


def _read_ballots(export: Export, progress: Progress, columns: Mapping[str, str] | None) -> _Ballots:
    ballots = _read_votes(_table(export.ballots), progress, columns)
    if export.participants is None or export.participants is export.ballots:
        return ballots
    return replace(ballots, listed=read_wide_csv(_table(export.participants), progress, with_votes=False))


def _read_votes(table: TextTable, progress: Progress, columns: Mapping[str, str] | None) -> _Ballots:
    if is_wide(table.header, columns):
        wide = read_wide_csv(table, progress, columns)
        return _Ballots(table, columns, wide.votes, wide)
    return _Ballots(table, columns, read_votes_csv(table, progress, columns), None)


def _compose(info: ConversationInfo, ballots: _Ballots, texts: RawStatements | None) -> Conversation:
    if texts is not None:
        ballots.votes.drop_unvoted()
        _refuse_unknown(ballots, texts)
    log = ballots.votes.settle(
        participants=ballots.listed.participants if ballots.listed else [],
        statements=[raw.id for raw in texts.statements] if texts else [],
    )
    groups = {_as_id(one, log.participants): group for one, group in ballots.listed.groups.items()} if ballots.listed else {}
    return Conversation(info, _statements(log, texts), log, groups)


def _statements(log: VoteLog, texts: RawStatements | None) -> tuple[Statement, ...]:
    if texts is None:
        return tuple(Statement(one) for one in log.statements.tolist())
    by_id = {_as_id(raw.id, log.statements): raw for raw in texts.statements}
    return tuple(by_id[one].settled(one, author_of(by_id[one], log.participants)) for one in log.statements.tolist())


def _as_id(text: str, index: IdIndex) -> Id:
    return int(text) if index.ids.dtype.kind == "i" else text


def _refuse_unknown(ballots: _Ballots, texts: RawStatements) -> None:
    """Refuse a vote on a statement that is not listed: its text is missing, and whether it was rejected cannot be known."""
    unknown = {str(one) for one in ballots.votes.statements.tolist()} - {raw.id for raw in texts.statements}
    if not unknown:
        return
    line, found = _first_vote_on(ballots.table, unknown, ballots.columns)
    raise UnknownStatementError(file=ballots.table.file, line=line, found=found, needed=texts.file)


def _first_vote_on(table: TextTable, unknown: set[str], columns: Mapping[str, str] | None) -> tuple[int, str]:
    with closing(table.records()) as records:
        if is_wide(table.header, columns):
            places = [(at, name.strip()) for at, name in enumerate(table.header.names) if name.strip() in unknown]
            return next((line, name) for line, cells in records for at, name in places if cells[at].strip())
        at = find_vote_columns(table.header, columns).statement
        return next((line, cells[at].strip()) for line, cells in records if cells[at].strip() in unknown)


def _declared(export: Export, summary: Mapping[str, tuple[int, str]], table: TextTable) -> bool | None:
    """Return whether the signs are declared to be raw, None if nothing is declared."""
    sidecar = sidecar_convention(export.format) if export.format else ""
    if export.format and sidecar:
        return declared_raw(sidecar, file=export.format.name, line=1)
    if export.summary and "vote-convention" in summary:
        line, text = summary["vote-convention"]
        return declared_raw(text, file=export.summary.name, line=line)
    return declared_raw(table.convention, file=table.file, line=1) if table.convention else None


def _with_true_signs(conversation: Conversation, notes: tuple[str, ...], *, raw: bool | None) -> Conversation:
    log = conversation.log
    if raw is None:
        signs = read_signs(log, conversation.statements)
        raw = signs.raw
        notes += ("signs_uncertain",) if signs.uncertain else ()
    if raw:
        log = replace(log, codes=frozen(np.subtract(np.int8(4), log.codes)))
        notes += ("signs_flipped",)
    return replace(conversation, log=log, info=replace(conversation.info, notes=notes))
