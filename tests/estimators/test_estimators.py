import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

import klal
from klal.core.pipeline import analyse
from klal.core.votes import VoteMatrix
from klal.estimators import base
from klal.estimators.base import as_votes
from tests.core.tables import camps

TABLE = camps((45, 30), 20, seen=0.8)
ESTIMATORS = (klal.OpinionMap(), klal.Grouping(), klal.Bridging(), klal.CommonGround())


REFUSED = {"check_clustering": "two statements make no opinion groups: a question or two divides nobody"}


def failures(estimator):
    """Run scikit-learn's own checks and return name → exception of those that failed, but for what klal refuses on purpose."""
    expected = REFUSED if isinstance(estimator, klal.Grouping) else {}
    results = check_estimator(estimator, expected_failed_checks=expected, on_skip=None, on_fail=None)
    return {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}


def by_sign(read):
    """Read real numbers as votes by their sign: scikit-learn's checks make up real numbers, which klal itself refuses."""

    def as_signs(table):
        return read(table if isinstance(table, VoteMatrix) else np.sign(table) if not sparse.issparse(table) else table.sign())

    return as_signs


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
@pytest.mark.filterwarnings("ignore")  # scikit-learn's checks warn on purpose
def test_scikit_learns_own_checks_pass(estimator, monkeypatch):
    monkeypatch.setattr(base, "as_votes", by_sign(base.as_votes))
    found = failures(estimator)
    assert not found, {name: repr(exception)[:300] for name, exception in found.items()}


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_fitting_twice_gives_the_same_and_cloning_forgets(estimator):
    fitted = clone(estimator).fit(TABLE)
    again = clone(fitted)
    assert not hasattr(again, "result_")
    assert again.fit(TABLE).n_features_in_ == 20
    assert again.get_params() == estimator.get_params()


def test_estimators_find_what_the_pipeline_finds():
    whole = analyse(VoteMatrix.from_array(TABLE))
    np.testing.assert_array_equal(klal.OpinionMap().fit(TABLE).positions_, whole.opinion_map.positions)
    np.testing.assert_array_equal(klal.Grouping().fit(TABLE).labels_, whole.grouping.labels)
    np.testing.assert_array_equal(klal.Bridging().fit(TABLE).score_, whole.bridging.score)
    np.testing.assert_array_equal(klal.CommonGround().fit(TABLE).ranking_, whole.common_ground.rank)


def test_groups_as_polis_draws_them():
    found = klal.Grouping(method="polis").fit(TABLE)
    assert set(found.labels_.tolist()) == {0, 1}
    with pytest.raises(ValueError, match="is not a valid GroupingMethod"):
        klal.Grouping(method="other").fit(TABLE)


def test_stored_entries_of_a_sparse_matrix_are_the_votes_a_stored_nought_too():
    votes = VoteMatrix.from_array(TABLE)
    for form in (sparse.csr_array, sparse.coo_array, sparse.csr_matrix):
        assert as_votes(form(votes.signed)).n_votes == votes.n_votes
    np.testing.assert_array_equal(as_votes(votes.signed).to_array(), TABLE)
    np.testing.assert_array_equal(klal.Bridging().fit(votes.signed).score_, klal.Bridging().fit(TABLE).score_)


def test_what_is_no_vote_is_refused():
    with pytest.raises(ValueError, match="found the vote"):
        as_votes(sparse.csr_array(np.array([[2.0, 1.0]])))
    with pytest.raises(ValueError, match="found the vote"):
        klal.OpinionMap().fit(np.array([[0.3, 1.0], [1.0, -1.0]]))


def test_a_vote_matrix_is_taken_as_it_is():
    votes = VoteMatrix.from_array(TABLE)
    assert as_votes(votes) is votes
    assert klal.OpinionMap().fit(votes).transform(votes).shape == (75, 2)


def test_newcomers_are_placed_on_the_map_that_was_found():
    found = klal.OpinionMap().fit(TABLE)
    np.testing.assert_allclose(found.transform(TABLE[:5]), found.positions_[:5])
    with pytest.raises(ValueError, match="7 features"):
        found.transform(TABLE[:, :7])
    with pytest.raises(ValueError, match="found 7 statements, needed the 20 of fit"):
        found.transform(VoteMatrix.from_array(TABLE[:, :7]))
    with pytest.raises(NotFittedError):
        klal.OpinionMap().transform(TABLE)


def test_predictions_of_votes():
    found = klal.Bridging(n_factors=1).fit(TABLE)
    chance = found.predict_agreement(np.array([0, 1]), np.array([3, 4]))
    assert ((chance > 0) & (chance < 1)).all()
    with pytest.raises(NotFittedError):
        klal.Bridging().predict_agreement(np.array([0]), np.array([0]))


def test_they_fit_into_a_pipeline():
    assert make_pipeline(klal.OpinionMap(), StandardScaler()).fit_transform(TABLE).shape == (75, 2)
