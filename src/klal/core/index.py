"""Ids and positions, kept apart: an index maps one to the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from klal.core.arrays import Ids, Ints, frozen
from klal.domain.records import Id


@dataclass(frozen=True, slots=True, eq=False)
class IdIndex:
    """Sorted, distinct ids; the position of an id is its rank.

    Attributes
    ----------
    ids : ndarray
        Shape (n,), int64 or text, strictly ascending.
    """

    ids: Ids

    @classmethod
    def of(cls, ids: Iterable[Id] | Ids) -> IdIndex:
        """Make an index of the distinct ids given, in any order.

        Parameters
        ----------
        ids : iterable of int or str
            All whole numbers, or else all are taken as text.

        Returns
        -------
        IdIndex
            Sorted by number, or by text.
        """
        array = ids if isinstance(ids, np.ndarray) else _as_array(list(ids))
        return cls(frozen(np.unique(array)))

    def __len__(self) -> int:
        """Return how many ids there are."""
        return len(self.ids)

    def positions(self, ids: Ids) -> Ints:
        """Return the positions of ids, shape as given, −1 where an id is unknown.

        Parameters
        ----------
        ids : ndarray
            Ids of the same kind as the index holds.

        Returns
        -------
        ndarray of int64
            Positions in 0 … n−1, or −1.
        """
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.int64)
        found = np.searchsorted(self.ids, ids)
        found = np.minimum(found, len(self.ids) - 1)
        return np.where(self.ids[found] == ids, found, -1).astype(np.int64)

    def position(self, one: Id) -> int:
        """Return the position of one id, −1 if unknown."""
        return int(self.positions(_as_array([one]))[0])

    def tolist(self) -> list[Id]:
        """Return the ids as plain Python values."""
        return list(self.ids.tolist())

    def __eq__(self, other: object) -> bool:
        """Compare by content."""
        return isinstance(other, IdIndex) and np.array_equal(self.ids, other.ids)

    __hash__ = None  # type: ignore[assignment]


def _as_array(ids: list[Id]) -> Ids:
    if all(isinstance(one, int) for one in ids):
        return np.array(ids, dtype=np.int64)
    return np.array([str(one) for one in ids], dtype=np.str_) if ids else np.empty(0, dtype=np.int64)
