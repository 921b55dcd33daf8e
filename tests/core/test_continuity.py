from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from klal.core.continuity import SLOTS, Turn, find_turn, match_groups, order_groups, turn_analysis
from klal.core.pipeline import analyse
from klal.core.results import Analysis
from tests.core.tables import camps, matrix

LABELS = st.lists(st.integers(-1, 4), min_size=1, max_size=40).map(lambda given: np.array(given, dtype=np.int32))


def found(*sizes: int) -> Analysis:
    return analyse(matrix(camps(sizes, 40, seed=2)))


def test_groups_keep_their_slot_though_their_order_by_size_changes():
    before = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    assert match_groups(before, np.array([2, 2, 2, 0, 0, 1, 1, 1]), 3) == (1, 2, 0)


def test_the_first_groups_get_the_first_slots():
    assert match_groups(np.array([-1, -1, -1]), np.array([1, 0, 2]), 3) == (0, 1, 2)


def test_as_many_people_as_possible_keep_theirs():
    # greedily group 0 would take slot 0 (3 people) and leave group 1 with nothing (3 + 0); 2 + 3 is more
    before = np.array([0, 0, 0, 1, 1, 0, 0, 0])
    assert match_groups(before, np.array([0, 0, 0, 0, 0, 1, 1, 1]), 2) == (1, 0)


def test_a_new_group_gets_the_lowest_slot_nobody_had():
    before = np.array([0, 0, 2, 2, -1, -1])
    assert match_groups(before, np.array([0, 0, 1, 1, 2, 2]), 3) == (0, 2, 1)


def test_the_slot_of_a_vanished_group_is_not_given_to_others_while_one_is_free():
    before = np.array([0, 0, 0, 1, 1, 2])
    assert match_groups(before, np.array([0, 0, 0, -1, -1, 1]), 2) == (0, 2)
    assert match_groups(before[[0, 1, 2, 3]], np.array([0, 0, 1, -1]), 2) == (0, 2)


def test_the_slot_of_a_vanished_group_is_given_to_others_when_none_is_free():
    before, now = np.array([0, 0, 0, 1, 2]), np.array([0, 1, 1, -1, -1])
    assert match_groups(before, now, 2, slots=3) == (1, 0)


def test_there_are_more_slots_where_there_are_more_groups():
    assert match_groups(np.full(7, -1), np.arange(7), 7) == tuple(range(7))
    assert match_groups(np.array([7, 7, 3]), np.array([0, 0, 1]), 2) == (7, 3)


def test_a_single_group_is_the_first_whoever_is_in_it():
    assert match_groups(np.array([1, 1, 1]), np.array([0, 0, 0]), 1) == (0,)


@given(LABELS)
def test_the_same_groups_keep_their_slots(labels):
    groups = np.unique(labels[labels >= 0])
    if len(groups) > 1:
        now = np.searchsorted(groups, labels)
        assert match_groups(labels, np.where(labels >= 0, now, -1), len(groups)) == tuple(groups.tolist())


@given(LABELS, st.permutations(range(5)), st.randoms())
def test_the_order_of_people_and_the_numbers_of_groups_make_no_difference_to_how_many_keep_theirs(previous, renamed, rng):
    current = np.array([rng.randrange(-1, 5) for _ in previous])
    shuffled = np.array(rng.sample(range(len(previous)), len(previous)))

    def keeping(slots: tuple[int, ...], before: np.ndarray, now: np.ndarray) -> int:
        assert len(set(slots)) == 5
        assert all(0 <= slot < SLOTS for slot in slots)
        return sum(int(slot >= 0 and group >= 0 and slots[group] == slot) for slot, group in zip(before, now, strict=True))

    relabelled = np.array([renamed[group] if group >= 0 else -1 for group in current])[shuffled]
    one = keeping(match_groups(previous, current, 5), previous, current)
    assert keeping(match_groups(previous[shuffled], relabelled, 5), previous[shuffled], relabelled) == one


POINTS = np.array([[1.0, 0.1], [-0.8, 0.5], [0.3, -0.9], [-0.6, -0.2], [0.2, 0.8]])
ALIKE, UNLIKE = np.array([1.0, 0.95]), np.array([1.0, 0.5])


@pytest.mark.parametrize("signs", [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
@pytest.mark.parametrize("exchanged", [False, True])
def test_a_mirrored_or_exchanged_map_is_turned_back(signs, exchanged):
    # what is found now is what was shown before, turned: so turning it as found must show the same again
    now = (POINTS * np.array(signs))[:, ::-1] if exchanged else POINTS * np.array(signs)
    turn = find_turn(POINTS, now, ALIKE)
    assert turn == Turn(exchanged, signs)
    np.testing.assert_allclose(turn.apply(now), POINTS)


def test_the_lesser_axis_is_never_laid_across():
    turn = find_turn(POINTS, POINTS[:, ::-1], UNLIKE)
    assert not turn.exchanged


def test_axes_in_between_are_left_as_they_are():
    half = np.array([[1.0, 1.0], [-1.0, 1.0]]) / np.sqrt(2)
    assert not find_turn(POINTS, POINTS @ half, ALIKE).exchanged


def test_nothing_to_go_by_leaves_the_map_as_it_is():
    assert find_turn(POINTS[:1], -POINTS[:1], ALIKE) == Turn()
    assert find_turn(np.zeros((4, 2)), POINTS[:4], ALIKE) == Turn()
    assert find_turn(POINTS, POINTS, np.zeros(2)) == Turn()


def test_a_turned_analysis_is_the_same_map_seen_from_elsewhere():
    before = found(60, 40)
    after = turn_analysis(before, Turn(exchanged=True, signs=(-1.0, 1.0)))
    old, new = before.opinion_map, after.opinion_map
    np.testing.assert_array_equal(new.positions, np.stack([-old.positions[:, 1], old.positions[:, 0]], axis=1))
    np.testing.assert_array_equal(new.axes, np.stack([-old.axes[:, 1], old.axes[:, 0]], axis=1))
    np.testing.assert_array_equal(new.uncertainty, np.stack([old.uncertainty[:, 2], -old.uncertainty[:, 1], old.uncertainty[:, 0]], axis=1))
    np.testing.assert_array_equal(new.spread, old.spread[::-1])
    np.testing.assert_array_equal(new.explained, old.explained[::-1])
    middle = new.positions[after.grouping.labels == 0].mean(axis=0)
    assert np.linalg.norm(middle - after.grouping.centres[0]) < np.linalg.norm(middle - after.grouping.centres[1])


def test_an_analysis_turned_by_nothing_is_the_same():
    before = found(60, 40)
    after = turn_analysis(before, Turn())
    np.testing.assert_array_equal(after.opinion_map.positions, before.opinion_map.positions)
    np.testing.assert_array_equal(after.opinion_map.uncertainty, before.opinion_map.uncertainty)


def test_groups_in_another_order_have_the_same_numbers():
    before = found(50, 35, 25)
    assert before.grouping.n_groups == 3
    order = np.array([2, 0, 1])
    after = order_groups(before, order)
    assert after.grouping.sizes.tolist() == before.grouping.sizes[order].tolist()
    for place, group in enumerate(order.tolist()):
        np.testing.assert_array_equal(after.grouping.labels == place, before.grouping.labels == group)
        np.testing.assert_array_equal(after.grouping.membership[:, place], before.grouping.membership[:, group])
        np.testing.assert_array_equal(after.group_tally.agree[place], before.group_tally.agree[group])
        np.testing.assert_array_equal(after.common_ground.lower[place], before.common_ground.lower[group])
        np.testing.assert_array_equal(after.representativeness.ratio[:, place], before.representativeness.ratio[:, group])
        assert after.representativeness.chosen[place] == before.representativeness.chosen[group]
    np.testing.assert_array_equal(order[after.common_ground.weakest_group], before.common_ground.weakest_group)
    np.testing.assert_array_equal(after.grouping.labels < 0, before.grouping.labels < 0)


def test_nobody_placed_has_no_group_to_be_ordered():
    nobody = analyse(matrix(np.full((3, 2), np.nan)))
    assert order_groups(nobody, np.array([0])).grouping.labels.tolist() == [-1, -1, -1]
