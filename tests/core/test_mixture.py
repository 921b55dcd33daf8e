import numpy as np
import pytest
from scipy.stats import multivariate_normal

from klal.core.mixture import Evidence, Mixture, assign, evidence_of, fit_mixture, gap_between
from klal.core.opinion_map import find_opinion_map
from tests.core.tables import camps, matrix


def sharp(points: np.ndarray, precision: float = 1e4) -> Evidence:
    """Positions known almost exactly."""
    return Evidence(np.tile([precision, 0.0, precision], (len(points), 1)), precision * points)


def clouds(seed=0, sizes=(150, 100), centres=((0, 0), (4, 1))):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(centre, 0.5, (size, 2)) for size, centre in zip(sizes, centres, strict=True)])


def test_evidence_and_prior_together_are_the_posterior():
    votes = matrix(camps((30, 20), 20, seen=0.5))
    found = find_opinion_map(votes)
    evidence = evidence_of(found)
    xx, xy, yy = (evidence.precision + np.array([1 / found.spread[0] ** 2, 0, 1 / found.spread[1] ** 2])).T
    for i in (0, 11, 49):
        precision = np.array([[xx[i], xy[i]], [xy[i], yy[i]]])
        np.testing.assert_allclose(np.linalg.solve(precision, evidence.pull[i]), found.positions[i], atol=1e-9)


def test_centres_shares_and_shape_are_recovered():
    points = clouds()
    mixture = fit_mixture(sharp(points), points, 2)
    order = np.argsort(mixture.centres[:, 0])
    np.testing.assert_allclose(mixture.centres[order], [[0, 0], [4, 1]], atol=0.15)
    np.testing.assert_allclose(mixture.shares[order], [0.6, 0.4], atol=0.02)
    np.testing.assert_allclose(mixture.shape, [0.25, 0, 0.25], atol=0.06)


def test_membership_is_bayes_rule_with_each_persons_own_blur():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([0.5, 0.1, 0.8]), 0.0)
    position, blur = np.array([0.4, 0.9]), np.array([[0.6, 0.2], [0.2, 0.9]])
    inverse = np.linalg.inv(blur)
    evidence = Evidence(np.array([[inverse[0, 0], inverse[0, 1], inverse[1, 1]]]), (inverse @ position)[None, :])
    shape = np.array([[0.5, 0.1], [0.1, 0.8]])
    weight = [
        share * multivariate_normal(centre, shape + blur).pdf(position)
        for share, centre in zip(mixture.shares, mixture.centres, strict=True)
    ]
    np.testing.assert_allclose(assign(mixture, evidence)[0], np.array(weight) / sum(weight))


def test_who_says_nothing_belongs_by_share_alone():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [5.0, 0.0]]), np.array([1.0, 0.0, 1.0]), 0.0)
    np.testing.assert_allclose(assign(mixture, Evidence(np.zeros((1, 3)), np.zeros((1, 2))))[0], [0.3, 0.7])


def test_more_clouds_are_likelier_and_the_criterion_prefers_the_true_number():
    points = clouds()
    fits = [fit_mixture(sharp(points), points, g) for g in (1, 2, 3)]
    assert fits[0].log_likelihood < fits[1].log_likelihood <= fits[2].log_likelihood + 1e-6
    assert np.argmin([fit.criterion(len(points)) for fit in fits]) == 1


def test_the_order_of_people_does_not_matter():
    points = clouds()
    shuffled = points[np.random.default_rng(1).permutation(len(points))]
    one, other = fit_mixture(sharp(points), points, 3), fit_mixture(sharp(shuffled), shuffled, 3)
    np.testing.assert_allclose(np.sort(one.centres[:, 0]), np.sort(other.centres[:, 0]), atol=1e-6)


def gap(distance):
    return gap_between(Mixture(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [distance, 0.0]]), np.array([1.0, 0.0, 1.0]), 0.0))


def test_one_cloud_has_no_gap():
    assert gap_between(Mixture(np.array([1.0]), np.zeros((1, 2)), np.ones(3), 0.0)) == 0.0


def test_overlapping_clouds_have_no_gap_and_distant_ones_an_empty_one():
    assert gap(1.5) == pytest.approx(0, abs=1e-9)
    assert 0.2 < gap(3) < 0.8
    assert gap(9) > 0.999


def test_the_gap_is_that_of_the_two_hardest_to_tell_apart():
    mixture = Mixture(np.full(3, 1 / 3), np.array([[0.0, 0], [9, 0], [10, 0]]), np.array([1.0, 0, 1.0]), 0.0)
    assert gap_between(mixture) == pytest.approx(0, abs=1e-6)


def test_a_large_cloud_between_two_small_ones_hides_no_gap():
    mixture = Mixture(np.array([0.25, 0.5, 0.25]), np.array([[-5.0, 0], [0, 0], [5, 0]]), np.array([1.0, 0, 1.0]), 0.0)
    assert gap_between(mixture) > 0.8


def test_clouds_beyond_counting_are_apart():
    far = Mixture(np.array([0.5, 0.5]), np.array([[0.0, 0.0], [1e6, 0.0]]), np.array([1e-6, 0.0, 1e-6]), 0.0)
    assert gap_between(far) == 1.0
