import numpy as np
import pytest

from klal.core.representativeness import find_representative, group_informed_consensus
from klal.core.results import VoteTally
from klal.core.tally import tally_groups
from tests.core.tables import camps, matrix

TALLY = VoteTally(
    agree=np.array([[8, 1, 5], [1, 9, 5]]), disagree=np.array([[1, 8, 4], [9, 0, 4]]), passed=np.array([[1, 1, 1], [0, 1, 1]])
)


def test_ratios_and_tests_follow_the_formulas():
    found = find_representative(TALLY)
    assert found.ratio[0, 0, 0] == pytest.approx((9 / 12) / (2 / 12))
    assert found.ratio[1, 1, 0] == pytest.approx((10 / 12) / (2 / 12))
    assert found.share_z[0, 0, 0] == pytest.approx(2 * np.sqrt(11) * (9 / 11 - 0.5))
    pooled = (9 + 2) / (11 + 11)
    expected = (9 / 11 - 2 / 11) / np.sqrt(pooled * (1 - pooled) * (2 / 11))
    assert found.ratio_z[0, 0, 0] == pytest.approx(expected)


def test_what_sets_a_group_apart_is_chosen_agree_first():
    found = find_representative(TALLY)
    assert found.chosen == (((0, 0), (1, 1)), ((1, 0), (0, 1)))


def test_at_most_five_are_chosen_and_each_once():
    labels = np.repeat([0, 1], [60, 40]).astype(np.int32)
    found = find_representative(tally_groups(matrix(camps((60, 40), 40)), labels, 2))
    for chosen in found.chosen:
        assert len(chosen) == len({j for j, _ in chosen}) == 5


def test_if_nothing_is_significant_the_best_there_is_is_named():
    tally = VoteTally(agree=np.array([[2, 1], [1, 1]]), disagree=np.array([[0, 1], [1, 1]]), passed=np.zeros((2, 2), dtype=int))
    found = find_representative(tally)
    assert len(found.chosen[0]) == 1


def test_one_group_is_set_apart_by_nothing():
    tally = VoteTally(agree=np.array([[5, 2]]), disagree=np.array([[1, 4]]), passed=np.array([[0, 0]]))
    assert find_representative(tally).chosen == ((),)


def test_everybody_giving_one_answer_is_no_difference():
    tally = VoteTally(agree=np.array([[5], [5]]), disagree=np.array([[0], [0]]), passed=np.array([[0], [0]]))
    found = find_representative(tally)
    assert found.ratio_z[0, 0, 0] == 0
    assert found.chosen == ((), ())


def test_consensus_is_the_product_over_groups():
    np.testing.assert_allclose(group_informed_consensus(TALLY), [(9 / 12) * (2 / 12), (2 / 12) * (10 / 12), (6 / 12) * (6 / 12)])


def test_two_weak_answers_do_not_make_a_strong_one():
    tally = VoteTally(agree=np.array([[5], [50]]), disagree=np.array([[5], [5]]), passed=np.array([[90], [45]]))
    found = find_representative(tally)
    assert all(found.ratio_z[side, 0, j] > 0 for j, side in found.chosen[0])


def test_an_answer_that_nobody_of_the_group_gave_does_not_set_it_apart():
    tally = VoteTally(agree=np.array([[0], [2]]), disagree=np.array([[0], [30]]), passed=np.array([[0], [0]]))
    assert find_representative(tally).chosen[0] == ()
