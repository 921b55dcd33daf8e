import numpy as np
import pytest

from klal.core.index import IdIndex


def test_ids_are_sorted_and_distinct():
    assert IdIndex.of([30, 4, 30, -1]).tolist() == [-1, 4, 30]


def test_one_text_makes_all_ids_text():
    assert IdIndex.of([3, "b", 20]).tolist() == ["20", "3", "b"]


def test_positions_of_unknown_ids_are_minus_one():
    index = IdIndex.of(np.array([5, 7, 9]))
    assert index.positions(np.array([9, 6, 5, 100])).tolist() == [2, -1, 0, -1]


def test_an_empty_index_knows_nobody():
    index = IdIndex.of([])
    assert len(index) == 0
    assert index.positions(np.array([1, 2])).tolist() == [-1, -1]


def test_position_of_one_id():
    assert IdIndex.of(["anna", "ben"]).position("ben") == 1


def test_indexes_compare_by_content():
    assert IdIndex.of([1, 2]) == IdIndex.of([2, 1])
    assert IdIndex.of([1, 2]) != IdIndex.of([1, 3])
    assert IdIndex.of([1]) != "1"


def test_ids_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        IdIndex.of([1, 2]).ids[0] = 5
