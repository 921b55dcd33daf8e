"""From rows to a log: every vote of a conversation as it was cast, in order."""

from __future__ import annotations

import numpy as np
from django.db.models.functions import Coalesce

from klal.core.arrays import Bools, Ints, frozen
from klal.core.vote_log import VoteLog
from klal.store.bulk import read_numbers
from klal.store.labels import Labels
from klal.store.models import Conversation, Vote, VoteEvent

_NO_TIME = int(np.iinfo(np.int64).min)


def read_log(conversation: Conversation, participants: Labels, statements: Labels) -> VoteLog:
    """Return every vote event of a conversation.

    Parameters
    ----------
    conversation : Conversation
        Which.
    participants, statements : Labels
        All of its participants and statements.

    Returns
    -------
    VoteLog
        In the order the votes were cast, and timed so that those that stand are the last ones by time too. Of a vote that was
        withdrawn nothing is left. Times are there if every vote has one.
    """
    events = read_numbers(
        VoteEvent.objects.filter(participant__conversation=conversation)
        .order_by("pk")
        .values_list("participant_id", "statement_id", Coalesce("choice", 0), Coalesce("time", _NO_TIME)),
        4,
    )
    rows, columns = participants.positions(events[0]), statements.positions(events[1])
    votes = rows * len(statements.index) + columns
    kept = ~_withdrawn(votes, events[2])
    times: Ints | None = events[3][kept] if conversation.is_timed and not (events[3][kept] == _NO_TIME).any() else None
    if times is not None:
        early, latest = _told_too_early(votes[kept], times)
        if len(early):
            # A clock that was set back gives a later vote an earlier time; whoever reads the log by time would let the wrong one stand.
            # In what was imported times may run backwards as well, but there the latest one stands, and nothing is changed.
            standing = _standing_times(conversation, participants, statements)
            stands = np.array([standing.get(one, _NO_TIME) for one in votes[kept][early].tolist()], dtype=np.int64)
            times[early] = np.where(stands < latest, latest, times[early])
    return VoteLog(
        rows=frozen(rows[kept].astype(np.int32)),
        columns=frozen(columns[kept].astype(np.int32)),
        codes=frozen(events[2][kept].astype(np.int8)),
        times=None if times is None else frozen(times),
        participants=participants.index,
        statements=statements.index,
    )


def _withdrawn(votes: Ints, codes: Ints) -> Bools:
    """Return which events are withdrawals or were withdrawn later, shape (e,), of votes numbered by person and statement."""
    places = np.flatnonzero(codes == 0)
    last = dict(zip(votes[places].tolist(), places.tolist(), strict=True))
    found = np.zeros(len(votes), dtype=np.bool_)
    if last:
        concerned = np.flatnonzero(np.isin(votes, np.array(list(last), dtype=np.int64)))
        found[concerned] = [place <= last[vote] for place, vote in zip(concerned.tolist(), votes[concerned].tolist(), strict=True)]
    return found


def _told_too_early(votes: Ints, times: Ints) -> tuple[Ints, Ints]:
    """Return the places of last events of a vote that are timed before an earlier one of the same vote, and the latest time of each."""
    order = np.argsort(votes, kind="stable")
    starts = np.flatnonzero(np.diff(votes[order], prepend=-1))
    latest = np.maximum.reduceat(times[order], starts) if len(starts) else times
    last = order[np.append(starts, len(order))[1:] - 1]
    early = times[last] < latest
    return last[early], latest[early]


def _standing_times(conversation: Conversation, participants: Labels, statements: Labels) -> dict[int, int]:
    """Return when the votes that stand were cast, by vote."""
    query = Vote.objects.filter(participant__conversation=conversation, time__isnull=False)
    found = read_numbers(query.values_list("participant_id", "statement_id", "time"), 3)
    votes = participants.positions(found[0]) * len(statements.index) + statements.positions(found[1])
    return dict(zip(votes.tolist(), found[2].tolist(), strict=True))
