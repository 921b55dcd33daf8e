"""What is known for choosing the next statement: one packed table a snapshot, and where on it a person stands.

The worker makes the table with ``klal.core.routing``; the processes that take votes read it with nothing but the standard library.
"""

from __future__ import annotations

import math
import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Part = TypeVar("Part", bound="array[Any]")
_HEAD = struct.Struct("<4sIIf")
_MAGIC = b"kr01"
_LEAST_CURVATURE = 0.03
"""Of the logistic function: a surprising vote moves a person far, but not off the map."""
_FAR = 20.0
_SHORT = 70
"""Characters of a short statement."""


class Answers(NamedTuple):
    """What somebody has answered, as masks of the statements' places; those who passed have answered and said neither.

    Attributes
    ----------
    answered, agreed, disagreed : int
        Bit j is statement j.
    """

    answered: int = 0
    agreed: int = 0
    disagreed: int = 0


class Position(NamedTuple):
    """Where somebody stands on the two axes that divide most, as a Gaussian.

    Attributes
    ----------
    x, y : float
        The mean; everybody's is (0, 0) before they say anything.
    xx, xy, yy : float
        Covariance; 1, 0, 1 before they say anything.
    """

    x: float = 0.0
    y: float = 0.0
    xx: float = 1.0
    xy: float = 0.0
    yy: float = 1.0


@dataclass(frozen=True, slots=True)
class Routes:
    """One table of m statements and k regions of the map; floats of four bytes.

    Attributes
    ----------
    maturity : float
        0 … 1: how far the statements are known well enough to place people by them.
    centres : array of float
        2k: x and y of each region.
    fresh : array of float
        k + 1: weight of a statement that came after the table was made, for people of each region and for those not placed yet.
    numbers : array of int
        m: number of each statement in the store.
    appeal, x, y : array of float
        m: log-odds of agreeing in the middle of the map, and what they gain along each axis.
    ease : array of float
        m, >= 0: how well a statement suits a first one: short, rarely passed on, and not yet answered by many.
    weights : tuple of array of float
        k + 1 of m each, >= 0: the weight of each statement in the draw, for people of each region and for those not placed yet.
    """

    maturity: float
    centres: array[float]
    fresh: array[float]
    numbers: array[int]
    appeal: array[float]
    x: array[float]
    y: array[float]
    ease: array[float]
    weights: tuple[array[float], ...] = field(repr=False)

    def pack(self) -> bytes:
        """Return the table as bytes, the same on every machine."""
        regions = len(self.fresh) - 1
        floats = [self.appeal, self.x, self.y, self.ease, *self.weights]
        parts = [_bytes(self.centres), _bytes(self.fresh), _bytes(self.numbers), *map(_bytes, floats)]
        return _HEAD.pack(_MAGIC, len(self.numbers), regions, self.maturity) + b"".join(parts)

    @classmethod
    def unpack(cls, packed: bytes | memoryview) -> Routes:
        """Return a table from its bytes; none at all is an empty table."""
        if not len(packed):
            return cls.empty()
        view = memoryview(packed)
        magic, m, regions, maturity = _HEAD.unpack_from(view)
        if magic != _MAGIC:
            raise ValueError(bytes(magic))
        at = _HEAD.size + 4 * (3 * regions + 1)
        centres = _floats(view[_HEAD.size : _HEAD.size + 8 * regions])
        fresh = _floats(view[_HEAD.size + 8 * regions : at])
        numbers = array("q", view[at : at + 8 * m].tobytes())
        at += 8 * m
        appeal, x, y, ease, *weights = (_floats(view[at + 4 * m * part : at + 4 * m * (part + 1)]) for part in range(5 + regions))
        return cls(maturity, centres, fresh, _turned(numbers), appeal, x, y, ease, tuple(weights))

    @classmethod
    def empty(cls) -> Routes:
        """Return the table before anything is known: every statement is a new one."""
        none: array[float] = array("f")
        return cls(0.0, none, array("f", [1.0]), array("q"), none, none, none, none, (none,))


def reading_ease(text: str) -> float:
    """Return how quickly a statement is read, 0 … 1: 1 up to some twelve words, one half at twice that."""
    return 1 / (1 + (max(len(text) - _SHORT, 0) / _SHORT) ** 2)


def find_position(table: Sequence[tuple[float, float, float]], answers: Answers, looked_at: int) -> Position:
    """Place somebody by some of their answers.

    Parameters
    ----------
    table : sequence of (float, float, float)
        Appeal and weights on both axes, by place.
    answers : Answers
        What they said.
    looked_at : int
        Mask of the places that count.

    Returns
    -------
    Position
        Gaussian; each answer shifts it by one step of Newton's method for the logistic model (the extended Kalman filter), in the order
        of the places, so that equal answers give equal positions.
    """
    x = y = xy = 0.0
    xx = yy = 1.0
    said = (answers.agreed | answers.disagreed) & looked_at
    while said:
        bit = said & -said
        said ^= bit
        appeal, along_x, along_y = table[bit.bit_length() - 1]
        chance = 1 / (1 + math.exp(min(max(-(appeal + along_x * x + along_y * y), -_FAR), _FAR)))
        curvature = max(chance * (1 - chance), _LEAST_CURVATURE)
        pull_x, pull_y = xx * along_x + xy * along_y, xy * along_x + yy * along_y
        spread = 1 / curvature + along_x * pull_x + along_y * pull_y
        step = ((1.0 if answers.agreed & bit else 0.0) - chance) / curvature / spread
        x, y = x + pull_x * step, y + pull_y * step
        xx, xy, yy = xx - pull_x * pull_x / spread, xy - pull_x * pull_y / spread, yy - pull_y * pull_y / spread
    return Position(x, y, xx, xy, yy)


def _bytes(part: array[Any]) -> bytes:
    return _turned(part[:]).tobytes()


def _floats(packed: memoryview) -> array[float]:
    return _turned(array("f", packed.tobytes()))


def _turned(part: Part) -> Part:
    """Turn the bytes of every entry around where the machine keeps the highest first."""
    if sys.byteorder == "big":  # pragma: no cover - no such machine runs the tests
        part.byteswap()
    return part
