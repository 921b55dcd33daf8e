"""Measure what the memory can do: the triad a = b + s·c on arrays too large for any cache, on one core and on all."""

from __future__ import annotations

import numba
import numpy as np
from _child import report, timed

SIZE = 1 << 25


@numba.njit
def triad(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    for i in range(len(a)):
        a[i] = b[i] + 3.0 * c[i]


@numba.njit(parallel=True)
def triad_on_all(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    for i in numba.prange(len(a)):
        a[i] = b[i] + 3.0 * c[i]


arrays = [np.full(SIZE, value) for value in (0.0, 1.0, 2.0)]
figures = {}
for name, work in (("one", triad), ("all", triad_on_all)):
    work(*arrays)
    seconds, _ = timed(lambda work=work: work(*arrays), repeats=5)
    figures[name] = 3 * 8 * SIZE / seconds / 1e9
report(gigabytes_per_second=figures)
