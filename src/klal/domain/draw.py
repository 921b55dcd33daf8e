"""Which statement comes next: a weighted draw without replacement, by Polis's priorities.

The priorities themselves are computed by ``klal.core.routing``; drawing needs nothing but the standard library, because every vote
is answered with it.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Container, Mapping
from itertools import accumulate
from random import Random

NEW_STATEMENT_PRIORITY = ((1 - 1 / 2) * 1 * (1 / 2) * (1 + 8)) ** 2
"""Priority of a statement nobody has voted on yet: the formula with no votes and no extremity."""

META_PRIORITY = 7.0**2
"""Priority of a statement about the conversation itself, whatever was voted."""

_LEAST = 1e-12
"""A statement whose priority is 0 comes last, but it comes: a conversation has an end for everybody."""


class Lots:
    """Statements to draw from, prepared once and drawn from many times.

    Parameters
    ----------
    weights : mapping of int to float
        Priority of each statement, >= 0.
    """

    __slots__ = ("_cumulative", "_ids", "_weights")

    def __init__(self, weights: Mapping[int, float]) -> None:
        self._ids = tuple(weights)
        self._weights = tuple(max(weight, _LEAST) for weight in weights.values())
        self._cumulative = list(accumulate(self._weights))

    def draw(self, answered: Container[int], rng: Random, count: int) -> tuple[int, ...]:
        """Draw statements one after the other, each by its share of the priority of those left.

        Parameters
        ----------
        answered : container of int
            Statements not to be drawn.
        rng : random.Random
            Equal states give equal draws.
        count : int
            How many are wanted.

        Returns
        -------
        tuple of int
            In the order drawn; fewer where fewer are left.

        Examples
        --------
        >>> Lots({3: 5.0, 4: 1.0}).draw({3}, Random(0), 5)
        (4,)
        """
        drawn: list[int] = []
        total = self._cumulative[-1] if self._cumulative else 0.0
        last = len(self._ids) - 1
        # blind draws, the answered ones put back: a few steps where little is answered, whatever the number of statements
        for _ in range(3 * count if total else 0):
            if len(drawn) >= count:
                break
            one = self._ids[min(bisect_right(self._cumulative, rng.random() * total), last)]
            if one not in answered and one not in drawn:
                drawn.append(one)
        if len(drawn) < count:
            drawn += self._draw_among_the_rest(answered, drawn, rng, count - len(drawn))
        return tuple(drawn)

    def _draw_among_the_rest(self, answered: Container[int], drawn: Container[int], rng: Random, count: int) -> list[int]:
        """Draw by exponential waiting times, the soonest first: the same law, one pass over all statements."""
        waits = (
            (rng.expovariate(weight), one)
            for one, weight in zip(self._ids, self._weights, strict=True)
            if one not in answered and one not in drawn
        )
        return [one for _, one in heapq.nsmallest(count, waits)]
