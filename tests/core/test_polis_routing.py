from __future__ import annotations

import numpy as np
import pytest

from klal.core.opinion_map import find_opinion_map
from klal.core.polis_routing import META_PRIORITY, NEW_STATEMENT_PRIORITY, find_extremity, statement_priorities
from klal.core.results import VoteTally
from tests.core.tables import camps, matrix


def tally(agree: int, disagree: int, passed: int) -> VoteTally:
    return VoteTally(*(np.array([count]) for count in (agree, disagree, passed)))


def test_a_priority_is_what_polis_formula_gives_by_hand():
    # P = (2 + 1)/(10 + 2) = 1/4, A = (5 + 1)/(10 + 2) = 1/2, E + 1 = 3, 1 + 8 · 2^(−10/5) = 3: (3/4 · 3 · 1/2 · 3)² = 3.375²
    assert statement_priorities(tally(5, 3, 2), np.array([2.0]), np.array([False]))[0] == pytest.approx(3.375**2)


def test_a_statement_without_votes_has_the_priority_of_new_ones():
    assert statement_priorities(tally(0, 0, 0), np.zeros(1), np.array([False]))[0] == pytest.approx(NEW_STATEMENT_PRIORITY)


def test_a_statement_about_the_conversation_has_a_fixed_priority():
    assert statement_priorities(tally(9, 0, 0), np.ones(1), np.array([True])).tolist() == [META_PRIORITY]


def test_extremity_is_where_somebody_would_stand_who_only_agreed_with_the_statement():
    # Polis projects such a person: Σ (vote − mean) · weight over the statements voted on, times √(statements / votes cast)
    found = find_opinion_map(matrix(camps((30, 20), 12, seed=3)))
    by_hand = [np.sqrt(12 / 1) * np.linalg.norm((1 - found.centre[j]) * found.axes[j]) for j in range(12)]
    np.testing.assert_allclose(find_extremity(found), by_hand)


def test_what_divides_is_further_out_than_what_is_shared():
    extremity = find_extremity(find_opinion_map(matrix(camps((60, 40), 30, shared=8))))
    assert np.median(extremity[8:]) > extremity[:8].max()


def test_nothing_voted_on_is_nowhere():
    found = find_opinion_map(matrix(np.full((3, 2), np.nan)))
    assert find_extremity(found).tolist() == [0.0, 0.0]
