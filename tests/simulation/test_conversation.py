import numpy as np
import pytest

from klal.core import blocks
from klal.simulation.conversation import PopulationSettings, simulate_conversation, simulate_votes


def test_equal_seeds_give_equal_conversations():
    assert simulate_conversation(seed=4).votes.digest() == simulate_conversation(seed=4).votes.digest()
    assert simulate_conversation(seed=4).votes.digest() != simulate_conversation(seed=5).votes.digest()


def test_the_blocks_it_is_drawn_in_do_not_matter(monkeypatch):
    whole = simulate_conversation(seed=1).votes.digest()
    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 300)
    assert simulate_conversation(seed=1).votes.digest() == whole


def test_nobody_votes_twice_and_rows_are_sorted():
    votes = simulate_conversation(PopulationSettings(participants=60, statements=25, mean_votes=40), seed=2).votes
    for first, last in zip(votes.indptr[:-1], votes.indptr[1:], strict=True):
        row = votes.columns[first:last].astype(int)
        assert (np.diff(row) > 0).all()


def test_votes_follow_the_truth_that_is_told():
    conversation = simulate_conversation(PopulationSettings(participants=4000, statements=20, mean_votes=200), seed=0)
    votes, truth = conversation.votes, conversation.agreement()
    rows, decided = votes.row_of_vote(), votes.codes != 2
    expected = np.bincount(votes.columns[decided], truth[rows, votes.columns][decided], 20)
    agreed = np.bincount(votes.columns[decided], votes.codes[decided] == 3, 20)
    counted = np.bincount(votes.columns[decided], minlength=20)
    np.testing.assert_allclose(agreed / counted, expected / counted, atol=0.05)


def test_defaults_look_like_public_conversations():
    votes = simulate_conversation(seed=0).votes
    cast = votes.votes_per_participant
    assert 0.1 < np.mean(votes.codes == 2) < 0.28
    assert 0.45 < np.mean(votes.codes == 3) < 0.68
    assert np.quantile(cast, 0.1) <= 5
    assert np.quantile(cast, 0.9) >= 80


@pytest.mark.parametrize("shares", [(1.0,), (0.7, 0.3), (0.5, 0.3, 0.2), (0.4, 0.3, 0.2, 0.1)])
def test_positions_have_unit_size_and_groups_their_shares(shares):
    found = simulate_conversation(PopulationSettings(participants=6000, group_shares=shares, mean_votes=3), seed=1)
    assert (found.positions**2).sum(axis=1).mean() == pytest.approx(1, abs=0.06)
    np.testing.assert_allclose(np.bincount(found.groups, minlength=len(shares)) / 6000, shares, atol=0.03)


def test_the_size_asked_for_is_the_size_given():
    votes = simulate_votes(2000, 300, 30)
    assert votes.shape == (2000, 300)
    assert votes.n_votes == pytest.approx(60_000, rel=0.05)


def test_every_statement_may_be_there_from_the_start():
    votes = simulate_conversation(PopulationSettings(participants=50, statements=3, seed_share=1.0), seed=0).votes
    assert votes.votes_per_participant.max() == 3


def test_chosen_statements_only():
    found = simulate_conversation(PopulationSettings(participants=10, statements=8), seed=0)
    np.testing.assert_array_equal(found.agreement(np.array([2, 5])), found.agreement()[:, [2, 5]])
