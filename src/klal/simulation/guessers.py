"""People who guess at each other's answers, with a known misperception: what `klal.core.perception` must recover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Floats, Ints
from klal.core.perception import WHOLE, Figures, Guesses, share_with_interval

_CROWD = 4000
"""People over whom the true mean belief is taken."""
_STEPS, _STEP_SHARES = (0.05, 0.1, 0.01), (0.4, 0.5, 0.1)
_TO_SHARE = 0.33
"""Standard deviation of a share, of one of its log-odds, about the middle, times what makes a nine-in-ten interval of it."""


@dataclass(frozen=True, slots=True)
class GuesserSettings:
    """A public and how it misjudges itself; log-odds where nothing else is said.

    Attributes
    ----------
    guessers : tuple of int
        How many of each group guess.
    statements : int
        How many are asked; half of them all groups see alike.
    voters : int
        Votes behind each group's published share.
    exaggeration : float
        Mean pull of beliefs about another group away from the believer's own side; half of it for the whole. 0: no bias.
    exaggeration_spread : float
        Standard deviation of that pull between people.
    statement_spread : float
        Standard deviation of shared errors about single statements.
    noise : float
        Median standard deviation of one guess; it differs between people by about two fifths.
    middle : float
        How far all beliefs are drawn to one half, 0 … 1, as where little is known.
    most_guesses : int
        Of one person; a fifth stop after one.
    told_noise : bool
        Whether people who are more unsure say so.
    """

    guessers: tuple[int, ...] = (60, 40)
    statements: int = 10
    voters: int = 120
    exaggeration: float = 1.0
    exaggeration_spread: float = 0.4
    statement_spread: float = 0.35
    noise: float = 0.7
    middle: float = 0.0
    most_guesses: int = 5
    told_noise: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedGuesses:
    """Guesses, published figures, and the truth behind both.

    Attributes
    ----------
    guesses : Guesses
        With ids 0 … n − 1 and 0 … m − 1.
    figures : Figures
        Shape (g + 1, m), from simulated votes.
    share : ndarray of float
        Shape (g + 1, m): true shares.
    belief : ndarray of float
        Shape (g, g + 1, m): what each group believes on average of each other one and, last, of the whole.
    """

    guesses: Guesses
    figures: Figures
    share: Floats
    belief: Floats

    def distances(self, source: int, target: int, statements: Ints) -> tuple[float, float]:
        """Return the true mean distance that a group believes in over some statements, and the real one."""
        own, others = self.share[source, statements], self.share[target, statements]
        return float(np.abs(self.belief[source, target, statements] - own).mean()), float(np.abs(others - own).mean())


def simulate_guesses(settings: GuesserSettings | None = None, *, seed: int = 0) -> SimulatedGuesses:
    """Draw a divided public, publish its shares, and let some of it guess them.

    Parameters
    ----------
    settings : GuesserSettings, optional
        Who, and how wrong.
    seed : int
        Equal seeds give equal guesses.

    Returns
    -------
    SimulatedGuesses
        Guesses rounded by each guesser's own habit: to tenths, twentieths or not.
    """
    settings = settings or GuesserSettings()
    rng = np.random.default_rng(seed)
    share = _shares(rng, settings)
    agree = rng.binomial(settings.voters, share)
    figures = Figures(*share_with_interval(agree, settings.voters - agree))
    middle = _middle_beliefs(rng, share, settings)
    crowd = _characters(rng, _CROWD, settings)
    belief = np.stack([_beliefs(middle[own], share, own, crowd, rng).mean(axis=0) for own in range(len(share) - 1)])
    guesses = [_guess(rng, middle[own], share, own, settings) for own in range(len(share) - 1)]
    return SimulatedGuesses(_joined(guesses, settings.guessers), figures, share, belief)


def _joined(parts: list[Guesses], counts: tuple[int, ...]) -> Guesses:
    """Return the guesses of all groups, people numbered through."""
    first = [sum(counts[:place]) for place in range(len(counts))]
    people = np.concatenate([part.people + start for part, start in zip(parts, first, strict=True)])
    sources, targets, columns = (np.concatenate([getattr(part, name) for part in parts]) for name in ("sources", "targets", "columns"))
    shares, spreads = (np.concatenate([getattr(part, name) for part in parts]) for name in ("shares", "spreads"))
    return Guesses(people, sources, targets, columns, shares, spreads)


def _shares(rng: np.random.Generator, settings: GuesserSettings) -> Floats:
    """Return true shares of the groups and, last, of all: half of the statements seen alike, half seen in any way."""
    g, half = len(settings.guessers), settings.statements // 2
    alike = np.clip(rng.beta(8, 2, (1, half)) + rng.normal(0, 0.04, (g, half)), 0.02, 0.98)
    divided = np.clip(rng.beta(1.5, 1.5, (g, settings.statements - half)), 0.02, 0.98)
    groups = np.concatenate([alike, divided], axis=1)
    weights = np.array(settings.guessers) / sum(settings.guessers)
    return np.asarray(np.concatenate([groups, (weights @ groups)[None, :]]))


def _middle_beliefs(rng: np.random.Generator, share: Floats, settings: GuesserSettings) -> Floats:
    """Return what groups believe in log-odds before any exaggeration, shape (g, g + 1, m)."""
    g = len(share) - 1
    shared = rng.normal(0, settings.statement_spread, (g, *share.shape))
    return np.asarray((1 - settings.middle) * np.log(share / (1 - share))[None, :, :] + shared)


def _characters(rng: np.random.Generator, count: int, settings: GuesserSettings) -> Floats:
    """Return how far each person exaggerates, and how noisy their guesses are, shape (count, 2)."""
    pulls = rng.normal(settings.exaggeration, settings.exaggeration_spread, count)
    return np.stack([pulls, settings.noise * np.exp(rng.normal(0, 0.4, count))], axis=1)


def _beliefs(middle: Floats, share: Floats, own: int, people: Floats, rng: np.random.Generator) -> Floats:
    """Return a belief of each person of a group about each target and statement, shape (count, g + 1, m)."""
    away = -np.sign(share[own] - 0.5) * np.append(np.ones(len(share) - 1), 0.5)[:, None]
    noise = people[:, 1, None, None] * rng.normal(0, 1, (len(people), *middle.shape))
    return np.asarray(1 / (1 + np.exp(-(middle + people[:, 0, None, None] * away + noise))))


def _guess(rng: np.random.Generator, middle: Floats, share: Floats, own: int, settings: GuesserSettings) -> Guesses:
    """Return the guesses of one group's people, who are numbered from 0."""
    n, m = settings.guessers[own], settings.statements
    people = _characters(rng, n, settings)
    beliefs = _beliefs(middle, share, own, people, rng)
    steps = rng.choice(_STEPS, n, p=_STEP_SHARES)
    counts = np.where(rng.random(n) < 0.2, 1, rng.integers(min(3, settings.most_guesses), settings.most_guesses + 1, n))
    rows = np.repeat(np.arange(n), np.minimum(counts, m))
    columns = np.concatenate([rng.permutation(m)[:count] for count in np.minimum(counts, m)])
    others = np.array([target for target in range(len(share)) if target != own])
    targets = others[rng.integers(0, len(others), len(rows))]
    shares = np.clip(np.round(beliefs[rows, targets, columns] / steps[rows]) * steps[rows], 0, 1)
    told = people[:, 1] if settings.told_noise else np.full(n, settings.noise)
    spreads = np.clip(np.round(_TO_SHARE * told[rows] * np.exp(rng.normal(0, 0.3, len(rows))) / 0.05) * 0.05, 0, 0.5)
    whole = targets == len(share) - 1
    return Guesses(rows, np.full(len(rows), own), np.where(whole, WHOLE, targets), columns, shares, spreads)
