import numpy as np
import pytest
from scipy.stats import multivariate_normal

from klal.core.evidence import Evidence
from klal.core.mixture import Mixture, add_small_cloud, apart, assign, fit_from_labels, fit_mixture, pairs_by_distance


def sharp(points: np.ndarray, precision: float = 1e4) -> Evidence:
    """Positions known almost exactly."""
    n, d = points.shape
    return Evidence(np.tile(precision * np.eye(d), (n, 1, 1)), precision * points, np.zeros((n, 1 + d)))


def clouds(seed=0, sizes=(150, 100), centres=((0, 0), (4, 1))):
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.normal(centre, 0.5, (size, len(centre))) for size, centre in zip(sizes, centres, strict=True)])


def test_centres_shares_and_shape_are_recovered():
    points = clouds()
    mixture = fit_mixture(sharp(points), points, 2)
    order = np.argsort(mixture.centres[:, 0])
    np.testing.assert_allclose(mixture.centres[order], [[0, 0], [4, 1]], atol=0.15)
    np.testing.assert_allclose(mixture.shares[order], [0.6, 0.4], atol=0.02)
    np.testing.assert_allclose(mixture.shape, 0.25 * np.eye(2), atol=0.06)


def test_three_axes_are_as_good_as_two():
    points = clouds(centres=((0, 0, 0), (2, 1, 3)))
    mixture = fit_mixture(sharp(points), points, 2)
    order = np.argsort(mixture.centres[:, 0])
    np.testing.assert_allclose(mixture.centres[order], [[0, 0, 0], [2, 1, 3]], atol=0.2)


def test_blur_is_taken_out_of_the_shape():
    rng = np.random.default_rng(0)
    points = rng.normal(0, 1, (4000, 1))
    seen = points + rng.normal(0, 1.5, points.shape)
    evidence = Evidence(np.full((4000, 1, 1), 1 / 1.5**2), seen / 1.5**2, np.zeros((4000, 2)))
    assert fit_mixture(evidence, seen, 1).shape[0, 0] == pytest.approx(1, abs=0.15)


def test_no_cloud_becomes_a_point():
    points = np.repeat([[0.0, 0.0], [1.0, 1.0]], 50, axis=0)
    evidence = sharp(points)
    everybody = fit_mixture(evidence, points, 1)
    assert (np.diag(fit_mixture(evidence, points, 2, everybody).shape) >= 0.039 * np.diag(everybody.shape)).all()


def test_membership_is_bayes_rule_with_each_persons_own_blur():
    shape = np.array([[0.5, 0.1], [0.1, 0.8]])
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [1.0, 2.0]]), shape, 0.0)
    position, blur = np.array([0.4, 0.9]), np.array([[0.6, 0.2], [0.2, 0.9]])
    inverse = np.linalg.inv(blur)
    evidence = Evidence(inverse[None], (inverse @ position)[None, :], np.zeros((1, 3)))
    weight = [
        share * multivariate_normal(centre, shape + blur).pdf(position)
        for share, centre in zip(mixture.shares, mixture.centres, strict=True)
    ]
    np.testing.assert_allclose(assign(mixture, evidence)[0], np.array(weight) / sum(weight))


def test_who_says_nothing_belongs_by_share_alone():
    mixture = Mixture(np.array([0.3, 0.7]), np.array([[0.0, 0.0], [5.0, 0.0]]), np.eye(2), 0.0)
    nothing = Evidence(np.zeros((1, 2, 2)), np.zeros((1, 2)), np.zeros((1, 3)))
    np.testing.assert_allclose(assign(mixture, nothing)[0], [0.3, 0.7])


def test_more_clouds_are_likelier():
    points = clouds()
    fits = [fit_mixture(sharp(points), points, g) for g in (1, 2)]
    assert fits[0].log_likelihood < fits[1].log_likelihood


def test_the_order_of_people_does_not_matter():
    points = clouds()
    shuffled = points[np.random.default_rng(1).permutation(len(points))]
    one, other = fit_mixture(sharp(points), points, 3), fit_mixture(sharp(shuffled), shuffled, 3)
    np.testing.assert_allclose(np.sort(one.centres[:, 0]), np.sort(other.centres[:, 0]), atol=1e-6)


def test_a_small_cloud_far_out_is_found_beside_a_large_one():
    points = clouds(sizes=(400, 12), centres=((0, 0), (5, 0)))
    evidence = sharp(points)
    everybody = fit_mixture(evidence, points, 1)
    found = add_small_cloud(evidence, points, everybody, everybody)
    assert found.shares.min() == pytest.approx(12 / 412, abs=0.005)


def test_a_fit_begins_where_people_were_if_there_were_as_many_groups():
    points = clouds()
    evidence, everybody = sharp(points), fit_mixture(sharp(points), points, 1)
    labels = np.repeat([1, 0], [150, 100])
    labels[:10] = -1
    found = fit_from_labels(evidence, points, labels, 2, everybody)
    assert found is not None
    np.testing.assert_allclose(found.centres, [[4, 1], [0, 0]], atol=0.15)
    assert fit_from_labels(evidence, points, labels, 3, everybody) is None


def test_distances_are_in_spreads_along_the_way():
    mixture = Mixture(np.full(3, 1 / 3), np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 3.0]]), np.diag([4.0, 1.0]), 0.0)
    assert apart(mixture, 0, 1) == pytest.approx(2)
    assert apart(mixture, 0, 2) == pytest.approx(3)
    assert pairs_by_distance(mixture)[0] == (0, 1)
