import numpy as np
import pytest
from hypothesis import given, settings

from klal.core import blocks, opinion_map
from klal.core.opinion_map import find_opinion_map, fix_signs, place, who_is_placed
from klal.core.settings import MapSettings
from tests.core.tables import camps, matrix, vote_tables


def dense_axes(table):
    """The textbook way: fill blanks with the mean, centre, decompose the whole table."""
    filled = np.where(np.isnan(table), np.nanmean(table, axis=0), table)
    _, singular, axes = np.linalg.svd(filled - filled.mean(axis=0), full_matrices=False)
    return axes[:2].T, singular**2


@pytest.mark.parametrize("statements", [12, 48, 49, 90])
def test_axes_equal_the_principal_components_of_the_filled_table(statements):
    table = camps((50, 30, 20), statements, seen=0.6)
    found = find_opinion_map(matrix(table))
    axes, variances = dense_axes(table)
    np.testing.assert_allclose(np.abs((found.axes * axes).sum(axis=0)), 1, atol=1e-6)
    np.testing.assert_allclose(found.explained, variances[:2] / variances.sum(), rtol=1e-5)


def test_a_search_that_starts_from_a_sample_ends_at_the_same_axes(monkeypatch):
    table = camps((400, 300), 60, seen=0.5)
    whole = find_opinion_map(matrix(table))
    monkeypatch.setattr(opinion_map, "_SAMPLE_ROWS", 200)
    monkeypatch.setattr(opinion_map, "_EM_ROWS", 10_000)
    np.testing.assert_allclose(find_opinion_map(matrix(table)).axes, whole.axes, atol=1e-6)


def test_a_search_cut_short_still_answers():
    found = find_opinion_map(matrix(camps((50, 30), 80)), settings=MapSettings(max_passes=1))
    assert np.isfinite(found.positions).all()


def test_a_long_search_restarts_and_ends_at_the_same_axes():
    table = np.random.default_rng(5).choice([-1.0, 1.0], (150, 140))  # noise: the slowest case
    found = find_opinion_map(matrix(table), settings=MapSettings(tolerance=1e-9))
    axes, _ = dense_axes(table)
    np.testing.assert_allclose(np.abs((found.axes * axes).sum(axis=0)), 1, atol=1e-6)


def test_positions_are_the_posterior_means_of_the_linear_model():
    table = camps((30, 20), 20, seen=0.5)
    found = find_opinion_map(matrix(table))
    for i in (0, 17, 49):
        seen = ~np.isnan(table[i])
        weights = found.axes[seen]
        precision = weights.T @ weights / found.noise + np.diag(1 / found.spread**2)
        expected = np.linalg.solve(precision, weights.T @ (table[i, seen] - found.centre[seen]) / found.noise)
        np.testing.assert_allclose(found.positions[i], expected, atol=1e-10)
        cov = np.linalg.inv(precision)
        np.testing.assert_allclose(found.uncertainty[i], [cov[0, 0], cov[0, 1], cov[1, 1]], atol=1e-10)


def test_few_votes_draw_towards_the_centre_and_leave_more_doubt():
    table = camps((60, 40), 40, seen=1.0)
    brief = table.copy()
    brief[0, 8:] = np.nan
    full, short = find_opinion_map(matrix(table)), find_opinion_map(matrix(brief))
    assert np.linalg.norm(short.positions[0]) < np.linalg.norm(full.positions[0])
    assert short.uncertainty[0, 0] > full.uncertainty[0, 0]


def test_somebody_without_votes_stands_at_the_centre_with_full_doubt():
    table = camps((30, 20), 20)
    table[3] = np.nan
    found = find_opinion_map(matrix(table))
    np.testing.assert_allclose(found.positions[3], 0)
    np.testing.assert_allclose(found.uncertainty[3], [found.spread[0] ** 2, 0, found.spread[1] ** 2])
    assert not found.placed[3]


def test_placing_the_same_people_again_gives_the_same_places():
    votes = matrix(camps((30, 20), 20, seen=0.6))
    found = find_opinion_map(votes)
    positions, uncertainty = place(votes, found)
    np.testing.assert_allclose(positions, found.positions)
    np.testing.assert_allclose(uncertainty, found.uncertainty)


def test_everybody_agreeing_puts_everybody_at_the_centre():
    found = find_opinion_map(matrix(np.ones((20, 9))))
    assert not found.positions.any()
    assert not found.axes.any()
    assert found.explained.tolist() == [0, 0]


def test_one_statement_has_one_axis():
    found = find_opinion_map(matrix(np.array([[1.0]] * 9 + [[-1.0]] * 8)))
    assert found.axes.tolist() == [[1.0, 0.0]]
    assert found.positions[0, 0] > 0 > found.positions[-1, 0]


@given(vote_tables())
@settings(max_examples=60)
def test_any_table_gives_finite_places(table):
    found = find_opinion_map(matrix(table))
    assert np.isfinite(found.positions).all()
    assert np.isfinite(found.uncertainty).all()
    assert ((found.explained >= -1e-12) & (found.explained <= 1 + 1e-9)).all()


def test_many_blocks_find_the_same_map(monkeypatch):
    votes = matrix(camps((200, 100), 60))
    whole = find_opinion_map(votes)
    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 500)
    np.testing.assert_allclose(find_opinion_map(votes).positions, whole.positions, atol=1e-6)


def test_the_largest_weight_of_each_axis_is_positive():
    axes = np.array([[0.1, -0.9], [-0.8, 0.2], [0.3, 0.1]])
    np.testing.assert_array_equal(fix_signs(axes), [[-0.1, 0.9], [0.8, -0.2], [-0.3, -0.1]])


def test_of_equal_weights_the_first_statement_decides_the_sign():
    assert fix_signs(np.array([[-0.5], [0.5 + 1e-12]]))[:, 0].tolist() == [0.5, -(0.5 + 1e-12)]


def test_no_statements_have_no_signs():
    assert fix_signs(np.empty((0, 2))).shape == (0, 2)


def test_seven_votes_place_a_participant():
    assert who_is_placed(np.array([6, 7, 8] + [9] * 15), 30, 7).tolist() == [False, True, True] + [True] * 15


def test_where_there_are_fewer_statements_all_are_needed():
    assert who_is_placed(np.array([2, 3] + [3] * 15), 3, 7).tolist() == [False, True] + [True] * 15


def test_too_few_are_filled_up_with_the_most_active_and_their_ties():
    cast = np.array([5] * 10 + [4] * 8 + [3, 0])
    assert who_is_placed(cast, 30, 7).tolist() == [True] * 18 + [False] * 2


def test_nobody_is_placed_without_a_vote():
    assert who_is_placed(np.array([0, 0, 2]), 30, 7).tolist() == [False, False, True]
    assert who_is_placed(np.array([], dtype=np.int64), 30, 7).tolist() == []
