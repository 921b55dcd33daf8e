"""What the core finds: frozen results with documented shapes. n participants, m statements, g groups; axes are always in that order."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from klal.core.arrays import Bools, Floats, Ints, Labels
from klal.core.settings import AnalysisSettings
from klal.core.votes import VoteMatrix

if TYPE_CHECKING:
    from klal.core.coordination import Coordination
    from klal.core.gifts import Gifts


@dataclass(frozen=True, slots=True, eq=False)
class VoteTally:
    """Votes per statement.

    Attributes
    ----------
    agree, disagree, passed : ndarray of int64
        Shape (m,), or (g, m) per group.
    """

    agree: Ints
    disagree: Ints
    passed: Ints

    @property
    def seen(self) -> Ints:
        """Return all votes, passes included."""
        return self.agree + self.disagree + self.passed

    @property
    def decided(self) -> Ints:
        """Return votes that agree or disagree."""
        return self.agree + self.disagree


@dataclass(frozen=True, slots=True, eq=False)
class OpinionMap:
    """Where everybody stands on the two axes that separate people most.

    Attributes
    ----------
    positions : ndarray of float
        Shape (n, 2): estimated position, drawn towards the centre (0, 0) as far as the votes leave doubt.
    uncertainty : ndarray of float
        Shape (n, 3): variance along x, covariance, variance along y of each position.
    axes : ndarray of float
        Shape (m, 2): weight of each statement on each axis, columns of length 1; the largest weight of each axis is positive.
    centre : ndarray of float
        Shape (m,): mean vote on each statement, −1 … 1.
    explained : ndarray of float
        Shape (2,): share of the variance of all votes along each axis, 0 … 1.
    spread : ndarray of float
        Shape (2,): standard deviation of true positions along each axis, as estimated.
    placed : ndarray of bool
        Shape (n,): whether the participant cast enough votes to be placed.
    noise : float
        Variance of a vote around what the positions explain, on the scale disagree −1, agree +1.
    """

    positions: Floats
    uncertainty: Floats
    axes: Floats
    centre: Floats
    explained: Floats
    spread: Floats
    placed: Bools
    noise: float


class Verdict(StrEnum):
    """How well the votes support separate opinion groups."""

    NONE = "none"
    WEAK = "weak"
    CLEAR = "clear"


class Reason(StrEnum):
    """Why a verdict on groups was given; the sentence for people is made from it in their language."""

    TOO_FEW = "too_few"
    ALL_ALIKE = "all_alike"
    ONE_CLOUD = "one_cloud"
    UNSTABLE = "unstable"
    SPECTRUM = "spectrum"
    NARROW = "narrow"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """Opinion groups: people who vote alike.

    Attributes
    ----------
    labels : ndarray of int32
        Shape (n,): group of each participant, 0 the largest; −1 = not placed.
    membership : ndarray of float
        Shape (n, g): probability of belonging to each group; rows sum to 1, or are 0 for those not placed.
    centres : ndarray of float
        Shape (g, 2): centre of each group on the map.
    verdict : Verdict
        Whether separate groups are supported: none, weak or clear.
    stability : float
        0 … 1: how far the division comes out the same from random halves of the participants (adjusted Rand index, floored at 0).
        Where there are no groups: 0, or 1 if everybody votes alike.
    gap : float
        0 … 1: how deep the dip in density is between the two groups that are hardest to tell apart; 0 no dip at all, 1 nobody between.
    reason : Reason
        Why the verdict.
    gain : float
        Logarithm of how much likelier the votes are with these groups than with any way of standing that has no gap, for the two groups
        hardest to tell apart; where there are no groups, of the best division tried.
    """

    labels: Labels
    membership: Floats
    centres: Floats
    verdict: Verdict
    stability: float
    gap: float
    reason: Reason
    gain: float = 0.0

    @property
    def n_groups(self) -> int:
        """Return how many groups there are."""
        return int(self.membership.shape[1])

    @property
    def sizes(self) -> Ints:
        """Return members of each group, shape (g,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.n_groups)


@dataclass(frozen=True, slots=True, eq=False)
class Representativeness:
    """How far a group's answer to a statement sets it apart from everybody else (Polis's formulas).

    Attributes
    ----------
    ratio : ndarray of float
        Shape (2, g, m), > 0: share of the group over share of the rest, for agree (0) and disagree (1); 1 means no difference.
    ratio_z, share_z : ndarray of float
        Shape (2, g, m): two-proportion z of the ratio, one-proportion z of the group's own share.
    chosen : tuple of tuple of (int, int)
        For each group up to five (statement position, 0 agree or 1 disagree), strongest first.
    """

    ratio: Floats
    ratio_z: Floats
    share_z: Floats
    chosen: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Bridging:
    """The factor model: agreement explained by a statement's own appeal, a person's readiness to agree, and where both stand.

    ``logit P(agree) = mean + person + appeal + person_factors · statement_factors``, passes left out.

    Attributes
    ----------
    mean : float
        Overall log-odds of agreeing.
    person : ndarray of float
        Shape (n, 1 + k): readiness to agree, then k factors; posterior means, centred on 0.
    person_cov : ndarray of float
        Shape (n, (1 + k)(2 + k) / 2): posterior covariances, lower triangles by rows.
    statement : ndarray of float
        Shape (m, 1 + k): appeal, then k factors; posterior means.
    statement_cov : ndarray of float
        Shape (m, (1 + k)(2 + k) / 2): posterior covariances, lower triangles by rows.
    score : ndarray of float
        Shape (m,), 0 … 1: the bridging score, the chance that somebody at the centre of all opinions agrees.
    sweeps : int
        Sweeps done.
    converged : bool
        Whether they met the tolerance.
    person_precision : ndarray of float
        Shape (1 + k,): precision of the prior of people's parameters, whose mean is 0; 1 for the factors.
    statement_mean : ndarray of float
        Shape (1 + k,): mean of the prior of statements' parameters; 0 for the appeal.
    statement_precision : ndarray of float
        Shape (1 + k, 1 + k): precision of that prior.
    """

    mean: float
    person: Floats
    person_cov: Floats
    statement: Floats
    statement_cov: Floats
    score: Floats
    sweeps: int
    converged: bool
    person_precision: Floats = field(default_factory=lambda: np.ones(1))
    statement_mean: Floats = field(default_factory=lambda: np.zeros(1))
    statement_precision: Floats = field(default_factory=lambda: np.ones((1, 1)))


@dataclass(frozen=True, slots=True, eq=False)
class RankAgreement:
    """Agreement in each rank (stratum) of one feature, such as the age groups of "age".

    Attributes
    ----------
    feature : str
        What the ranks are ranks of.
    ranks : tuple of str
        Their r names, sorted.
    sizes : ndarray of int64
        Shape (r,): participants of each rank.
    tally : VoteTally
        Counts of shape (r, m).
    agreement, lower, upper : ndarray of float
        Shape (r, m), 0 … 1: as in ``CommonGround``.
    """

    feature: str
    ranks: tuple[str, ...]
    sizes: Ints
    tally: VoteTally
    agreement: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True, eq=False)
class NearMisses:
    """Statements that are not common ground because of one group only, and what that group lacks.

    Attributes
    ----------
    near : ndarray of bool
        Shape (m,): whether the statement is a near-miss.
    group : ndarray of int64
        Shape (m,): the group that lacks agreement; −1 for a part of the public that is not drawn as a group, and where nothing is near.
    points : ndarray of float
        Shape (m,), 0 … 0.5: how much agreement it lacks to one half, as a share of its members; 0 where only certainty is lacking. Of a
        part that is not drawn, how far what is certified lies below one half.
    votes : ndarray of int64
        Shape (m,): where a majority of the group is likely to agree, how many more votes of its members, cast as so far, would settle
        it; −1 elsewhere.
    """

    near: Bools
    group: Ints
    points: Floats
    votes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class CommonGround:
    """What holds in every part of the public, ranked by the part that agrees least.

    Attributes
    ----------
    agreement, lower, upper : ndarray of float
        Shape (g, m), 0 … 1: estimated share that agrees among those of the group who would agree or disagree, and its interval.
    score : ndarray of float
        Shape (m,): agreement of the group that agrees least; not always the weakest group, whose lower end is the least.
    bound : ndarray of float
        Shape (m,): even the part that agrees least agrees at least so much, as far as the votes tell; never above any group's lower end.
        A statement is common ground where this is above one half.
    weakest_group : ndarray of int64
        Shape (m,): the group whose lower end is the least.
    rank : ndarray of int64
        Shape (m,), 1 … m: 1 is the strongest common ground, by ``margin``; ties by bound, then by statement id.
    margin : ndarray of float
        Shape (m,), 0 … 0.55: expected margin over one half of the part that agrees least (points below one half count a tenth).
    weakest_share : ndarray of float
        Shape (m,), 0 … 1: how much of the public the part that agrees least is, drawn as a group or not.
    worth : ndarray of float
        Shape (m,), 0 … 1: how far the subject divides; near 0 a platitude.
    worthwhile_rank : ndarray of int64
        Shape (m,), 1 … m: ranking by margin times worth, which puts platitudes down.
    unwanted_bound : ndarray of float
        Shape (m,): even the part that rejects least agrees at most so much; where this is below one half, nobody wants it.
    unwanted_rank : ndarray of int64
        Shape (m,), 1 … m: 1 is what all parts reject most.
    near_misses : NearMisses
        What lacks one group only.
    """

    agreement: Floats
    lower: Floats
    upper: Floats
    score: Floats
    bound: Floats
    weakest_group: Ints
    rank: Ints
    margin: Floats
    weakest_share: Floats
    worth: Floats
    worthwhile_rank: Ints
    unwanted_bound: Floats
    unwanted_rank: Ints
    near_misses: NearMisses


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an analysis comes from: enough to make it again.

    Attributes
    ----------
    klal : str
        Version that made it.
    votes_digest : str
        Fingerprint of the votes, ``sha256:…``.
    seed : int
        Seed of every draw.
    settings : AnalysisSettings
        All settings.
    """

    klal: str
    votes_digest: str
    seed: int
    settings: AnalysisSettings


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """Everything found about one conversation.

    Attributes
    ----------
    votes : VoteMatrix
        The votes analysed, shape (n, m).
    tally, group_tally : VoteTally
        Votes per statement, shape (m,), and per group and statement, shape (g, m).
    opinion_map, grouping, representativeness, bridging, common_ground
        See each.
    group_informed_consensus : ndarray of float
        Shape (m,), 0 … 1: product over groups of the smoothed share of agrees (Polis).
    divisiveness : ndarray of float
        Shape (m,), 0 … 1: how far people's positions pull their answers apart.
    provenance : Provenance
        How to make it again.
    ranks : tuple of RankAgreement
        Agreement by rank, one entry a feature; empty if no ranks were given.
    gifts : Gifts or None
        What began within one group and was taken up by the others; None if nothing is known of the votes' history.
    coordination : Coordination or None
        Accounts that look alike, and common ground without them; None if it was not looked for.
    """

    votes: VoteMatrix
    tally: VoteTally
    group_tally: VoteTally
    opinion_map: OpinionMap
    grouping: Grouping
    representativeness: Representativeness
    bridging: Bridging
    common_ground: CommonGround
    group_informed_consensus: Floats
    divisiveness: Floats
    provenance: Provenance
    ranks: tuple[RankAgreement, ...] = ()
    gifts: Gifts | None = None
    coordination: Coordination | None = None
