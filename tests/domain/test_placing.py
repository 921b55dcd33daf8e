from __future__ import annotations

import pytest

from klal.domain.placing import MOST_CHANGED, Placing, reasons_of

ROWS = {1: [0.0, 0.5, 2.0], 2: [0.3, 0.5, 1.0], 3: [-0.2, 0.5, -1.5], 4: [0.8, 0.5, 0.0], 5: [0.0, 0.5, 0.5]}


def document(slots: tuple[int, ...] = (0, 1), centres: tuple[float, ...] = (1.0, -1.0), rows=None) -> dict:
    return {
        "statements": {str(number): row for number, row in (rows or ROWS).items()},
        "prior": [4.0, 1.0],
        "slots": list(slots),
        "shares": [1 / len(slots)] * len(slots),
        "centres": [[centre] for centre in centres],
        "tightness": [[5.0]],
    }


def reasons(answers: dict[int, bool], **fields):
    return reasons_of(Placing.read(document(**fields)), answers)


def test_the_answer_that_speaks_most_for_the_group_comes_first():
    found = reasons({1: True, 2: True, 3: False, 5: True})
    assert found.slot == 0
    assert found.holding == (1, 3, 2, 5)
    assert found.drawing == ()


def test_what_speaks_for_another_group_draws_towards_it():
    found = reasons({1: True, 2: False, 3: False})
    assert found.slot == 0
    assert found.holding == (1, 3)
    assert found.drawing == (2,)


def test_the_fewest_answers_that_would_change_the_group_are_named():
    found = reasons({1: True, 5: False, 4: True})
    assert (found.change, found.other) == ((1,), 1)
    assert reasons({1: False, 5: False, 4: True}).slot == 1


def test_groups_are_called_by_their_slots():
    found = reasons({1: True, 5: False}, slots=(3, 7))
    assert (found.slot, found.other) == (3, 7)


def test_of_several_other_groups_the_nearest_is_named():
    rows = {1: [0.0, 0.1, 2.0, 0.0], 2: [0.0, 0.1, 0.0, 2.0], 3: [0.0, 0.1, 0.0, 1.5], 4: [0.0, 0.1, 1.0, 0.2]}
    model = {
        **document(rows=rows),
        "slots": [0, 1, 2],
        "prior": [4.0, 1.0, 1.0],
        "shares": [0.4, 0.3, 0.3],
        "centres": [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]],
        "tightness": [[5.0, 0.0], [0.0, 5.0]],
    }
    found = reasons_of(Placing.read(model), {1: True, 2: True, 3: True, 4: False})
    assert (found.slot, found.other, found.change) == (0, 1, (1,))


def test_what_is_not_needed_for_a_change_is_put_back():
    rows = {1: [0.0, 0.0, -1.0, -2.0], 2: [0.0, 0.0, 0.0, 2.0], 3: [0.0, 0.0, -3.0, -3.0], 4: [0.0, 0.0, 3.0, 1.0]}
    model = {
        **document(rows=rows),
        "slots": [0, 1, 2],
        "prior": [1.0, 1.0, 1.0],
        "shares": [1 / 3] * 3,
        "centres": [[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]],
        "tightness": [[5.0, 0.0], [0.0, 5.0]],
    }
    found = reasons_of(Placing.read(model), dict.fromkeys(rows, True))
    assert found.slot == 2
    assert (found.change, found.other) == ((1,), 1)  # found after another one, which alone would have changed nothing


def test_somebody_who_stands_firm_is_told_how_many_were_tried():
    rows = {number: [0.0, 0.0, 2.0] for number in range(1, 31)}
    found = reasons(dict.fromkeys(rows, True), rows=rows)
    assert (found.change, found.other, found.tried) == (None, None, MOST_CHANGED)


def test_with_one_body_answers_are_named_by_how_far_they_move():
    found = reasons({1: True, 4: True, 5: True}, slots=(0,), centres=(0.0,))
    assert (found.slot, found.change, found.drawing) == (None, None, ())
    assert found.holding[0] == 1
    assert set(found.holding) == {1, 4, 5}


def test_answers_to_statements_that_the_model_does_not_know_say_nothing():
    assert reasons({9: True}) is None
    assert reasons({}) is None
    assert reasons({1: True, 9: True}).holding == (1,)


@pytest.mark.parametrize("agreed", [True, False])
def test_extreme_figures_do_no_harm(agreed):
    rows = {1: [900.0, 1.0, 50.0], 2: [-900.0, 1.0, -50.0]}
    assert reasons({1: agreed, 2: agreed}, rows=rows).slot in (0, 1)
