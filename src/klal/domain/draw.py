"""Which statement comes next: a draw by chance, with weights for the person who is asked.

The first statements are mostly about the person: those whose answers tell most about where they stand. Then the draw serves the common
ground: the weights of the region of the map where the person stands, computed by ``klal.core.routing``. Drawing needs nothing but the
standard library, because every vote is answered with it.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, compress
from random import Random

from klal.domain.routes import Answers, Position, Routes, find_position

ABOUT_THE_PERSON = 7
"""Answers until somebody is placed as well as they need be."""
PLACED_AFTER = 4
"""Answers from which on the region counts where somebody seems to stand."""
SHORTLIST = 48
"""Statements compared for placing somebody: those that tell most about people."""
_OFTEN = 0.98
"""Chance that a statement is about the person where it may be; the rest keeps every statement possible at every turn."""
_KEEN = 5
"""Power of what an answer tells: the higher, the surer the best is drawn."""
_LEAST = 1e-9
"""A statement whose weight is 0 comes last, but it comes: a conversation has an end for everybody."""
_TRIES = 64
"""Blind draws for one statement, where so much is left that they are quicker; where they fail, what weighs most is answered."""
_BIT_COSTS = 32
"""Looking at one place by its bit takes as long as looking at so many in a row."""
_REGIONS_KEPT, _SCORES_KEPT = 20_000, 2_000
"""People whose region and whose scores are kept, the latest: what a draw has found out, the chance of the next vote needs again."""
_LEAST_ODDS = 1e-12
_LARGEST_CODE = 2**15 - 1


class Lots:
    """Places to draw from, prepared once and drawn from many times.

    Parameters
    ----------
    weights : sequence of float
        Weight of each place, >= 0; 0 for those that are not open for votes.
    is_open : sequence of bool
        Whether a place may be drawn.
    """

    __slots__ = ("_cumulative", "_open", "_weights", "total")

    def __init__(self, weights: Sequence[float], is_open: Sequence[bool]) -> None:
        self._weights = array("d", [max(weight, _LEAST) if there else 0.0 for weight, there in zip(weights, is_open, strict=True)])
        self._cumulative = array("d", accumulate(self._weights))
        self._open = sum(1 << place for place, there in enumerate(is_open) if there)
        self.total = self._cumulative[-1] if self._cumulative else 0.0

    def weight(self, place: int) -> float:
        """Return the weight of a place, 0 if it is not open."""
        return self._weights[place]

    def left(self, answered: int) -> float:
        """Return the weight of all places but those answered, a mask."""
        if _BIT_COSTS * answered.bit_count() > len(self._weights):
            return self.total - sum(compress(self._weights, _flags(answered, len(self._weights))))
        return self.total - sum(map(self._weights.__getitem__, _places(answered)))

    def draw(self, answered: int, rng: Random) -> int:
        """Draw a place that is not answered by its share of the weight of those left; −1 if none is left."""
        left, last = self._open & ~answered, len(self._cumulative) - 1
        for _ in range(_TRIES if left.bit_count() ** 2 > len(self._weights) else 0):
            place = min(bisect_right(self._cumulative, rng.random() * self.total), last)
            if left >> place & 1:
                return place
        return self._draw_among_the_rest(left, rng) if left else -1

    def _draw_among_the_rest(self, left: int, rng: Random) -> int:
        """Draw the same way among the places that are left, looking at each of them."""
        m = len(self._weights)
        places = list(_places(left) if _BIT_COSTS * left.bit_count() <= m else compress(range(m), _flags(left, m)))
        cumulative = list(accumulate(map(self._weights.__getitem__, places)))
        return places[min(bisect_right(cumulative, rng.random() * cumulative[-1]), len(places) - 1)]


class Draws:
    """The draw of the next statements in one conversation.

    Parameters
    ----------
    routes : Routes
        From the newest snapshot.
    numbers : sequence of int
        Number of the statement at each place.
    is_open : sequence of bool
        Whether it is open for votes.
    """

    __slots__ = (
        "_centres",
        "_everybody",
        "_find_region",
        "_find_scores",
        "_is_open",
        "_often",
        "_regions",
        "_shortlist",
        "_shortlisted",
        "_table",
    )

    def __init__(self, routes: Routes, numbers: Sequence[int], is_open: Sequence[bool]) -> None:
        known = {number: row for row, number in enumerate(routes.numbers)}
        rows = [known.get(number, -1) for number in numbers]
        self._is_open = is_open
        *self._regions, self._everybody = [
            Lots([weights[row] if row >= 0 else fresh for row in rows], is_open)
            for weights, fresh in zip(routes.weights, routes.fresh, strict=True)
        ]
        self._centres = [(routes.centres[2 * k], routes.centres[2 * k + 1]) for k in range(len(self._regions))]
        self._table = [(routes.appeal[row], routes.x[row], routes.y[row]) if row >= 0 else (0.0, 0.0, 0.0) for row in rows]
        self._shortlist = _telling(self._table, [routes.ease[row] if row >= 0 else 0.0 for row in rows], is_open)
        self._shortlisted = sum(1 << place for place, *_ in self._shortlist)
        self._often = _OFTEN * routes.maturity
        self._find_region = lru_cache(_REGIONS_KEPT)(self._region)
        self._find_scores = lru_cache(_SCORES_KEPT)(self._scores_of)

    def draw(self, answers: Answers, rng: Random, count: int) -> tuple[int, ...]:
        """Draw the next statements, one after the other.

        Parameters
        ----------
        answers : Answers
            What the person has answered; none of it is drawn.
        rng : random.Random
            Equal states give equal draws.
        count : int
            How many are wanted.

        Returns
        -------
        tuple of int
            Places in the order drawn; fewer where fewer are left.
        """
        taken, turn = answers.answered, answers.answered.bit_count()
        telling = dict(self._scores(answers))
        lots, drawn = self._lots(answers), []
        for ahead in range(turn, turn + count):
            about_the_person = ahead < ABOUT_THE_PERSON and telling and rng.random() < self._often
            place = _pick(telling, rng) if about_the_person else lots.draw(taken, rng)
            if place < 0:
                break
            drawn.append(place)
            taken |= 1 << place
            telling.pop(place, None)
        return tuple(drawn)

    def chance(self, answers: Answers, place: int) -> float:
        """Return the chance that a place is drawn next.

        Parameters
        ----------
        answers : Answers
            What the person had answered until then.
        place : int
            Of a statement.

        Returns
        -------
        float
            0 … 1; 0 for what is answered or not open.
        """
        if answers.answered >> place & 1 or not self._is_open[place]:
            return 0.0
        lots = self._lots(answers)
        chance = lots.weight(place) / max(lots.left(answers.answered), lots.weight(place))
        telling = self._scores(answers)
        if not telling:
            return chance
        return self._often * telling.get(place, 0.0) / sum(telling.values()) + (1 - self._often) * chance

    def _scores(self, answers: Answers) -> Mapping[int, float]:
        """Return the weights of what may be asked about the person, none where that is over or has not begun."""
        if not self._often or answers.answered.bit_count() >= ABOUT_THE_PERSON:
            return {}
        looked_at = self._shortlisted
        return self._find_scores(answers.answered & looked_at, answers.agreed & looked_at, answers.disagreed & looked_at)

    def _scores_of(self, answered: int, agreed: int, disagreed: int) -> dict[int, float]:
        """Return what an answer to each statement of the shortlist would tell about the person, times its ease."""
        x, y, xx, xy, yy = find_position(self._table, Answers(answered, agreed, disagreed), self._shortlisted)
        found = {}
        for place, ease, appeal, along_x, along_y in self._shortlist:
            if answered >> place & 1:
                continue
            odds = max(math.exp(-abs(appeal + along_x * x + along_y * y)), _LEAST_ODDS)
            pull_x, pull_y = xx * along_x + xy * along_y, xy * along_x + yy * along_y
            curvature = (1 + odds) * (1 + odds) / odds
            told = (pull_x * pull_x + pull_y * pull_y) / (curvature + along_x * pull_x + along_y * pull_y)
            found[place] = ease * told**_KEEN
        return found

    def _lots(self, answers: Answers) -> Lots:
        if not self._regions or answers.answered.bit_count() < PLACED_AFTER:
            return self._everybody
        looked_at = self._shortlisted
        return self._regions[self._find_region(answers.agreed & looked_at, answers.disagreed & looked_at)]

    def _region(self, agreed: int, disagreed: int) -> int:
        """Return the region where somebody seems to stand."""
        position: Position = find_position(self._table, Answers(agreed | disagreed, agreed, disagreed), self._shortlisted)
        away = [(x - position.x) ** 2 + (y - position.y) ** 2 for x, y in self._centres]
        return away.index(min(away))


def chance_code(chance: float) -> int | None:
    """Return a chance as it is stored: −1000 times its binary logarithm, a whole number of two bytes; None for no chance at all."""
    return min(round(-1000 * math.log2(chance)), _LARGEST_CODE) if chance > 0 else None


def chance_of(code: int) -> float:
    """Return the chance that is stored as a code."""
    return float(2.0 ** (-code / 1000))


def _telling(
    table: Sequence[tuple[float, float, float]], ease: Sequence[float], is_open: Sequence[bool]
) -> list[tuple[int, float, float, float, float]]:
    """Return the statements that tell most about people of whom nothing is known, with their ease and their row of the table."""

    def told(place: int) -> float:
        _, x, y = table[place]
        return ease[place] * (x * x + y * y) ** _KEEN

    places = [place for place, there in enumerate(is_open) if there and told(place) > 0]
    places = sorted(places, key=told, reverse=True)[:SHORTLIST]
    return [(place, ease[place], *table[place]) for place in sorted(places)]


def _pick(weights: Mapping[int, float], rng: Random) -> int:
    """Draw one by its share of the weight."""
    places, cumulative = list(weights), list(accumulate(weights.values()))
    return places[min(bisect_right(cumulative, rng.random() * cumulative[-1]), len(places) - 1)]


def _places(mask: int) -> Iterator[int]:
    """Yield the places of a mask, the lowest first."""
    while mask:
        bit = mask & -mask
        mask ^= bit
        yield bit.bit_length() - 1


def _flags(mask: int, count: int) -> bytes:
    """Return the bits of a mask as bytes 0 and 1, the lowest first."""
    return f"{mask:0{count}b}"[::-1].encode().translate(_BITS)


_BITS = bytes(one & 1 for one in range(256))
