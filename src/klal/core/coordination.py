"""Coordination: accounts whose ballots look alike, statements that accounts came for, and common ground that moves little under either.

Nothing here says that anybody cheated. Ballots can be the same because a family filled them in together; people come for one statement
because a letter asked them to. What is found is reported as what was seen, no single account is ever named, and a group is never held
suspect for agreeing with itself, coming late, coming at once or coming by one link.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from klal.core.alike import same_ballots, same_order
from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.common_ground import Judges, find_common_ground
from klal.core.history import UNKNOWN, History
from klal.core.results import Bridging, CommonGround, Grouping
from klal.core.robust import RobustGround, find_robust_ground
from klal.core.settings import CommonGroundSettings
from klal.core.surplus import Surplus, Turnout, find_surplus, lay_out_turnout
from klal.core.votes import AGREE, VoteMatrix
from klal.domain.privacy import MIN_CELL

_EVIDENCE = 20.0
"""Least gain in log-likelihood for saying that accounts came for a statement; without brigades the largest of a hundred was 16."""
_TIMES_USUAL = 4.0
"""And so many times what nine in ten statements of the conversation stay below: where routing favours some, all have a surplus."""
_EITHER = 0.25
"""Chance that a vote of a surplus is of a brigade and not of a letter or a campaign of honest people; the votes cannot tell. Where both
were simulated equally often, a quarter of those held for surplus votes were of a brigade."""
_DAY = 86_400_000


class Part(StrEnum):
    """A part of the evidence.

    The first three count. Burst and channel are told beside it and count for nothing: honest groups come like that too.
    """

    BALLOTS = "ballots"
    ORDER = "order"
    STATEMENT = "statement"
    BURST = "burst"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One part of what was seen.

    Attributes
    ----------
    part : Part
        What kind.
    share : float
        0 … 1: for ``ballots`` and ``order`` the share of the accounts it holds of; for ``statement`` the share of its agreeing votes that
        turnout does not explain; for ``burst`` and ``channel`` the share that came within one day or by one channel.
    usual : float
        0 … 1: the same of everybody else, NaN where that has no meaning.
    """

    part: Part
    share: float
    usual: float = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class AlikeSet:
    """Accounts that did the same.

    Attributes
    ----------
    members : ndarray of int64
        Rows of the accounts, ascending.
    probability : float
        0 … 1: that they are not independent of each other.
    evidence : tuple of Evidence
        What was seen; never how they voted.
    """

    members: Ints
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """A statement that accounts came for.

    Attributes
    ----------
    statement : int
        Its position.
    surplus : float
        Agreeing votes beyond what turnout lets expect.
    agreeing : int
        Agreeing votes in all.
    evidence : tuple of Evidence
        What was seen.
    """

    statement: int
    surplus: float
    agreeing: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Coordination:
    """What looks coordinated, and common ground with that taken into account.

    Attributes
    ----------
    suspicion : ndarray of float
        Shape (n,), 0 … 1: chance that the account is one of several acting together and not the one of them that counts. Never to be
        shown for a single account.
    sets : tuple of AlikeSet
        Accounts that did the same, largest first.
    pushes : tuple of Push
        Statements that accounts came for, most surplus first.
    surplus : ndarray of float
        Shape (m,): agreeing votes on each statement beyond what turnout lets expect.
    without : CommonGround
        Common ground if of accounts that did the same only one counts; where there are none, the common ground itself.
    robust : RobustGround
        Common ground with bounded influence of every account and surplus votes discounted.
    timed : bool
        Whether times of votes were known.
    """

    suspicion: Floats
    sets: tuple[AlikeSet, ...]
    pushes: tuple[Push, ...]
    surplus: Floats
    without: CommonGround
    robust: RobustGround
    timed: bool

    @property
    def alike(self) -> int:
        """Return how many accounts did the same as others."""
        return sum(len(one.members) for one in self.sets)


def find_coordination(  # noqa: PLR0913 - all that was found before, and options by name
    votes: VoteMatrix,
    grouping: Grouping,
    bridging: Bridging,
    judges: Judges,
    common_ground: CommonGround,
    *,
    history: History | None = None,
    settings: CommonGroundSettings | None = None,
) -> Coordination:
    """Find accounts that look alike, statements that accounts came for, and common ground that moves little under either.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    grouping : Grouping
        Opinion groups.
    bridging : Bridging
        The fitted model.
    judges : Judges
        Groups and parts that common ground asks.
    common_ground : CommonGround
        With everybody counting.
    history : History, optional
        Times and channels, as far as they are known.
    settings : CommonGroundSettings, optional
        Those of the common ground.

    Returns
    -------
    Coordination
        With times or without.
    """
    history = history or History.unknown(votes)
    first = _first_times(votes, history)
    sets = _find_sets(votes, bridging, history, first)
    suspicion, counts = _one_of_each(votes, sets, first)
    everybody = np.where(votes.votes_per_participant > 0, 0, -1).astype(np.int32)
    weights = counts.astype(np.float64)
    turnout = lay_out_turnout(votes, everybody, 1, weights)
    surplus = find_surplus(turnout)
    pushes, came = _find_pushes(votes, history, turnout, surplus, first)
    return Coordination(
        suspicion=frozen(np.maximum(suspicion, came)),
        sets=sets,
        pushes=pushes,
        surplus=frozen(surplus.votes[0].copy()),
        without=common_ground if counts.all() else _without(votes, grouping, bridging, counts, settings),
        robust=find_robust_ground(votes, judges.divisions, (turnout, surplus), weights, level=judges.level),
        timed=history.has_times,
    )


def _without(
    votes: VoteMatrix, grouping: Grouping, bridging: Bridging, counts: Bools, settings: CommonGroundSettings | None
) -> CommonGround:
    """Find the common ground of those who count; groups and the bridging model stay."""
    kept = replace(grouping, labels=grouping.labels[counts], membership=grouping.membership[counts])
    model = replace(bridging, person=bridging.person[counts], person_cov=bridging.person_cov[counts])
    return find_common_ground(votes.select_rows(counts), kept, model, settings=settings)


def _find_sets(votes: VoteMatrix, bridging: Bridging, history: History, first: Floats) -> tuple[AlikeSet, ...]:
    """Join sets found by ballots and by order where they overlap; largest first."""
    joined: list[tuple[Ints, float, dict[Part, Ints]]] = []
    for part, found in ((Part.BALLOTS, same_ballots(votes, bridging)), (Part.ORDER, same_order(votes, history))):
        for members, surprise in found:
            joined = _joined(joined, (members, surprise, {part: members}))
    sets = [_alike_set(history, first, *one) for one in joined]
    return tuple(sorted(sets, key=lambda one: (-len(one.members), int(one.members[0]))))


def _joined(
    sets: list[tuple[Ints, float, dict[Part, Ints]]], new: tuple[Ints, float, dict[Part, Ints]]
) -> list[tuple[Ints, float, dict[Part, Ints]]]:
    """Add a set to others, made one with all that share a member with it."""
    members, surprise, parts = new
    apart = []
    for others, other_surprise, other_parts in sets:
        if not len(np.intersect1d(members, others)):
            apart.append((others, other_surprise, other_parts))
            continue
        members, surprise = np.union1d(members, others), max(surprise, other_surprise)
        parts = parts | {part: np.union1d(value, parts.get(part, value)) for part, value in other_parts.items()}
    return [*apart, (members, surprise, parts)]


def _alike_set(history: History, first: Floats, members: Ints, surprise: float, parts: dict[Part, Ints]) -> AlikeSet:
    evidence = [Evidence(part, len(parts[part]) / len(members)) for part in (Part.BALLOTS, Part.ORDER) if part in parts]
    inside = np.zeros(len(first), dtype=np.bool_)
    inside[members] = True
    evidence += _how_they_came(history, inside, first)
    return AlikeSet(frozen(members), float(1 / (1 + np.exp(-min(surprise, 500.0)))), tuple(evidence))


def _one_of_each(votes: VoteMatrix, sets: tuple[AlikeSet, ...], first: Floats) -> tuple[Floats, Bools]:
    """Return how likely each account only repeats others, and whether it counts, shape (n,) each.

    Of a set one counts: the first to come, or, where that is not known, the shortest ballot, as nothing was added to it.
    """
    suspicion, counts = np.zeros(len(first)), np.ones(len(first), dtype=np.bool_)
    for one in sets:
        timed = bool(np.isfinite(first[one.members]).all())
        key = first[one.members] if timed else votes.votes_per_participant[one.members]
        stays = one.members[np.argmin(key)]
        suspicion[one.members] = one.probability * (1.0 if timed else 1 - 1 / len(one.members))
        if timed:
            suspicion[stays] = 0.0
        counts[one.members] = False
        counts[stays] = True
    return suspicion, counts


def _find_pushes(votes: VoteMatrix, history: History, turnout: Turnout, surplus: Surplus, first: Floats) -> tuple[tuple[Push, ...], Floats]:
    """Describe the statements that accounts came for, and say for each account how likely it is one of those, shape (n,)."""
    came, rows, pushes = np.zeros(votes.shape[0]), votes.row_of_vote(), []
    for j in _pushed(surplus).tolist():
        who = rows[(votes.columns == j) & (votes.codes == AGREE)]
        beyond = 1 - surplus.expected[0, turnout.band[who], j]
        came[who] = np.maximum(came[who], _EITHER * beyond)
        likely = np.zeros(votes.shape[0], dtype=np.bool_)
        likely[who[beyond >= 0.5]] = True
        extra = float(surplus.votes[0, j])
        evidence = [Evidence(Part.STATEMENT, min(extra / len(who), 1.0)), *_how_they_came(history, likely, first)]
        pushes.append(Push(j, extra, len(who), tuple(evidence)))
    return tuple(pushes), came


def _pushed(surplus: Surplus) -> Ints:
    """Return statements with a surplus far beyond what is usual in the conversation, most first."""
    evidence, votes = surplus.evidence[0], surplus.votes[0]
    if not len(evidence):
        return np.empty(0, dtype=np.int64)
    least = max(_EVIDENCE, _TIMES_USUAL * float(np.quantile(evidence, 0.9)))
    found = np.flatnonzero((evidence >= least) & (votes >= MIN_CELL))
    return found[np.argsort(-votes[found], kind="stable")]


def _how_they_came(history: History, inside: Bools, first: Floats) -> list[Evidence]:
    """Return how many of some accounts came within one day and by one channel, and how many of the others."""
    evidence = []
    known = np.isfinite(first)
    if history.has_times and inside[known].any() and (~inside & known).any():
        start = _busiest_day(np.sort(first[inside & known]))
        within = (first >= start) & (first < start + _DAY)
        evidence.append(Evidence(Part.BURST, float(within[inside & known].mean()), float(within[~inside & known].mean())))
    channels = history.channels
    if (channels[inside] != UNKNOWN).any() and (~inside).any():
        main = int(np.argmax(np.bincount(channels[inside & (channels != UNKNOWN)])))
        evidence.append(Evidence(Part.CHANNEL, float((channels[inside] == main).mean()), float((channels[~inside] == main).mean())))
    return evidence


def _busiest_day(first: Floats) -> float:
    """Return the start of the day-long window that holds most of some sorted times."""
    return float(first[np.argmax(np.searchsorted(first, first + _DAY) - np.arange(len(first)))])


def _first_times(votes: VoteMatrix, history: History) -> Floats:
    """Return when each participant cast the first vote that stands, shape (n,); infinity where nothing is known."""
    first = np.full(votes.shape[0], np.inf)
    if history.has_times:
        some = votes.votes_per_participant > 0
        first[some] = np.minimum.reduceat(history.times, votes.indptr[:-1][some])
    return first
