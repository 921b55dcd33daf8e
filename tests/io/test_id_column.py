from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from klal.io import id_column as module
from klal.io.id_column import BadIdsError, IdColumn, ids_of, numbers_of, settle


def taken_in(*batches: list[object], are_text: bool = False) -> list[object]:
    """Return the ids a column gives back after taking in batches."""
    column = IdColumn(are_text=are_text)
    for batch in batches:
        column.add(pa.array(batch))
    codes, known = column.close()
    assert codes.dtype == np.int32
    assert len(set(known.tolist())) == len(known)
    return list(known[codes].tolist()) if len(codes) else []


def test_whole_numbers_come_back_as_numbers() -> None:
    assert taken_in(["5", "-3", "5"], ["0", "12"]) == [5, -3, 5, 0, 12]


def test_blanks_around_ids_do_not_matter() -> None:
    assert taken_in([" 5", "5 ", "\t5"]) == [5, 5, 5]
    assert taken_in([" ana ", "ana", "\u00a0ana"]) == ["ana", "ana", "ana"]


def test_one_text_makes_all_of_them_text_whenever_it_comes() -> None:
    assert taken_in(["5", "6"], ["ana", "5"]) == ["5", "6", "ana", "5"]
    assert taken_in(["ana", "5"], ["5", "6"]) == ["ana", "5", "5", "6"]


@pytest.mark.parametrize("odd", ["007", "-0", "+7", "0x10", "0xFFFFFFFF", "1.0", "7_0", "٧", "-", "--7"])
def test_a_number_that_is_not_in_its_plain_form_is_text(odd: str) -> None:
    assert taken_in(["7", odd]) == ["7", odd]
    assert numbers_of(["7", odd]) is None


def test_numbers_up_to_the_largest_stay_numbers_and_beyond_are_text() -> None:
    assert taken_in([str(2**63 - 1), str(-(2**63)), "1"]) == [2**63 - 1, -(2**63), 1]
    assert taken_in([str(2**63), "1"]) == [str(2**63), "1"]
    assert numbers_of([str(2**63)]) is None
    column = IdColumn()
    column.add(pa.array([2**64 - 1, 1], pa.uint64()))
    codes, known = column.close()
    assert known[codes].tolist() == [str(2**64 - 1), "1"]


def test_small_numbers_far_apart_need_no_table_between_them() -> None:
    assert taken_in(["-500000000", "500000000", "7"]) == [-500000000, 500000000, 7]


def test_large_numbers_after_small_ones_keep_both() -> None:
    assert taken_in(["1", "2"], [str(10**12), "2"]) == [1, 2, 10**12, 2]


def test_long_inputs_are_looked_up_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_FLUSH", 4)
    monkeypatch.setattr(module, "_STEP", 2)
    ids = [f"p{at % 5}" for at in range(20)]
    assert taken_in(*[ids[at : at + 3] for at in range(0, 20, 3)]) == ids
    assert taken_in([str(at) for at in range(7)], ["x"]) == [*map(str, range(7)), "x"]


def test_ids_that_are_text_stay_text_even_if_they_look_like_numbers() -> None:
    assert taken_in(["5", "007"], are_text=True) == ["5", "007"]
    assert IdColumn(are_text=True).close()[1].dtype.kind == "U"


def test_no_ids_are_no_ids() -> None:
    assert taken_in() == []
    assert taken_in([]) == []
    assert taken_in(pa.array([], pa.string()).to_pylist()) == []


def test_an_empty_batch_changes_nothing() -> None:
    column = IdColumn()
    column.add(pa.array([], pa.string()))
    column.add(pa.array([], pa.int64()))
    column.add(pa.array(["5"]))
    codes, known = column.close()
    assert known[codes].tolist() == [5]


@pytest.mark.parametrize("batch", [["a", ""], ["a", None], ["a", "x" * 257], ["a", "b\0"], [""], ["  "]])
def test_what_is_no_id_is_refused(batch: list[object]) -> None:
    with pytest.raises(BadIdsError):
        taken_in(batch)


def test_listed_ids_join_the_index_without_an_event() -> None:
    codes = np.array([1, 0, 1], dtype=np.int32)
    index = settle(codes, np.array([9, 3]), ["5", "9"])
    assert index.tolist() == [3, 5, 9]
    assert codes.tolist() == [0, 2, 0]


def test_a_listed_text_turns_numbers_into_text() -> None:
    codes = np.array([1, 0], dtype=np.int32)
    index = settle(codes, np.array([9, 10]), ["x"])
    assert index.tolist() == ["10", "9", "x"]
    assert codes.tolist() == [0, 1]


def test_ids_of_texts_are_numbers_only_if_all_are() -> None:
    assert ids_of(["3", "1"]).tolist() == [3, 1]
    assert ids_of(["3", "a"]).tolist() == ["3", "a"]
    assert ids_of([]).dtype.kind == "i"
