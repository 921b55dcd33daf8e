import numpy as np
import pytest
from scipy.optimize import minimize

from klal.core import bridging as module
from klal.core.bridging import expected_agreement, fit_bridging, full_covariance, predict, triangle_side
from klal.core.bridging_kernels import bound_weight
from klal.core.opinion_map import find_opinion_map
from klal.core.settings import BridgingSettings
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


def test_the_bound_weight_is_that_of_the_second_moment():
    rng = np.random.default_rng(0)
    mean, x, y = 0.3, rng.normal(size=(1, 3)), rng.normal(size=(1, 3))
    a, b = rng.normal(size=(2, 3, 3))
    xx, yy = a @ a.T / 3, b @ b.T / 3
    lower = np.tril_indices(3)
    weight = bound_weight(mean, (0, 0, 0), x, xx[lower][None], 0, y, yy[lower][None], 0)
    people = rng.multivariate_normal(x[0], xx, 400_000)
    things = rng.multivariate_normal(y[0], yy, 400_000)
    logit = mean + people[:, 0] + things[:, 0] + (people[:, 1:] * things[:, 1:]).sum(axis=1)
    root = np.sqrt(np.mean(logit**2))
    assert weight == pytest.approx(np.tanh(root / 2) / (2 * root), rel=5e-3)


def test_the_bound_weight_of_no_doubt_at_nought_is_a_quarter():
    zero, none = np.zeros((1, 1)), np.zeros((1, 1))
    assert bound_weight(0.0, (0,), zero, none, 0, zero, none, 0) == 0.25


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


def test_moving_the_origin_changes_no_prediction():
    rng = np.random.default_rng(0)
    model = module._Model(
        0.3, rng.normal(size=(5, 3)), np.abs(rng.normal(size=(5, 6))), rng.normal(size=(4, 3)), np.zeros((4, 6)), None, None
    )
    model.statement_cov[:] = [0.3, 0.1, 0.4, 0.05, 0.02, 0.5]

    def logits():
        return model.mean + model.person[:, [0]] + model.statement[:, 0] + model.person[:, 1:] @ model.statement[:, 1:].T

    def doubt():
        v = np.concatenate([np.ones((5, 1)), model.person[:, 1:]], axis=1)
        return np.einsum("ia,jab,ib->ij", v, full_covariance(model.statement_cov), v)

    before, doubt_before = logits(), doubt()
    module._centre(model, np.ones(5, dtype=bool))
    np.testing.assert_allclose(logits(), before)
    np.testing.assert_allclose(doubt(), doubt_before)
    module._rescale(model, np.array([2.0, 0.5]))
    np.testing.assert_allclose(logits(), before)
    np.testing.assert_allclose(doubt(), doubt_before)


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
