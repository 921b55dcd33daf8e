"""Row blocks: the unit of work of every pass over the votes.

A pass runs one compiled function on each block of participants and adds up what comes back, in the order of the blocks. Blocks depend
on the data only, never on the number of threads, so the answer is the same on one core, on many, and on a cluster.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Ints

Block = tuple[int, int]
"""First participant of a block, and the one after its last."""

_VOTES_PER_BLOCK = 250_000
_MOST_BLOCKS = 64


def row_blocks(indptr: Ints) -> tuple[Block, ...]:
    """Cut the participants into blocks of about equal numbers of votes.

    Parameters
    ----------
    indptr : ndarray of int64
        Shape (n + 1,): where the votes of each participant start.

    Returns
    -------
    tuple of (int, int)
        Consecutive, covering 0 … n; one block for small data, at most 64.
    """
    n, votes = len(indptr) - 1, int(indptr[-1])
    count = int(np.clip(votes // _VOTES_PER_BLOCK, 1, _MOST_BLOCKS))
    ends = np.searchsorted(indptr, np.arange(1, count) * votes / count)
    edges = np.unique(np.concatenate([[0], ends, [n]]))
    return tuple((int(a), int(b)) for a, b in pairwise(edges)) or ((0, 0),)


def run_blocks(work: Callable[[int, int], Any], blocks: tuple[Block, ...]) -> Iterator[Any]:
    """Run ``work(first, last)`` on every block, on all cores, and yield the results in the order of the blocks.

    Parameters
    ----------
    work : callable
        Releases the interpreter lock while it counts.
    blocks : tuple of (int, int)
        From ``row_blocks``.

    Yields
    ------
    object
        What ``work`` returned; only a few results are held at a time.
    """
    threads = min(len(blocks), available_cores())
    if threads <= 1:
        yield from (work(first, last) for first, last in blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Any]] = deque()
        for first, last in blocks:
            ahead.append(pool.submit(work, first, last))
            if len(ahead) > 2 * threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def available_cores() -> int:
    """Return how many cores this process may use, where the system says so, or how many there are."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def sum_blocks(work: Callable[[int, int], NDArray[Any]], blocks: tuple[Block, ...]) -> NDArray[Any]:
    """Add up an array that every block returns.

    Parameters
    ----------
    work : callable
        Returns an array of one shape and type.
    blocks : tuple of (int, int)
        From ``row_blocks``.

    Returns
    -------
    ndarray
        The sum, added in the order of the blocks.
    """
    results = run_blocks(work, blocks)
    total: NDArray[Any] = next(results)
    for part in results:
        total += part
    return total
