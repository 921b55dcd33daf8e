import numpy as np
import pytest
from scipy.optimize import minimize

from klal.core import bridging_fit as module
from klal.core.bridging import expected_agreement, fit_bridging, full_covariance, predict, triangle_side
from klal.core.bridging_kernels import message, vote_weight
from klal.core.opinion_map import find_opinion_map
from klal.core.settings import BridgingSettings
from klal.core.tally import tally_votes
from klal.core.votes import VoteMatrix
from klal.simulation.conversation import PopulationSettings, simulate_conversation
from tests.core.tables import camps, matrix


def fit(table, **settings):
    votes = table if isinstance(table, VoteMatrix) else matrix(table)
    return fit_bridging(votes, find_opinion_map(votes), settings=BridgingSettings(**settings))


def test_without_factors_it_is_logistic_regression_on_people_and_statements():
    table = camps((25, 15), 12, seen=0.9, shared=0)
    found = fit(table, n_factors=0, sweeps=400, tolerance=1e-10)
    rows, columns = np.nonzero(np.abs(table) == 1)
    agrees = table[rows, columns] == 1
    # the priors it learnt, taken from its own posterior moments
    person_variance = np.mean(found.person[:, 0] ** 2 + found.person_cov[:, 0])
    statement_variance = np.mean(found.statement[:, 0] ** 2 + found.statement_cov[:, 0])

    def loss(x):
        logit = found.mean + x[rows] + x[40 + columns]
        fitted = np.logaddexp(0, logit) - agrees * logit
        return fitted.sum() + (x[:40] ** 2).sum() / (2 * person_variance) + (x[40:] ** 2).sum() / (2 * statement_variance)

    best = minimize(loss, np.zeros(52), method="L-BFGS-B").x
    assert np.corrcoef(best[40:], found.statement[:, 0])[0, 1] > 0.999
    assert np.abs(best[40:] - found.statement[:, 0] + (found.statement[:, 0] - best[40:]).mean()).max() < 0.1


def test_the_weight_of_a_vote_is_that_of_its_second_moment_and_a_quarter_at_nought():
    assert vote_weight(4.0) == pytest.approx(np.tanh(1.0) / 4.0)
    assert vote_weight(0.0) == 0.25


@pytest.mark.parametrize("factors", range(5))
def test_a_message_is_given_by_the_other_side_without_the_vote(factors):
    rng = np.random.default_rng(factors)
    side = 1 + factors
    lower = np.tril_indices(side)
    a, b = 0.4 * rng.normal(size=(2, side, side))
    xx, yy = a @ a.T + 0.1 * np.eye(side), b @ b.T + 0.1 * np.eye(side)
    x, y = rng.normal(size=(2, side))
    left = np.empty(side)
    weight, target = message(0.5, (x[None], xx[lower][None]), 0, (y[None], yy[lower][None]), 0, (0,) * side, left)
    omega = vote_weight(_second_moment(x, xx, y, yy))
    # take the vote, a Gaussian piece of evidence about the other side's parameters, out of their posterior again
    seen = np.concatenate([[1.0], x[1:]])
    precision = np.linalg.inv(yy) - omega * np.outer(seen, seen)
    without = np.linalg.solve(precision, np.linalg.inv(yy) @ y - seen * (0.5 - omega * x[0]))
    spread = seen @ np.linalg.inv(precision) @ seen
    np.testing.assert_allclose(left[1:], without[1:])
    assert left[0] == 1.0
    # what is not known of the other side blurs what the vote says of this one
    assert weight == pytest.approx(1 / (1 / omega + spread))
    assert target == pytest.approx(weight * (0.5 / omega - without[0]))


def _second_moment(x, xx, y, yy):
    u, v = np.concatenate([[1.0], x[1:]]), np.concatenate([[1.0], y[1:]])
    mean = x[0] + y[0] + x[1:] @ y[1:]
    return mean**2 + v @ xx @ v + u @ yy @ u + (xx[1:, 1:] * yy[1:, 1:]).sum()


@pytest.mark.parametrize("factors", range(5))
def test_a_sweep_over_compiled_blocks_solves_the_weighted_least_squares_of_each_person(factors):
    table = camps((12, 8), 10)
    votes, side = matrix(table), 1 + factors
    state = module.start_fit(votes, find_opinion_map(votes), tally_votes(votes), factors)
    people, left = (state.person.copy(), state.person_cov.copy()), np.empty(side)
    list(module._run(votes, state, add=False))
    for i in range(20):
        precision, right = np.diag(state.person_precision), np.zeros(side)
        for j in np.flatnonzero(np.abs(table[i]) == 1):
            weight, target = message(table[i, j] / 2, people, i, (state.statement, state.statement_cov), j, (0,) * side, left)
            precision, right = precision + weight * np.outer(left, left), right + target * left
        np.testing.assert_allclose(state.person[i], np.linalg.solve(precision, right), atol=1e-10)
        np.testing.assert_allclose(full_covariance(state.person_cov[[i]])[0], np.linalg.inv(precision), atol=1e-10)


def test_what_everybody_shares_scores_above_what_one_camp_likes():
    table = camps((70, 30), 30, shared=8)
    found = fit(table)
    liked_by_many = np.nanmean(table[:70, 8:], axis=0) > 0.5
    assert found.score[:8].min() > found.score[8:][liked_by_many].max() - 0.05
    assert found.score[:8].mean() > found.score[8:].mean() + 0.2


def test_hidden_votes_are_predicted_better_than_by_statement_means():
    conversation = simulate_conversation(PopulationSettings(participants=300, statements=80), seed=3)
    votes, rng = conversation.votes, np.random.default_rng(0)
    rows, hidden = votes.row_of_vote(), (votes.codes != 2) & (rng.random(votes.n_votes) < 0.1)
    kept = ~hidden
    seen = VoteMatrix.from_rows(
        rows[kept], votes.columns[kept].astype(np.int64), votes.codes[kept], participants=votes.participants, statements=votes.statements
    )
    chance = predict(fit(seen), rows[hidden], votes.columns[hidden].astype(np.int64))
    agree = np.bincount(seen.columns, seen.codes == 3, 80)
    decided = np.bincount(seen.columns, seen.codes != 2, 80)
    means = ((agree + 1) / (decided + 2))[votes.columns[hidden]]
    truth = votes.codes[hidden] == 3

    def log_loss(p):
        return -np.mean(np.log(np.where(truth, p, 1 - p)))

    assert log_loss(chance) < log_loss(means) - 0.05


def test_predictions_are_the_expected_agreement_with_the_statements_doubt_taken_in():
    found = fit(camps((30, 20), 20, seen=0.7))
    rows, columns = np.array([0, 3, 40]), np.array([2, 9, 19])
    sharp = expected_agreement(found, rows)[np.arange(3), columns]
    soft = predict(found, rows, columns)
    assert (np.abs(soft - 0.5) <= np.abs(sharp - 0.5) + 1e-12).all()
    np.testing.assert_allclose(soft, sharp, atol=0.15)


def test_passes_do_not_count():
    table = camps((30, 20), 20)
    blank = np.where(table == 0, np.nan, table)
    votes, without = matrix(table), matrix(blank)
    opinion_map = find_opinion_map(votes)
    np.testing.assert_allclose(fit_bridging(votes, opinion_map).score, fit_bridging(without, opinion_map).score, atol=1e-12)


def test_the_centre_is_the_mean_of_everybody():
    found = fit(camps((70, 30), 30))
    np.testing.assert_allclose(found.person.mean(axis=0), 0, atol=1e-12)


def test_people_without_votes_change_nothing():
    table = camps((30, 20), 12)
    silent = np.concatenate([table, np.full((200, 12), np.nan)])
    np.testing.assert_allclose(fit(silent).score, fit(table).score, atol=1e-9)


def test_choosing_other_coordinates_changes_no_prediction():
    votes = matrix(camps((30, 20), 20))
    state = module.start_fit(votes, find_opinion_map(votes), tally_votes(votes), 3)
    module.sweep_until_still(votes, state, BridgingSettings(), most=3)
    module.place_people(votes, state)
    state.person += [0.3, -0.2, 0.5, 0.1]
    state.person[:, 1] += state.person[:, 0]

    def logits():
        return state.person[:, [0]] + state.statement[:, 0] + state.person[:, 1:] @ state.statement[:, 1:].T

    def doubt():
        v = np.concatenate([np.ones((50, 1)), state.person[:, 1:]], axis=1)
        w = np.concatenate([np.ones((20, 1)), state.statement[:, 1:]], axis=1)
        theirs = np.einsum("ia,jab,ib->ij", v, full_covariance(state.statement_cov), v)
        own = np.einsum("ja,iab,jb->ij", w, full_covariance(state.person_cov), w)
        return theirs + own

    before, doubt_before = logits(), doubt()
    module.settle(state, np.ones(50, dtype=bool))
    np.testing.assert_allclose(logits(), before)
    np.testing.assert_allclose(doubt(), doubt_before)
    second = np.cov(state.person.T, bias=True) + full_covariance(state.person_cov).mean(axis=0)
    np.testing.assert_allclose(state.person.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(second[1:, 1:], np.eye(3), atol=1e-9)
    np.testing.assert_allclose(second[0, 1:], 0, atol=1e-9)


def test_statements_factors_are_uncorrelated_and_the_largest_comes_first():
    found = fit(camps((60, 40, 30), 40))
    spread = np.cov(found.statement[:, 1:].T)
    np.testing.assert_allclose(spread - np.diag(np.diag(spread)), 0, atol=1e-9)
    assert (np.diff(np.diag(spread)) <= 0).all()


def test_factors_that_are_not_needed_shrink_to_nothing():
    found = fit(simulate_conversation(PopulationSettings(participants=500, statements=60, mean_votes=40), seed=2).votes)
    size = found.statement[:, 1:].std(axis=0)
    assert size[0] > 3 * size[3]


def test_appeals_stand_around_nought_and_the_mean_holds_the_rest():
    found = fit(np.where(np.random.default_rng(1).random((60, 30)) < 0.8, 1.0, -1.0))
    assert found.statement_mean[0] == 0
    assert abs(found.statement[:, 0].mean()) < 0.05
    assert 1 / (1 + np.exp(-found.mean)) == pytest.approx(0.8, abs=0.03)


def test_a_sample_first_ends_near_the_whole_fit():
    votes = simulate_conversation(PopulationSettings(participants=900, statements=40, mean_votes=40), seed=1).votes
    whole, sampled = fit(votes), fit(votes, max_fitted=200)
    assert np.corrcoef(whole.score, sampled.score)[0, 1] > 0.98
    assert sampled.person.shape == whole.person.shape


def test_it_says_whether_it_came_to_rest():
    table = camps((30, 20), 20)
    assert fit(table, sweeps=500, tolerance=1e-3).converged
    assert not fit(table, sweeps=2).converged


@pytest.mark.parametrize("table", [np.full((3, 2), np.nan), np.zeros((4, 3)), np.ones((5, 1)), np.array([[1.0]]), np.empty((0, 3))])
def test_odd_conversations_have_finite_answers(table):
    found = fit(table)
    for part in (found.score, found.person, found.statement, found.person_cov, found.statement_cov):
        assert np.isfinite(part).all()


def test_triangles_unfold_into_symmetric_matrices():
    np.testing.assert_array_equal(full_covariance(np.array([[1.0, 2.0, 3.0]])), [[[1, 2], [2, 3]]])
    assert [triangle_side(k) for k in (1, 3, 6, 10)] == [1, 2, 3, 4]


def test_other_names_and_another_order_permute_the_answer():
    table = camps((70, 50, 40), 70, seen=0.6)
    rng = np.random.default_rng(5)
    people, things = rng.permutation(160), rng.permutation(70)
    found, renamed = fit(table), fit(table[people][:, things])
    np.testing.assert_allclose(renamed.score, found.score[things], atol=1e-6)
    np.testing.assert_allclose(renamed.person, found.person[people], atol=1e-5)


def test_sums_of_several_blocks_are_those_of_one(monkeypatch):
    from klal.core import bridging_fit

    votes = matrix(camps((30, 20), 15))
    whole = fit_bridging(votes, find_opinion_map(votes))
    monkeypatch.setattr(bridging_fit, "row_blocks", lambda indptr: [(0, 20), (20, len(indptr) - 1)])
    np.testing.assert_allclose(fit_bridging(votes, find_opinion_map(votes)).score, whole.score, atol=1e-6)


def test_where_there_are_no_statements_no_axis_is_turned():
    from klal.core.bridging_fit import _signs

    assert _signs(np.empty((0, 2))).tolist() == [1.0, 1.0]
