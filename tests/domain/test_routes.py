from __future__ import annotations

from array import array

import pytest

from klal.domain.routes import Answers, Routes, find_position, reading_ease

TABLE = [(0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 1.0, 1.0)]
EVERYTHING = 0b111


def table() -> Routes:
    three = [array("f", [one, 2.0, -3.5]) for one in range(4)]
    weights = (array("f", [1.0, 2.0, 4.0]), array("f", [0.5, 0.25, 8.0]))
    return Routes(0.75, array("f", [1.0, -2.0]), array("f", [3.0, 4.0]), array("q", [7, 2**40, 9]), *three, weights)


def test_a_table_comes_back_as_it_was():
    packed = table().pack()
    assert Routes.unpack(packed) == table()
    assert Routes.unpack(memoryview(packed)) == table()
    assert len(packed) == 16 + 4 * 4 + 8 * 3 + 4 * 3 * 6


def test_nothing_is_an_empty_table():
    assert Routes.unpack(b"") == Routes.empty()
    assert Routes.unpack(Routes.empty().pack()) == Routes.empty()


def test_another_kind_of_bytes_is_refused():
    with pytest.raises(ValueError, match="else"):
        Routes.unpack(b"else" + bytes(40))


def test_somebody_who_said_nothing_stands_in_the_middle():
    assert find_position(TABLE, Answers(), EVERYTHING) == (0, 0, 1, 0, 1)
    assert find_position(TABLE, Answers(answered=0b11), EVERYTHING) == (0, 0, 1, 0, 1)


def test_answers_move_somebody_along_their_axis_and_lessen_the_doubt_there():
    agreed = find_position(TABLE, Answers(1, 1, 0), EVERYTHING)
    disagreed = find_position(TABLE, Answers(1, 0, 1), EVERYTHING)
    # one step of Newton's method from the middle: a chance of ½, a curvature of ¼, so 1 ÷ (4 + 1) of the residual 2
    assert (agreed.x, agreed.y) == pytest.approx((0.4, 0.0))
    assert (disagreed.x, disagreed.y) == pytest.approx((-0.4, 0.0))
    assert (agreed.xx, agreed.xy, agreed.yy) == pytest.approx((0.8, 0.0, 1.0))


def test_an_expected_answer_moves_less_than_a_surprising_one():
    expected = find_position([(3.0, 1.0, 0.0)], Answers(1, 1, 0), 1)
    surprising = find_position([(3.0, 1.0, 0.0)], Answers(1, 0, 1), 1)
    assert 0 < expected.x < -surprising.x < 3


def test_only_the_statements_looked_at_count():
    assert find_position(TABLE, Answers(0b111, 0b101, 0b010), 0b100) == find_position(TABLE, Answers(0b100, 0b100, 0), EVERYTHING)


def test_extremes_stay_finite():
    sure = [(500.0, 2.0, 0.0), (-500.0, 0.0, 2.0)]
    assert all(abs(value) < 100 for value in find_position(sure, Answers(0b11, 0b10, 0b01), 0b11))


def test_short_statements_are_quickly_read():
    assert reading_ease("") == reading_ease("x" * 70) == 1
    assert reading_ease("x" * 140) == 0.5
    assert reading_ease("x" * 280) == pytest.approx(0.1)
