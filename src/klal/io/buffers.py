"""Columns that grow while a file streams by, without a list of pieces to join at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


class GrowingColumn:
    """One column of numbers of unknown length.

    The array is enlarged in place (the operating system moves pages, not bytes), so the peak is the final column and not twice it.

    Parameters
    ----------
    dtype : dtype
        What it holds.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._array: NDArray[Any] = np.empty(0, dtype=dtype)
        self._size = 0

    def __len__(self) -> int:
        """Return how many values there are."""
        return self._size

    def extend(self, values: NDArray[Any]) -> None:
        """Append values, converted to the column's type."""
        size = self._size + len(values)
        if size > len(self._array):
            # A quarter to spare keeps the number of moves small; untouched pages cost no memory.
            self._array.resize(max(size, len(self._array) * 5 // 4, 1024), refcheck=False)
        self._array[self._size : size] = values
        self._size = size

    def view(self) -> NDArray[Any]:
        """Return the values so far; writing to them writes to the column. Not to be kept across ``extend``."""
        return self._array[: self._size]

    def close(self) -> NDArray[Any]:
        """Return the values and let go of them."""
        self._array.resize(self._size, refcheck=False)
        array, self._array, self._size = self._array, np.empty(0, dtype=self._array.dtype), 0
        return array
