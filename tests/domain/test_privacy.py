from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klal.domain.privacy import MIN_CELL, cells_to_withhold, may_publish_cell


@pytest.mark.parametrize(("votes", "allowed"), [(0, False), (4, False), (5, True), (500, True)])
def test_a_figure_needs_five_votes(votes, allowed):
    assert may_publish_cell(votes) is allowed


def test_the_minimum_can_be_raised():
    assert not may_publish_cell(9, min_cell=10)


def test_nothing_is_withheld_when_every_group_is_large():
    assert cells_to_withhold([40, 30], total=70) == frozenset()
    assert cells_to_withhold([40, 30], total=75) == frozenset()


def test_a_few_votes_of_people_in_no_group_are_covered_by_the_smallest_group():
    assert cells_to_withhold([40, 30], total=72) == {1}
    assert cells_to_withhold([40], total=41) == {0}


def test_of_two_groups_the_other_one_is_withheld_too():
    assert cells_to_withhold([40, 3], total=43) == {0, 1}


def test_of_three_groups_the_smallest_other_one_is_withheld_too():
    assert cells_to_withhold([40, 3, 12], total=55) == {1, 2}


def test_votes_of_people_in_no_group_hide_a_small_group_well_enough():
    assert cells_to_withhold([40, 3], total=60) == {1}


def test_two_small_groups_hide_each_other():
    assert cells_to_withhold([40, 3, 2], total=45) == {1, 2}


def test_an_empty_group_needs_no_cover():
    assert cells_to_withhold([40, 0], total=40) == {1}


@given(st.lists(st.integers(0, 60), max_size=5), st.integers(0, 20), st.integers(1, 12))
def test_what_is_left_by_subtraction_is_never_a_few_votes(votes, in_no_group, min_cell):
    total = sum(votes) + in_no_group
    withheld = cells_to_withhold(votes, total=total, min_cell=min_cell)
    shown = [count for group, count in enumerate(votes) if group not in withheld]
    assert all(count >= min_cell for count in shown)
    hidden = total - sum(shown)
    assert hidden == 0 or hidden >= min_cell or not shown


def test_the_minimum_is_five():
    assert MIN_CELL == 5
