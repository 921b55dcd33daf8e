"""The perception check: how far apart people think they are, from their guesses at each other's answers, and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv, stdtrit

from klal.core.arrays import Bools, Floats, Ints, frozen
from klal.core.perception_fit import Means, distances, fit_means, predictors

WHOLE = -1
"""Target of a guess about everybody together; ``Figures`` keep their shares in the last row, which is where −1 points."""

_Z = 1.6448536269514722
"""Standard deviations on either side of the middle that hold 90 % of a normal distribution."""
_CORNER = 0.3
"""How far, in standard errors, a real distance of nearly nothing may be misjudged on the whole: no estimate is unbiased at a corner."""
_TENTH, _TWENTIETH, _HUNDREDTH = 0.1, 0.05, 0.01


@dataclass(frozen=True, slots=True)
class PerceptionSettings:
    """What the gap rests on; measured in ``benchmarks/science/gap.py``.

    Attributes
    ----------
    least_people : int
        Fewest guessers about a group for a result; fewer: it is not known.
    least_statements : int
        Fewest different statements they guessed.
    widest : float
        Widest half interval of a gap that still says something, 0 … 1.
    noise : float
        Standard deviation of one guess around the mean of all that is expected before there are guesses, 0 … 1.
    noise_weight : float
        For how many guesses that expectation counts.
    spread : float
        Standard deviation of mean guesses around what the real shares predict, expected likewise, 0 … 1.
    spread_weight : float
        For how many statements that expectation counts.
    level : float
        Of the intervals.
    """

    least_people: int = 10
    least_statements: int = 3
    widest: float = 0.15
    noise: float = 0.2
    noise_weight: float = 4.0
    spread: float = 0.16
    spread_weight: float = 3.0
    level: float = 0.9


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """Guesses at shares of agreement, one row each.

    Attributes
    ----------
    people : ndarray of int64
        Shape (k,): who guessed, 0 … n − 1.
    sources : ndarray of int64
        Shape (k,): group of the guesser, 0 … g − 1; ``WHOLE`` if in none.
    targets : ndarray of int64
        Shape (k,): group guessed about, or ``WHOLE``.
    columns : ndarray of int64
        Shape (k,): statement, 0 … m − 1.
    shares : ndarray of float
        Shape (k,), 0 … 1: the guess.
    spreads : ndarray of float
        Shape (k,), 0 … 1: how far off it may be, by the guesser's own word: "surely between share − spread and share + spread".
    """

    people: Ints
    sources: Ints
    targets: Ints
    columns: Ints
    shares: Floats
    spreads: Floats

    def only(self, kept: Bools) -> Guesses:
        """Return some of the guesses; ``kept`` has shape (k,)."""
        who = (self.people[kept], self.sources[kept], self.targets[kept], self.columns[kept])
        return Guesses(*who, self.shares[kept], self.spreads[kept])


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """Real shares of agreement with their intervals, as published; NaN where a figure is not.

    Attributes
    ----------
    share, lower, upper : ndarray of float
        Shape (g + 1, m), 0 … 1: of each group, and in the last row of everybody.
    """

    share: Floats
    lower: Floats
    upper: Floats

    @property
    def n_groups(self) -> int:
        """Return how many groups there are."""
        return len(self.share) - 1

    @property
    def error(self) -> Floats:
        """Return standard errors, shape (g + 1, m)."""
        return np.asarray((self.upper - self.lower) / (2 * _Z))


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval.

    Attributes
    ----------
    value, lower, upper : float
        Shares are 0 … 1, gaps −1 … 1.
    """

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, eq=False)
class Direction:
    """What one group thinks of another, or everybody of the whole.

    Attributes
    ----------
    source, target : int
        Groups; both ``WHOLE`` for what everybody thinks of everybody.
    people, guesses : int
        How many guessed, and how often.
    statements : ndarray of int64
        Shape (q,): statements guessed, ascending.
    people_of_statement : ndarray of int64
        Shape (q,): how many guessed each.
    believed, lower, upper : ndarray of float
        Shape (q,), 0 … 1: share that the source thinks agrees with each, and its interval.
    believed_distance, real_distance, gap : Estimate
        Of a group: mean distance over the statements between the source's own share and what it thinks of the target's, and what it
        really is. Of the whole: mean share thought to be on the side of the majority, and what it is. The gap is believed less real.
    known : bool
        Whether enough people guessed about enough statements, and alike enough, to say anything.
    """

    source: int
    target: int
    people: int
    guesses: int
    statements: Ints
    people_of_statement: Ints
    believed: Floats
    lower: Floats
    upper: Floats
    believed_distance: Estimate
    real_distance: Estimate
    gap: Estimate
    known: bool


@dataclass(frozen=True, slots=True, eq=False)
class PerceptionGap:
    """How far apart people think they are, and how far they are.

    Attributes
    ----------
    people, guesses : int
        How many guessed, and how often, about groups or the whole.
    directions : tuple of Direction
        One for each ordered pair of groups about which anybody guessed; source first, then target.
    whole : Direction or None
        What people think of everybody together; None if nobody guessed that.
    believed_distance, real_distance, gap : Estimate or None
        Mean over the directions that are known, each counted once; None if none is.
    """

    people: int
    guesses: int
    directions: tuple[Direction, ...]
    whole: Direction | None
    believed_distance: Estimate | None
    real_distance: Estimate | None
    gap: Estimate | None


@dataclass(frozen=True, slots=True, eq=False)
class _Figure:
    """A figure and what moves it: each person's guesses (n,), each published share (g + 1, m), and the rest of its variance."""

    value: float
    by_person: Floats
    by_share: Floats
    rest: float

    def less(self, other: _Figure) -> _Figure:
        return _mean((self, other), (1.0, -1.0))


def _mean(figures: Sequence[_Figure], weights: Sequence[float]) -> _Figure:
    """Return a weighted sum of figures, what they share counted once; what the line gets wrong it gets wrong alike, half of the time."""
    pairs = list(zip(figures, weights, strict=True))
    return _Figure(
        sum(weight * one.value for one, weight in pairs),
        np.sum([weight * one.by_person for one, weight in pairs], axis=0),
        np.sum([weight * one.by_share for one, weight in pairs], axis=0),
        sum(weight**2 * one.rest for one, weight in pairs) / 2 + sum(abs(weight) * np.sqrt(one.rest) for one, weight in pairs) ** 2 / 2,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    direction: Direction
    believed: _Figure
    real: _Figure
    freedom: float


def find_gap(guesses: Guesses, figures: Figures, *, settings: PerceptionSettings | None = None) -> PerceptionGap:
    """Compare the distance people believe in with the real one.

    A mean guess is drawn towards what the real shares predict as far as few guesses leave it in doubt; guesses whose makers are unsure
    count for less, those at either end for the middle of what was rounded to it. Intervals come from how the result would move with
    each person, not with each guess [mackinnon1985]_, and from the intervals of the published shares.

    Parameters
    ----------
    guesses : Guesses
        Of n people; those about a share that is not published, or about the guesser's own group, are passed over.
    figures : Figures
        Shape (g + 1, m).
    settings : PerceptionSettings, optional
        From when on a result is known, level of the intervals.

    Returns
    -------
    PerceptionGap
        The same whatever order people, guesses and statements come in.
    """
    settings = settings or PerceptionSettings()
    usable = _usable(guesses, figures)
    pairs = [(s, t) for s in range(figures.n_groups) for t in range(figures.n_groups) if s != t]
    n, found = int(usable.people.max(initial=-1)) + 1, []
    for source, target in pairs:
        own = usable.only((usable.sources == source) & (usable.targets == target))
        if len(own.people):
            found.append(_direction(own, figures, (source, target), n, settings))
    about_all = usable.only(usable.targets == WHOLE)
    known = [one for one in found if one.direction.known]
    overall: tuple[Estimate | None, ...] = (None, None, None)
    if known:
        share = [1 / len(known)] * len(known)
        believed, real = _mean([one.believed for one in known], share), _mean([one.real for one in known], share)
        freedom = _freedom(usable.people)
        figures_of = (believed, real, believed.less(real))
        overall = tuple(_interval(one, figures, freedom, settings) for one in figures_of)
    return PerceptionGap(
        people=n,
        guesses=len(usable.people),
        directions=tuple(one.direction for one in found),
        whole=_direction(about_all, figures, (WHOLE, WHOLE), n, settings).direction if len(about_all.people) else None,
        believed_distance=overall[0],
        real_distance=overall[1],
        gap=overall[2],
    )


def share_with_interval(agree: Ints, disagree: Ints, *, level: float = 0.9) -> tuple[Floats, Floats, Floats]:
    """Return shares of agreement with Jeffreys intervals, for sets of people too many to need a model.

    Parameters
    ----------
    agree, disagree : ndarray of int64
        Of any one shape: votes.
    level : float
        Of the interval.

    Returns
    -------
    share, lower, upper : ndarray of float
        Of the same shape, 0 … 1; NaN where nobody decided.
    """
    decided = agree + disagree
    tail = (1 - level) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(decided > 0, agree / np.maximum(decided, 1), np.nan)
    bounds = (betaincinv(agree + 0.5, disagree + 0.5, edge) for edge in (tail, 1 - tail))
    lower, upper = (np.where(decided > 0, bound, np.nan) for bound in bounds)
    return share, np.minimum(lower, share), np.maximum(upper, share)


def _usable(guesses: Guesses, figures: Figures) -> Guesses:
    """Return the guesses that can be compared, people numbered anew, and those at the ends moved to what they were rounded from."""
    g = figures.n_groups
    known = (guesses.sources >= WHOLE) & (guesses.sources < g) & (guesses.targets >= WHOLE) & (guesses.targets < g)
    known &= (guesses.sources != guesses.targets) | (guesses.targets == WHOLE)
    own = guesses.only(known)
    published = np.isfinite(figures.share)
    # about the whole it does not matter what the guesser's own group thinks
    own = own.only(published[own.targets, own.columns] & (published[own.sources, own.columns] | (own.targets == WHOLE)))
    people = np.unique(own.people, return_inverse=True)[1].astype(np.int64)
    step = _steps(people, own.shares)
    inside = np.clip(own.shares, step / 4, 1 - step / 4)
    return Guesses(people, own.sources, own.targets, own.columns, inside, own.spreads)


def _steps(people: Ints, shares: Floats) -> Floats:
    """Return to which step each guess was rounded: tenths for people all of whose guesses are whole tenths, shape (k,)."""
    steps = np.full(int(people.max(initial=-1)) + 1, _TENTH)
    for step, finer in ((_TENTH, _TWENTIETH), (_TWENTIETH, _HUNDREDTH)):
        off = np.abs(shares / step - np.round(shares / step)) > 1e-6
        steps[people[off]] = finer
    # one whole tenth alone says nothing of its maker's habits
    steps[np.bincount(people, minlength=len(steps)) < 2] = _TWENTIETH
    return steps[people]


def _direction(own: Guesses, figures: Figures, pair: tuple[int, int], n: int, settings: PerceptionSettings) -> _Found:
    statements, cells = np.unique(own.columns, return_inverse=True)
    weights = 1 / (1 + (own.spreads / (_Z * settings.noise)) ** 2)
    theirs, ours = figures.share[pair[1], statements], figures.share[pair[0], statements]
    prior = (settings.noise, settings.noise_weight, settings.spread, settings.spread_weight)
    fit = fit_means(own.shares, weights, cells, predictors(theirs, ours), prior)
    believed, truth, slopes = (_apart if pair[1] != WHOLE else _of_one_mind)(fit, figures, pair, statements)
    moved: Floats = np.bincount(own.people, fit.moved_by(own.shares, weights, cells, slopes), n).astype(np.float64)
    believed, truth = replace(believed, by_person=moved), replace(truth, by_person=np.zeros(n))
    freedom = _freedom(own.people)
    estimates = [_interval(one, figures, freedom, settings) for one in (believed, truth, believed.less(truth))]
    half = stdtrit(freedom, (1 + settings.level) / 2) * np.sqrt(fit.variance)
    people, narrow = len(np.unique(own.people)), estimates[2].upper - estimates[2].lower <= 2 * settings.widest
    direction = Direction(
        source=pair[0],
        target=pair[1],
        people=people,
        guesses=len(own.people),
        statements=frozen(statements),
        people_of_statement=frozen(np.bincount(cells)),
        believed=frozen(np.clip(fit.mean, 0, 1)),
        lower=frozen(np.clip(fit.mean - half, 0, 1)),
        upper=frozen(np.clip(fit.mean + half, 0, 1)),
        believed_distance=estimates[0],
        real_distance=estimates[1],
        gap=estimates[2],
        known=narrow and people >= settings.least_people and len(statements) >= settings.least_statements,
    )
    return _Found(direction, believed, truth, freedom)


def _apart(fit: Means, figures: Figures, pair: tuple[int, int], statements: Ints) -> tuple[_Figure, _Figure, Floats]:
    """Return believed and real distance between two groups, and how the first moves with each mean guess."""
    source, target = pair
    ours, theirs = figures.share[source, statements], figures.share[target, statements]
    doubt, theirs_doubt = figures.error[source, statements] ** 2, figures.error[target, statements] ** 2
    value, slope = distances(fit.mean - ours, fit.variance, doubt)
    real, real_slope = distances(theirs - ours, np.zeros_like(doubt), doubt + theirs_doubt)
    by_share, by_real = np.zeros_like(figures.share), np.zeros_like(figures.share)
    share = 1 / len(statements)
    by_share[source, statements] = -share * slope
    by_real[source, statements], by_real[target, statements] = -share * real_slope, share * real_slope
    corner = _corner(doubt + theirs_doubt, real_slope)
    nobody = np.empty(0)
    rest = fit.drawn_sum(share * slope)
    return _Figure(float(value.mean()), nobody, by_share, rest), _Figure(float(real.mean()), nobody, by_real, corner), share * slope


def _of_one_mind(fit: Means, figures: Figures, pair: tuple[int, int], statements: Ints) -> tuple[_Figure, _Figure, Floats]:
    """Return the share believed to be with the majority, the real one, and how the first moves with each mean guess."""
    theirs, doubt = figures.share[pair[1], statements], figures.error[pair[1], statements] ** 2
    share = 1 / len(statements)
    # nearly even: which side is the larger is a guess too, and counts for as much as is sure of it
    real, real_slope = distances(theirs - 0.5, np.zeros_like(doubt), doubt)
    by_real, by_share = np.zeros_like(figures.share), np.zeros_like(figures.share)
    by_real[pair[1], statements] = share * real_slope
    nobody, slope = np.empty(0), share * real_slope
    believed = _Figure(float(0.5 + slope @ (fit.mean - 0.5)), nobody, by_share, fit.drawn_sum(slope))
    return believed, _Figure(float(0.5 + real.mean()), nobody, by_real, _corner(doubt, real_slope)), slope


def _corner(noise: Floats, slopes: Floats) -> float:
    """Return the variance that a mean distance has from corners: what may be misjudged there, all in one direction."""
    return float((_CORNER * np.sqrt(noise) * (1 - np.abs(slopes))).mean()) ** 2


def _freedom(people: Ints) -> float:
    """Return degrees of freedom: people less one, those who guessed more often counted for more."""
    counts = np.bincount(people).astype(np.float64)
    return float(max(counts.sum() ** 2 / (counts @ counts) - 1, 2.0))


def _interval(one: _Figure, figures: Figures, freedom: float, settings: PerceptionSettings) -> Estimate:
    moved = one.by_person[one.by_person != 0]
    n = len(moved)
    from_people = float(moved @ moved) * n / max(n - 1, 1)
    from_shares = float(np.nansum((one.by_share * figures.error) ** 2))
    half = float(stdtrit(freedom, (1 + settings.level) / 2)) * np.sqrt(from_people + from_shares + one.rest)
    return Estimate(one.value, float(max(one.value - half, -1.0)), float(min(one.value + half, 1.0)))
