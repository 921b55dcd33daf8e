"""Between rows and arrays: numbers in the store, ids, and positions in an index of ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from klal.core.arrays import Ids, Ints
from klal.core.index import IdIndex
from klal.domain.records import Id


class Labels:
    """Rows of a table with their ids: whole numbers or text, whichever the conversation has.

    Parameters
    ----------
    keys : sequence of int
        Numbers in the store, ascending.
    labels : sequence of str
        Their labels.
    are_text : bool
        Ids are text even where they look like numbers.

    Attributes
    ----------
    index : IdIndex
        The ids in order.
    ids : dict of int to id
        By number in the store.
    order : ndarray of int64
        Which of the rows each id of the index belongs to.
    """

    def __init__(self, keys: Sequence[int], labels: Sequence[str], *, are_text: bool) -> None:
        found: Ids = np.array(labels, dtype=np.str_) if are_text else np.array([int(one) for one in labels], dtype=np.int64)
        self.index = IdIndex.of(found)
        self.ids: dict[int, Id] = dict(zip(keys, found.tolist(), strict=True))
        self._keys = np.array(keys, dtype=np.int64)
        self._positions = self.index.positions(found)
        self.order: Ints = np.argsort(self._positions)

    def positions(self, keys: Ints) -> Ints:
        """Return positions in the index, shape as given, of numbers in the store."""
        return self._positions[np.searchsorted(self._keys, keys)]
