"""Placing one person from their own votes by a given model, without NumPy: what a page needs to say why somebody stands where they do.

The same rule as ``klal.core.person_model``: the likeliest readiness to agree and factors of a logistic regression with Gaussian priors, and
from them how well each group fits. A person casts some dozens of votes and the model has at most five unknowns, so plain numbers do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

_STEPS, _LONGEST, _STILL = 12, 2.0, 1e-6
_EXACT = 12
"""Answers whose effect is found by placing the person without them; that of the others is known to first order."""
MOST_CHANGED = 8
"""Answers that a page speaks of changing at most; who would need more stands firmly."""

Vector = list[float]
Matrix = list[Vector]


@dataclass(frozen=True, slots=True)
class Placing:
    """A model to place people by.

    Attributes
    ----------
    statements : mapping of int to sequence of float
        For each statement, by number, the log-odds of agreeing at the centre, then how readiness and each of d factors act on it.
    prior : sequence of float
        1 + d prior precisions.
    slots : sequence of int
        Slot of each of g groups; with fewer than two there is nothing to tell apart.
    shares : sequence of float
        Share of each group.
    centres : sequence of sequence of float
        Centre of each group, d numbers each.
    tightness : sequence of sequence of float
        Inverse covariance that all groups have in common, d × d.
    """

    statements: Mapping[int, Sequence[float]]
    prior: Sequence[float]
    slots: Sequence[int]
    shares: Sequence[float]
    centres: Sequence[Sequence[float]]
    tightness: Sequence[Sequence[float]]

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Placing:
        """Read a model as a snapshot stores it: the attributes by name, statements by their number as text."""
        statements = {int(number): row for number, row in document["statements"].items()}
        parts = (document[name] for name in ("prior", "slots", "shares", "centres", "tightness"))
        return cls(statements, *parts)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why somebody stands where they do; for their own eyes only.

    Attributes
    ----------
    slot : int or None
        Group that their votes put them into; None where there is only one.
    holding : tuple of int
        Statements whose answers hold them there, the strongest first. With one group, those that say most about where they stand.
    drawing : tuple of int
        Statements whose answers draw them towards another group, the strongest first.
    change : tuple of int or None
        Fewest answers that, turned into their opposite together, would put them into another group; None if more than eight were
        needed, or there is only one group.
    other : int or None
        The slot of that group.
    tried : int
        How many answers were turned at most to find it.
    """

    slot: int | None
    holding: tuple[int, ...]
    drawing: tuple[int, ...]
    change: tuple[int, ...] | None
    other: int | None
    tried: int


def reasons_of(model: Placing, answers: Mapping[int, bool]) -> Reasons | None:
    """Say which answers put a person where they are, and which few would change it.

    Parameters
    ----------
    model : Placing
        Of the conversation.
    answers : mapping of int to bool
        Statements the person agreed with (True) or disagreed with (False); passes left out.

    Returns
    -------
    Reasons or None
        None if none of the answers is known to the model.
    """
    ballot = {number: agreed for number, agreed in sorted(answers.items()) if number in model.statements}
    if not ballot:
        return None
    fit = _Fit.of(model, ballot)
    if len(model.slots) < 2:
        moves = {number: fit.moved_by(number) for number in ballot}
        return Reasons(None, _strongest(moves), (), None, None, 0)
    own = fit.group
    lead = _lead(fit.odds, own)
    effects = {number: lead - _lead(fit.odds_without(number), own) for number in ballot}
    for number in sorted(ballot, key=lambda number: (-round(abs(effects[number]), 9), number))[:_EXACT]:
        fewer = {other: agreed for other, agreed in ballot.items() if other != number}
        effects[number] = lead - _lead(_Fit.of(model, fewer).odds, own)
    against = {number: -effect for number, effect in effects.items()}
    changes = [_toward(model, ballot, own, other) for other in range(len(model.slots)) if other != own]
    change, other = min((one for one in changes if one is not None), key=lambda one: (len(one[0]), one[1]), default=(None, None))
    slot = None if other is None else model.slots[other]
    return Reasons(model.slots[own], _strongest(effects), _strongest(against), change, slot, _most(ballot))


@dataclass(slots=True)
class _Fit:
    """A person placed: the place, and gradient and curvature of what the answers say there."""

    model: Placing
    ballot: Mapping[int, bool]
    place: Vector
    pull: Vector
    curve: Matrix

    @classmethod
    def of(cls, model: Placing, ballot: Mapping[int, bool]) -> _Fit:
        side = len(model.prior)
        fit = cls(model, ballot, [0.0] * side, [], [])
        for _ in range(_STEPS):
            fit._gather()
            held = [[fit.curve[a][b] + (model.prior[a] if a == b else 0.0) for b in range(side)] for a in range(side)]
            step = _solve(held, [fit.pull[a] - model.prior[a] * fit.place[a] for a in range(side)])
            fit.place = [at + min(max(move, -_LONGEST), _LONGEST) for at, move in zip(fit.place, step, strict=True)]
            if max(map(abs, step)) < _STILL:
                break
        fit._gather()
        return fit

    @property
    def odds(self) -> Vector:
        """Return the log-odds of each group, up to a constant."""
        return self._odds(self.pull, self.curve)

    @property
    def group(self) -> int:
        """Return the likeliest group."""
        odds = self.odds
        return odds.index(max(odds))

    def odds_without(self, number: int) -> Vector:
        """Return the log-odds without one answer, to first order: the others are read where they were."""
        return self._odds(*self._less(number))

    def odds_reversed(self, number: int) -> Vector:
        """Return the log-odds with one answer turned into its opposite, to first order."""
        row = self.model.statements[number]
        turn = -1.0 if self.ballot[number] else 1.0
        return self._odds([pull + turn * weight for pull, weight in zip(self.pull, row[1:], strict=True)], self.curve)

    def moved_by(self, number: int) -> float:
        """Return how far one answer moved the person among the factors, to first order."""
        pull, curve = self._less(number)
        side, prior = len(pull), self.model.prior
        held = [[curve[a][b] + (prior[a] if a == b else 0.0) for b in range(side)] for a in range(side)]
        step = _solve(held, [pull[a] - prior[a] * self.place[a] for a in range(side)])
        return sqrt(sum(one * one for one in step[1:]))

    def _less(self, number: int) -> tuple[Vector, Matrix]:
        left, weight = self._one(number)
        row = self.model.statements[number][1:]
        pull = [one - left * part for one, part in zip(self.pull, row, strict=True)]
        return pull, [[one - weight * a * b for one, b in zip(line, row, strict=True)] for line, a in zip(self.curve, row, strict=True)]

    def _one(self, number: int) -> tuple[float, float]:
        row = self.model.statements[number]
        value = row[0] + _dot(row[1:], self.place)
        chance = 1 / (1 + exp(-min(max(value, -500.0), 500.0)))
        return (1.0 if self.ballot[number] else 0.0) - chance, chance * (1 - chance)

    def _gather(self) -> None:
        """Add up what the answers say at the place reached: gradient and curvature of their likelihood."""
        side = len(self.place)
        pull, curve = [0.0] * side, [[0.0] * side for _ in range(side)]
        for number in self.ballot:
            left, weight = self._one(number)
            row = self.model.statements[number]
            for a in range(side):
                pull[a] += left * row[a + 1]
                heavy = weight * row[a + 1]
                for b in range(side):
                    curve[a][b] += heavy * row[b + 1]
        self.pull, self.curve = pull, curve

    def _odds(self, pull: Vector, curve: Matrix) -> Vector:
        """Return the log-odds of each group by what answers alone say of the factors, readiness averaged over."""
        model, d = self.model, len(pull) - 1
        held = curve[0][0] + model.prior[0]
        # what the answers say is a parabola around the place it was read at
        force = [one + _dot(line, self.place) for one, line in zip(pull, curve, strict=True)]
        toward = [force[a + 1] - curve[a + 1][0] * force[0] / held for a in range(d)]
        tight = [
            [model.tightness[a][b] + curve[a + 1][b + 1] - curve[a + 1][0] * curve[b + 1][0] / held for b in range(d)] for a in range(d)
        ]
        result = []
        for share, centre in zip(model.shares, model.centres, strict=True):
            home = [_dot(line, centre) for line in model.tightness]
            way = [a + b for a, b in zip(home, toward, strict=True)]
            result.append(log(share) + (_dot(way, _solve(tight, way)) - _dot(home, centre)) / 2)
        return result


def _toward(model: Placing, ballot: Mapping[int, bool], own: int, other: int) -> tuple[tuple[int, ...], int] | None:
    """Turn one answer after the other, each time the one that helps most; put back what turns out not to be needed."""
    changed: list[int] = []
    now = dict(ballot)
    while len(changed) < _most(ballot):
        fit = _Fit.of(model, now)
        gains = {number: _gain(fit.odds_reversed(number), own, other) for number in ballot if number not in changed}
        best = max(gains, key=lambda number: (gains[number], -number))
        changed.append(best)
        now[best] = not now[best]
        if _Fit.of(model, now).group != own:
            return _pruned(model, ballot, changed, own)
    return None


def _pruned(model: Placing, ballot: Mapping[int, bool], changed: list[int], own: int) -> tuple[tuple[int, ...], int]:
    for one in tuple(changed):
        fewer = [number for number in changed if number != one]
        if fewer and _Fit.of(model, _turned(ballot, fewer)).group != own:
            changed = fewer
    return tuple(changed), _Fit.of(model, _turned(ballot, changed)).group


def _turned(ballot: Mapping[int, bool], changed: Sequence[int]) -> dict[int, bool]:
    return {number: agreed != (number in changed) for number, agreed in ballot.items()}


def _most(ballot: Mapping[int, bool]) -> int:
    return min(MOST_CHANGED, len(ballot))


def _gain(odds: Vector, own: int, other: int) -> float:
    return round(odds[other] - odds[own], 9)


def _lead(odds: Vector, group: int) -> float:
    return odds[group] - max(value for place, value in enumerate(odds) if place != group)


def _strongest(effects: Mapping[int, float]) -> tuple[int, ...]:
    """Return the numbers of what has an effect, the largest first."""
    told = [(effect, number) for number, effect in effects.items() if effect > 0]
    return tuple(number for _, number in sorted(told, key=lambda one: (-round(one[0], 9), one[1])))


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _solve(matrix: Matrix, right: Vector) -> Vector:
    """Solve a small system by elimination; its matrix is positive definite, so that no row needs to change its place."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for a in range(size):
        for b in range(a + 1, size):
            factor = rows[b][a] / rows[a][a]
            for c in range(a, size + 1):
                rows[b][c] -= factor * rows[a][c]
    result = [0.0] * size
    for a in reversed(range(size)):
        result[a] = (rows[a][size] - sum(rows[a][b] * result[b] for b in range(a + 1, size))) / rows[a][a]
    return result
