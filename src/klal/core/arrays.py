"""Names for the arrays that flow through the core."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Labels = NDArray[np.int32]
Codes = NDArray[np.int8]
Bools = NDArray[np.bool_]
Ids = NDArray[Any]
"""Ids: int64 or a text dtype."""


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array, read-only from now on.

    Parameters
    ----------
    array : ndarray
        Any array that its maker no longer writes to.

    Returns
    -------
    ndarray
        The same array.
    """
    array.flags.writeable = False
    return array
