from __future__ import annotations

import numpy as np
import pytest

from klal.core.exposure import corrected_agreement, exposure_weights
from klal.core.votes import VoteMatrix
from tests.core.tables import matrix

PEOPLE, STATEMENTS, TURNS = 400, 12, 4


def asked(seed: int) -> tuple[VoteMatrix, np.ndarray, np.ndarray, np.ndarray]:
    """Let everybody answer four statements, those who agree with one thing being asked it far more often than those who do not.

    Returns the votes, the chances, the turns, and the true share that agrees with each statement.
    """
    rng = np.random.default_rng(seed)
    leaning = rng.random(PEOPLE)
    agrees = rng.random((PEOPLE, STATEMENTS)) < np.where(np.arange(STATEMENTS) % 2 == 0, leaning[:, None], 1 - leaning[:, None])
    rows = np.full((PEOPLE, STATEMENTS), np.nan)
    chance, turn = np.full((PEOPLE, STATEMENTS), np.nan), np.zeros((PEOPLE, STATEMENTS), dtype=np.int64)
    for i in range(PEOPLE):
        weight = np.where(np.arange(STATEMENTS) % 2 == 0, 0.1 + leaning[i], 1.1 - leaning[i]) ** 2
        for t in range(TURNS):
            share = np.where(np.isnan(rows[i]), weight, 0)
            share = share / share.sum()
            j = rng.choice(STATEMENTS, p=share)
            rows[i, j], chance[i, j], turn[i, j] = 2 * agrees[i, j] - 1, share[j], t + 1
    votes = matrix(rows)
    at = (votes.row_of_vote(), votes.columns)
    return votes, chance[at], turn[at], agrees.mean(axis=0)


def ignorant(votes: VoteMatrix) -> np.ndarray:
    return np.full(votes.shape, 0.5)


def test_weights_undo_a_draw_that_asked_those_who_agree():
    plain, corrected = [], []
    for seed in range(5):
        votes, chances, turns, truth = asked(seed)
        plain.append(corrected_agreement(votes, np.ones(votes.n_votes), ignorant(votes)) - truth)
        corrected.append(corrected_agreement(votes, exposure_weights(votes, chances, turns), ignorant(votes)) - truth)
    assert np.mean(plain) > 0.06
    assert abs(np.mean(corrected)) < 0.02


def test_a_model_that_is_right_needs_no_weights():
    votes, _, _, truth = asked(1)
    expected = np.tile(truth, (votes.shape[0], 1))
    expected[votes.row_of_vote(), votes.columns] = (votes.codes - 1) / 2
    np.testing.assert_allclose(corrected_agreement(votes, np.ones(votes.n_votes), expected), expected.mean(axis=0))


def test_an_even_draw_weighs_all_turns_the_same_on_average():
    votes = matrix(np.ones((1, 3)))
    weights = exposure_weights(votes, np.array([1 / 3, 1 / 2, 1.0]), np.array([1, 2, 3]))
    assert weights.tolist() == pytest.approx([5 / 3, 1.0, 1 / 3])


def test_what_klal_did_not_ask_counts_once():
    votes = matrix(np.ones((2, 2)))
    assert exposure_weights(votes, np.full(4, np.nan), np.zeros(4, dtype=np.int64)).tolist() == [1.0] * 4
    weights = exposure_weights(votes, np.array([np.nan, 0.5, 0.5, 1.0]), np.array([1, 2, 1, 2]))
    assert weights[0] == 1.0
    assert weights[1:].mean() == pytest.approx(1.0)


def test_no_vote_counts_for_more_than_the_most():
    votes = matrix(np.ones((50, 2)))
    chances = np.full(100, 0.5)
    chances[0] = 1e-9
    weights = exposure_weights(votes, chances, np.ones(100, dtype=np.int64), most=5.0)
    assert weights[0] == weights.max()
    assert weights.max() < 6


def test_passes_do_not_count_and_where_nobody_decides_the_model_stands():
    votes = matrix(np.array([[1.0, 0.0], [-1.0, np.nan]]))
    found = corrected_agreement(votes, np.ones(3), np.full((2, 2), 0.7))
    assert found.tolist() == pytest.approx([0.5, 0.7])
