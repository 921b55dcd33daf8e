import itertools

import numpy as np
import pytest

from klal.core import blocks
from klal.core.blocks import row_blocks, run_blocks, sum_blocks


def test_small_data_is_one_block():
    assert row_blocks(np.array([0, 3, 5])) == ((0, 2),)


def test_nobody_is_one_empty_block():
    assert row_blocks(np.array([0])) == ((0, 0),)


def test_blocks_cover_everybody_once(monkeypatch):
    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 10)
    indptr = np.concatenate([[0], np.cumsum(np.random.default_rng(0).integers(0, 30, 100))])
    cut = row_blocks(indptr)
    assert 1 < len(cut) <= 64
    assert cut[0][0] == 0
    assert cut[-1][1] == 100
    assert all(a[1] == b[0] for a, b in itertools.pairwise(cut))


def test_results_come_in_the_order_of_the_blocks():
    cut = tuple((k, k + 1) for k in range(40))
    assert list(run_blocks(lambda first, last: (first, last), cut)) == list(cut)


def test_one_core_gives_the_same_sum(monkeypatch):
    cut = tuple((k, k + 1) for k in range(9))

    def work(first: int, last: int) -> np.ndarray:
        return np.array([first, last], dtype=float)

    many = sum_blocks(work, cut)
    monkeypatch.setattr(blocks.os, "sched_getaffinity", lambda _: {0})
    np.testing.assert_array_equal(sum_blocks(work, cut), many)


def test_an_error_in_a_block_is_not_swallowed():
    def work(first: int, last: int) -> np.ndarray:
        raise RuntimeError("block")

    with pytest.raises(RuntimeError, match="block"):
        sum_blocks(work, ((0, 1), (1, 2)))


def test_where_the_system_does_not_say_which_cores_are_ours_all_are_counted(monkeypatch):
    monkeypatch.delattr(blocks.os, "sched_getaffinity")
    monkeypatch.setattr(blocks.os, "cpu_count", lambda: None)
    assert blocks.available_cores() == 1
