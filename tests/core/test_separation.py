import numpy as np
import pytest

from klal.core.separation import dip, measure_separation, one_heap, places_between

DISTANCE = 6.0
PLACES = places_between(DISTANCE)


def measured(points: np.ndarray, blur: float = 0.3):
    likelihood = np.exp(-0.5 * ((PLACES[None, :] - points[:, None]) / blur) ** 2)
    return measure_separation(likelihood, np.ones(len(points)), PLACES, DISTANCE)


def test_two_clouds_far_apart_are_far_likelier_than_any_heap():
    rng = np.random.default_rng(0)
    found = measured(np.concatenate([rng.normal(-3, 1, 100), rng.normal(3, 1, 100)]))
    assert found.over_any > 10
    assert found.over_smooth > 10
    assert found.gap > 0.9


@pytest.mark.parametrize("shape", ["bell", "plateau", "slope", "long tails", "one long tail"])
def test_any_single_heap_is_as_likely_as_two_clouds(shape):
    rng = np.random.default_rng(1)
    points = {
        "bell": rng.normal(0, 2, 300),
        "plateau": rng.uniform(-4, 4, 300),
        "slope": 8 * np.sqrt(rng.random(300)) - 5,
        "long tails": np.clip(rng.standard_t(3, 300), -6.5, 6.5),
        "one long tail": np.clip(rng.exponential(2, 300) - 3, -4, 6.5),
    }[shape]
    assert measured(points).gain < 4


def test_a_group_of_five_in_a_hundred_is_seen_beyond_a_gap():
    rng = np.random.default_rng(2)
    found = measured(np.concatenate([rng.normal(-3, 0.7, 285), rng.normal(3, 0.7, 15)]))
    assert found.gain > 10
    assert found.over_smooth > found.over_any


def test_blur_hides_a_gap():
    rng = np.random.default_rng(3)
    points = np.concatenate([rng.normal(-2, 1, 60), rng.normal(2, 1, 60)])
    assert measured(points + rng.normal(0, 3, 120), blur=3).gain < measured(points).gain


def test_people_of_no_weight_do_not_count():
    rng = np.random.default_rng(4)
    points = np.concatenate([rng.normal(-3, 1, 50), rng.normal(3, 1, 50), rng.uniform(-5, 5, 40)])
    likelihood = np.exp(-0.5 * ((PLACES[None, :] - points[:, None]) / 0.3) ** 2)
    weights = np.repeat([1.0, 0.0], [100, 40])
    one = measure_separation(likelihood, weights, PLACES, DISTANCE)
    other = measure_separation(likelihood[:100], weights[:100], PLACES, DISTANCE)
    assert one.gain == pytest.approx(other.gain)


def test_one_heap_rises_to_one_place_and_falls_from_it():
    heap = one_heap(np.array([1.0, 0, 3, 8, 2, 5, 1]))
    top = int(np.argmax(heap))
    assert (np.diff(heap[: top + 1]) >= 0).all()
    assert (np.diff(heap[top:]) <= 0).all()
    assert heap.sum() == pytest.approx(1)


def test_what_is_one_heap_already_stays_as_it_is():
    heap = np.array([0.05, 0.1, 0.4, 0.3, 0.15])
    np.testing.assert_allclose(one_heap(heap), heap, atol=1e-9)


def test_a_dip_is_as_deep_as_it_is_below_the_lower_of_its_rims():
    assert dip(np.array([0.1, 0.4, 0.1, 0.2, 0.1])) == pytest.approx(0.5)
    assert dip(np.array([0.1, 0.2, 0.4, 0.1])) == 0
