"""Settings of the analysis: one frozen object, every default with its reason, stored with every result."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum

from klal.errors import BadOptionError


class GroupingMethod(StrEnum):
    """How opinion groups are found."""

    AUTO = "auto"
    POLIS = "polis"


@dataclass(frozen=True, slots=True)
class MapSettings:
    """Opinion map.

    Attributes
    ----------
    min_votes : int
        Votes needed to be placed, or all statements where there are fewer; seven is Polis's rule.
    tolerance : float
        Relative residual at which the axes count as found.
    max_passes : int
        Most passes over the votes.
    """

    min_votes: int = 7
    tolerance: float = 1e-8
    max_passes: int = 200

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _check("min_votes", self.min_votes, 1)
        _check("max_passes", self.max_passes, 1)


@dataclass(frozen=True, slots=True)
class GroupingSettings:
    """Opinion groups.

    Attributes
    ----------
    method : GroupingMethod
        klal's own, or Polis's.
    max_groups : int
        Most groups considered; more than five cannot be told apart on a map of two axes.
    min_group : int
        Fewest members of a group, and at least one in a hundred; below five nothing about a group may be published.
    resamples : int
        Halves of the participants drawn to measure stability.
    max_fitted : int
        Most participants the mixture is fitted on; the rest are assigned. Stability does not change beyond this size.
    """

    method: GroupingMethod = GroupingMethod.AUTO
    max_groups: int = 5
    min_group: int = 5
    resamples: int = 10
    max_fitted: int = 2000

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _check("max_groups", self.max_groups, 2, 26)
        _check("min_group", self.min_group, 1)
        _check("resamples", self.resamples, 1)
        _check("max_fitted", self.max_fitted, 20)


@dataclass(frozen=True, slots=True)
class BridgingSettings:
    """Bridging model.

    Attributes
    ----------
    n_factors : int
        Axes of difference the model may explain agreement by; superfluous ones shrink, and more than four predict no better.
    sweeps : int
        Most sweeps over the votes.
    tolerance : float
        Change of statements' chances of being agreed with, in the middle and one unit from it (root mean square), at which sweeping
        stops.
    max_fitted : int
        Participants on whom the statements' parameters are learnt before all are placed.
    """

    n_factors: int = 4
    sweeps: int = 100
    tolerance: float = 5e-4
    max_fitted: int = 50_000

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _check("n_factors", self.n_factors, 0, 4)
        _check("sweeps", self.sweeps, 1)
        _check("max_fitted", self.max_fitted, 20)


@dataclass(frozen=True, slots=True)
class CommonGroundSettings:
    """Common ground.

    Attributes
    ----------
    level : float
        Probability that an interval holds the true share.
    most_parts : int
        Most parts the public is divided into by its answers, to ask the one that agrees least; of five and more the smallest are chance.
    least_part : float
        Smallest part that is asked, as a share of those who voted; smaller ones cannot be told from chance.
    least_members : int
        Fewest members of a part that is asked; in small conversations fewer cannot be told from chance, and mislead the ranking.
    """

    level: float = 0.9
    most_parts: int = 4
    least_part: float = 0.03
    least_members: int = 12

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        _check("level", self.level, 0.5, 0.999)
        _check("most_parts", self.most_parts, 1, 8)
        _check("least_part", self.least_part, 0.0, 0.5)
        _check("least_members", self.least_members, 1)


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """All settings of one analysis."""

    map: MapSettings = field(default_factory=MapSettings)
    grouping: GroupingSettings = field(default_factory=GroupingSettings)
    bridging: BridgingSettings = field(default_factory=BridgingSettings)
    common_ground: CommonGroundSettings = field(default_factory=CommonGroundSettings)

    def as_dict(self) -> dict[str, dict[str, str | int | float]]:
        """Return the settings as plain values, for provenance."""
        return {part: {name: _plain(value) for name, value in fields.items()} for part, fields in asdict(self).items()}


def _plain(value: str | int | float) -> str | int | float:
    return value.value if isinstance(value, GroupingMethod) else value


def _check(name: str, value: float, least: float, most: float = float("inf")) -> None:
    if not least <= value <= most:
        raise BadOptionError(option=name, found=value, needed=f"{least} … {most}")
