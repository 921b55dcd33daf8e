"""Common ground: what holds in every part of the public, ranked by the part that agrees least, and how divisive each statement is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from klal.core.arrays import Floats, Ints, Labels, frozen
from klal.core.near_misses import find_near_misses
from klal.core.offsets import Answers, Offsets, agreement_of, fit_offsets
from klal.core.parts import Division, find_divisions, judge_others
from klal.core.results import Bridging, CommonGround, Grouping, OpinionMap, RankAgreement
from klal.core.settings import CommonGroundSettings
from klal.core.tally import tally_groups
from klal.core.votes import VoteMatrix
from klal.core.weakest import find_weakest
from klal.core.worth import find_worth
from klal.errors import BadOptionError

_MOST_CHANCES = 4_000_000
"""Most chances (people × statements) computed to find how divisive statements are; beyond it people are thinned evenly."""
_MOST_PEOPLE = 2_000


def find_common_ground(
    votes: VoteMatrix,
    grouping: Grouping,
    bridging: Bridging,
    *,
    settings: CommonGroundSettings | None = None,
    similarity: Floats | None = None,
    weights: Floats | None = None,
) -> CommonGround:
    """Estimate how far each group agrees with each statement, and rank statements by the part of the public that agrees least.

    A group's agreement rests on its own votes and on how it answers other statements of like appeal. The ranking asks all parts of the
    public that its answers tell apart, drawn as groups or not, so that a minority counts where no groups are drawn, too.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    grouping : Grouping
        Labels of shape (n,).
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Level of the intervals, parts.
    similarity : ndarray of float, optional
        Shape (m, m), >= 0: how near statements are in subject, where somebody knows it; used for ``worth`` only.
    weights : ndarray of float, optional
        Shape (v,), 0 … 1: what each vote counts for, in the order of the votes; 1 each if left out.

    Returns
    -------
    CommonGround
        Per group and statement, shape (g, m), and the rankings, shape (m,).
    """
    return ground_of(Judges.of(votes, grouping, bridging, settings=settings, weights=weights), bridging, similarity=similarity)


def ground_of(judges: Judges, bridging: Bridging, *, similarity: Floats | None = None) -> CommonGround:
    """Ask groups and parts that are known already; the second half of ``find_common_ground``.

    Parameters
    ----------
    judges : Judges
        Groups and parts, and how they answered.
    bridging : Bridging
        The fitted model.
    similarity : ndarray of float, optional
        Shape (m, m), >= 0, as in ``find_common_ground``.

    Returns
    -------
    CommonGround
        Per group and statement, shape (g, m), and the rankings, shape (m,).
    """
    agreement, lower, upper = _interval(judges.offsets, bridging, judges.membership, judges.level)
    agrees = find_weakest(judges.divisions, level=judges.level)
    rejects = find_weakest(judges.divisions, level=judges.level, rejects=True)
    # what is certified holds in every group that is drawn, too
    bound = np.minimum(agrees.bound, lower.min(axis=0))
    unwanted = np.maximum(1 - rejects.bound, upper.max(axis=0))
    worth = find_worth(bridging, similarity=similarity)
    parts = {
        "agreement": agreement,
        "lower": lower,
        "upper": upper,
        "score": agreement.min(axis=0),
        "bound": bound,
        "weakest_group": np.argmin(lower, axis=0).astype(np.int64),
        "rank": _rank(agrees.margin, bound),
        "margin": agrees.margin,
        "weakest_share": agrees.share,
        "worth": worth,
        "worthwhile_rank": _rank(agrees.margin * worth, bound),
        "unwanted_bound": unwanted,
        "unwanted_rank": _rank(rejects.margin, -unwanted),
    }
    near = find_near_misses(agreement, lower, bound, level=judges.level)
    return CommonGround(**{name: frozen(part) for name, part in parts.items()}, near_misses=near)


@dataclass(frozen=True, slots=True, eq=False)
class Judges:
    """Groups and parts as they answered the statements of a conversation, ready to be asked about other votes of the same people.

    Attributes
    ----------
    membership : ndarray of float
        Shape (n, g): who is in which group.
    offsets : Offsets
        How the groups answered.
    divisions : tuple of Division
        The parts and how they answered.
    level : float
        Probability of an interval.
    """

    membership: Floats
    offsets: Offsets
    divisions: tuple[Division, ...]
    level: float

    @classmethod
    def of(
        cls,
        votes: VoteMatrix,
        grouping: Grouping,
        bridging: Bridging,
        *,
        settings: CommonGroundSettings | None = None,
        weights: Floats | None = None,
    ) -> Judges:
        """Learn from the votes how groups and parts answer; arguments as in ``find_common_ground``."""
        settings = settings or CommonGroundSettings()
        answers = Answers.of(votes, bridging, weights)
        membership = _membership(answers, grouping.labels, grouping.n_groups)
        return cls(
            membership=membership,
            offsets=fit_offsets(answers, membership),
            divisions=find_divisions(answers, bridging, settings=settings),
            level=settings.level,
        )

    def judge(self, votes: VoteMatrix, bridging: Bridging) -> tuple[Floats, Floats]:
        """Return margin and bound of other votes of the same people, as in ``CommonGround``, with all that was learnt held.

        Parameters
        ----------
        votes : VoteMatrix
            Shape (n, q).
        bridging : Bridging
            Of these q statements.

        Returns
        -------
        margin, bound : ndarray of float
            Shape (q,).
        """
        answers = Answers.of(votes, bridging)
        offsets = fit_offsets(answers, self.membership, learnt=self.offsets)
        _, lower, _ = _interval(offsets, bridging, self.membership, self.level)
        agrees = find_weakest(judge_others(self.divisions, answers, bridging), level=self.level)
        return agrees.margin, np.minimum(agrees.bound, lower.min(axis=0))


def estimate_agreement(
    votes: VoteMatrix, labels: Labels, sets: int, bridging: Bridging, *, settings: CommonGroundSettings | None = None
) -> tuple[Floats, Floats, Floats]:
    """Estimate the share that agrees in each of several sets of people, with intervals.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    labels : ndarray of int32
        Shape (n,): the set of each participant, −1 = in none.
    sets : int
        Number of sets g.
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Level of the intervals.

    Returns
    -------
    agreement, lower, upper : ndarray of float
        Shape (g, m), 0 … 1.
    """
    settings = settings or CommonGroundSettings()
    answers = Answers.of(votes, bridging)
    membership = _membership(answers, labels, sets)
    return _interval(fit_offsets(answers, membership), bridging, membership, settings.level)


def agreement_by_rank(
    votes: VoteMatrix, features: Mapping[str, Sequence[str | None]], bridging: Bridging, *, settings: CommonGroundSettings | None = None
) -> tuple[RankAgreement, ...]:
    """Estimate agreement in every rank of every feature: common ground must hold in each, not on average.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    features : mapping of str to sequence of str or None
        For each feature the rank of each of the n participants, None where it is not known.
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Level of the intervals.

    Returns
    -------
    tuple of RankAgreement
        One a feature that anybody has a rank of, in the order given.

    Raises
    ------
    BadOptionError
        If a feature does not have one entry for each participant.
    """
    results = []
    for feature, given in features.items():
        if len(given) != votes.shape[0]:
            raise BadOptionError(option=feature, found=f"{len(given)} ranks", needed=f"{votes.shape[0]}")
        ranks = tuple(sorted({rank for rank in given if rank is not None}))
        if not ranks:
            continue
        labels = np.array([-1 if rank is None else ranks.index(rank) for rank in given], dtype=np.int32)
        tally = tally_groups(votes, labels, len(ranks))
        estimate = (frozen(part) for part in estimate_agreement(votes, labels, len(ranks), bridging, settings=settings))
        sizes = frozen(np.bincount(labels[labels >= 0], minlength=len(ranks)))
        results.append(RankAgreement(feature, ranks, sizes, tally, *estimate))
    return tuple(results)


def find_divisiveness(bridging: Bridging, opinion_map: OpinionMap) -> Floats:
    """Say how far people's positions pull their answers to each statement apart.

    Parameters
    ----------
    bridging : Bridging
        The fitted model.
    opinion_map : OpinionMap
        Says who is placed.

    Returns
    -------
    ndarray of float
        Shape (m,), 0 … 1: twice the standard deviation, over the people placed, of the chance of agreeing that follows from position
        alone; 1 would be two equal camps of opposite minds, 0 a statement on which position does not matter.
    """
    placed = np.flatnonzero(opinion_map.placed)
    m = len(bridging.score)
    if not len(placed):
        return frozen(np.zeros(m))
    people = _thin(placed, int(np.clip(_MOST_CHANCES // max(m, 1), 50, _MOST_PEOPLE)))
    logit = bridging.mean + bridging.statement[:, 0] + bridging.person[people][:, 1:] @ bridging.statement[:, 1:].T
    return frozen(np.asarray(2 * np.std(1 / (1 + np.exp(-np.clip(logit, -500, 500))), axis=0)))


def _membership(answers: Answers, labels: Labels, sets: int) -> Floats:
    """Return how much each participant counts in each set, shape (n, sets): those without a vote not at all."""
    return np.asarray((labels[:, None] == np.arange(sets)) * answers.presence[:, None])


def _interval(offsets: Offsets, bridging: Bridging, membership: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    middle, doubt = agreement_of(offsets, bridging, membership)
    reach = ndtri((1 + level) / 2) * doubt
    return _share(middle), _share(middle - reach), _share(middle + reach)


def _rank(key: Floats, second: Floats) -> Ints:
    """Return the place of each statement, 1 for the largest key; equals by the second key, then in their order."""
    # rounded: a last bit decides no rank
    order = np.lexsort((np.arange(len(key)), -np.round(second, 9), -np.round(key, 9)))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(1, len(order) + 1)
    return rank


def _share(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -500, 500))))


def _thin(people: Ints, most: int) -> Ints:
    return people if len(people) <= most else people[np.linspace(0, len(people) - 1, most).astype(np.int64)]
