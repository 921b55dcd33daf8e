"""The report as plain, frozen, JSON-able values, already screened for privacy. Nothing here knows a participant.

A figure that must not be published is None, never a number to be hidden later. Statements are referred to by their place in
``Report.statements``, groups by their place in ``Report.groups``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from klal.domain.records import Id

if TYPE_CHECKING:
    from klal.report.coordination import Caution
    from klal.report.gifts import GiftsTold
    from klal.report.perception import Perception

SCHEMA = "klal-report/1"
PLATITUDE = 0.2
"""Worth below which a statement is marked as one that hardly anybody could disagree with."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One opinion group on one statement.

    Attributes
    ----------
    votes : int or None
        Votes of the group, passes included; None if the cell is withheld, and then so is the rest.
    agreement, lower, upper : float or None
        Estimated share that agrees among those who would agree or disagree, and its interval, 0 … 1.
    """

    votes: int | None = None
    agreement: float | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def shown(self) -> bool:
        """Say whether the figures may be shown."""
        return self.agreement is not None


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What a statement lacks to be common ground, where only one part of the public stands in the way.

    Attributes
    ----------
    group : int or None
        Place of the group; None for a part that is not drawn as a group.
    points : float
        Agreement it lacks to one half, as a share, 0 … 0.5; 0 where only certainty is lacking.
    votes : int or None
        How many more votes of its members, cast as so far, would settle it; None where more votes alone would not.
    """

    group: int | None
    points: float
    votes: int | None


@dataclass(frozen=True, slots=True)
class StatementResult:
    """What was found about one statement.

    Attributes
    ----------
    id : int or str
        Its id in the conversation.
    text : str
        What it says, or "Statement 12" where there is no text.
    votes : int or None
        All votes, passes included; None if too few to show.
    agree, disagree, passed : float or None
        Shares of all votes, 0 … 1.
    cells : tuple of Cell
        One for each opinion group.
    score, bound : float or None
        Agreement of the group that agrees least, and the least lower end of any group; None if any group's figures are withheld.
    weakest : int or None
        The group whose lower end that is.
    rank : int or None
        Rank as common ground among the statements of which nothing is withheld, 1 the strongest; None for the others.
    is_common_ground : bool
        Whether every group's lower end is above one half and every group's figures may be shown.
    bridging, divisiveness, consensus : float or None
        Bridging score, divisiveness, group-informed consensus, 0 … 1.
    worth : float or None
        How far the subject divides, 0 … 1; near 0 a platitude.
    least_share : float or None
        How much of the public the part is that agrees least, drawn as a group or not; None if too few or withheld.
    near : NearMiss or None
        What it lacks, if it is nearly common ground.
    """

    id: Id
    text: str
    votes: int | None
    agree: float | None
    disagree: float | None
    passed: float | None
    cells: tuple[Cell, ...]
    score: float | None
    bound: float | None
    weakest: int | None
    rank: int | None
    is_common_ground: bool
    bridging: float | None
    divisiveness: float | None
    consensus: float | None
    worth: float | None
    least_share: float | None
    near: NearMiss | None

    @property
    def is_platitude(self) -> bool:
        """Say whether hardly anything that divides people is at stake in it."""
        return self.worth is not None and self.worth < PLATITUDE

    @property
    def agreement(self) -> float | None:
        """Return the share that agrees among those who agree or disagree; None if not to be shown or if all passed."""
        if self.agree is None or self.disagree is None or self.agree + self.disagree == 0:
            return None
        return self.agree / (self.agree + self.disagree)


@dataclass(frozen=True, slots=True)
class Trait:
    """One answer that sets a group apart.

    Attributes
    ----------
    statement : int
        Place of the statement.
    agrees : bool
        Whether the group agrees with it, or disagrees.
    share, others : float
        Share of the group, and of everybody else in a group, that answers so, 0 … 1.
    """

    statement: int
    agrees: bool
    share: float
    others: float


@dataclass(frozen=True, slots=True)
class GroupResult:
    """One opinion group.

    Attributes
    ----------
    letter : str
        What it is called.
    slot : int
        Says its colour and the shape of its dots.
    size : int or None
        Members; None if too few to show.
    share : float or None
        Share of those placed, 0 … 1.
    centre : tuple of float
        Where its middle is on the map.
    place : str
        The same in words.
    traits : tuple of Trait
        What sets it apart, strongest first.
    outline : tuple of (float, float)
        Corners of the ellipse that holds about half of its members.
    dots : tuple of (float, float)
        Positions of members, or of a fair sample of them, in no order that says who is who.
    name : str
        That the convenors gave it; empty if they gave none.
    """

    letter: str
    slot: int
    size: int | None
    share: float | None
    centre: tuple[float, float]
    place: str
    traits: tuple[Trait, ...]
    outline: tuple[tuple[float, float], ...]
    dots: tuple[tuple[float, float], ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rank:
    """One rank (stratum) of the people, and how many are of it; None if too few to show."""

    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class RankedStatement:
    """One statement in every rank of a feature.

    Attributes
    ----------
    statement : int
        Place of the statement.
    cells : tuple of Cell
        One for each rank.
    shown : int
        Ranks whose figures may be shown.
    doubtful : int
        Those of them whose lower end is not above one half.
    against : int
        Those of them whose upper end is below one half: a majority surely disagrees.
    weakest : int or None
        The one whose lower end is least; None if fewer than two may be shown.
    """

    statement: int
    cells: tuple[Cell, ...]
    shown: int
    doubtful: int
    against: int
    weakest: int | None


@dataclass(frozen=True, slots=True)
class Feature:
    """What people were ranked by, such as age: its ranks, and the strongest common ground tested in each."""

    name: str
    ranks: tuple[Rank, ...]
    statements: tuple[RankedStatement, ...]


@dataclass(frozen=True, slots=True)
class AxisEnd:
    """Which statements pull towards one end of an axis of the map.

    Attributes
    ----------
    axis : int
        0 horizontal, 1 vertical.
    positive : bool
        Right or top, otherwise left or bottom.
    agree : bool
        Whether agreeing with the statements leads there, or disagreeing.
    statements : tuple of int
        Their places, weightiest first.
    """

    axis: int
    positive: bool
    agree: bool
    statements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Who took part, how many statements are of each kind, listed or not, and what was set aside.

    ``few`` are statements with too few votes to say anything about, ``overview`` those that have a place in the overview.
    """

    participants: int
    voted: int
    placed: int
    statements: int
    votes: int
    median_votes: int
    rejected: int
    meta: int
    few: int
    common_ground: int
    against: int
    nearly: int
    overview: int
    withheld_cells: int


@dataclass(frozen=True, slots=True)
class TurnoutBin:
    """Participants who cast ``least`` to ``most`` votes."""

    least: int
    most: int
    participants: int


@dataclass(frozen=True, slots=True)
class MetaStatement:
    """A statement about the conversation itself, kept apart from the analysis."""

    text: str
    votes: int | None
    agree: float | None
    disagree: float | None
    passed: float | None


@dataclass(frozen=True, slots=True)
class Method:
    """How the report was made, and how to make it again; ``polis`` if the groups follow Polis's rule."""

    klal: str
    digest: str
    seed: int
    level: float
    min_votes: int
    min_cell: int
    command: str
    polis: bool
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says, ready to be shown.

    Attributes
    ----------
    schema, language : str
        Version of this layout; code of the language of its sentences.
    topic, description, url, source : str
        As the convenor wrote them; ``url`` only if it is a web address.
    headline : tuple of str
        What was found, in one to three sentences; foreign text inside is fenced by U+2068 and U+2069.
    verdict, reason, stability
        How well the votes support separate groups, as a code, in a sentence, and as a figure 0 … 1.
    counts, turnout, groups, axis_ends, ranks, meta, method
        See each.
    statements : tuple of StatementResult
        Those the report speaks of, in the order of the analysis; of a large conversation not all.
    common_ground, against, nearly, dividing : tuple of int
        Places of statements, at most so many each: common ground, platitudes last; what nobody wants, the surest first; what is
        nearly common ground, by rank; those whose figures may be shown, the most divisive first.
    table, overview : tuple of int
        Places of the statements in the table of all statements and in the overview, ascending.
    map_shown, dots_sampled : bool
        Whether there are enough people for a map; whether it shows a sample of them.
    notes : tuple of str
        What a reader should know about the input.
    gifts : GiftsTold or None
        What each group gives; None with fewer than two groups.
    caution : Caution or None
        What looks coordinated, and how common ground stands without it; None if it was not looked for.
    perception : Perception or None
        How far apart people think they are; None if nobody was asked.
    """

    schema: str
    language: str
    topic: str
    description: str
    url: str
    source: str
    headline: tuple[str, ...]
    verdict: str
    reason: str
    stability: float
    counts: Counts
    turnout: tuple[TurnoutBin, ...]
    groups: tuple[GroupResult, ...]
    axis_ends: tuple[AxisEnd, ...]
    statements: tuple[StatementResult, ...]
    common_ground: tuple[int, ...]
    against: tuple[int, ...]
    nearly: tuple[int, ...]
    dividing: tuple[int, ...]
    table: tuple[int, ...]
    overview: tuple[int, ...]
    ranks: tuple[Feature, ...]
    meta: tuple[MetaStatement, ...]
    map_shown: bool
    dots_sampled: bool
    notes: tuple[str, ...]
    method: Method
    gifts: GiftsTold | None = None
    caution: Caution | None = None
    perception: Perception | None = None

    @property
    def several_groups(self) -> bool:
        """Say whether people were divided into groups at all."""
        return len(self.groups) > 1

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values for JSON."""
        return asdict(self)
