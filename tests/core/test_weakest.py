import numpy as np
import pytest

from klal.core.near_misses import NOBODY_DRAWN, find_near_misses
from klal.core.offsets import Offsets
from klal.core.parts import Division
from klal.core.results import Bridging
from klal.core.weakest import find_weakest
from klal.core.worth import find_worth

NORMAL_95 = 1.6448536269514722


def logit(share):
    return np.log(np.asarray(share) / (1 - np.asarray(share)))


def division(middle, doubt, shares, *, counts=None, weight=1.0):
    middle = np.atleast_2d(logit(middle))
    doubt = np.broadcast_to(np.asarray(doubt, dtype=float), middle.shape)
    offsets = Offsets(middle, doubt**2, np.zeros((len(middle), 2)), np.ones(len(middle)), middle)
    counts = np.ones(len(middle), dtype=bool) if counts is None else np.asarray(counts)
    return Division(np.zeros((1, len(middle))), np.asarray(shares), offsets, middle, doubt, counts, weight)


def test_of_one_certain_part_margin_and_bound_are_its_agreement():
    found = find_weakest([division([[0.8, 0.3]], 1e-6, [1.0])], level=0.9)
    np.testing.assert_allclose(found.bound, [0.8, 0.3], atol=0.01)
    np.testing.assert_allclose(found.margin, [0.3 + 0.05, 0.03], atol=0.01)


def test_the_bound_of_one_part_is_the_lower_end_of_its_interval():
    found = find_weakest([division([[0.7, 0.55]], 0.4, [1.0])], level=0.9)
    np.testing.assert_allclose(found.bound, 1 / (1 + np.exp(-(logit([0.7, 0.55]) - NORMAL_95 * 0.4))), atol=0.005)


def test_the_part_that_agrees_least_decides():
    found = find_weakest([division([[0.9, 0.9], [0.6, 0.95]], 0.01, [0.9, 0.1])], level=0.9)
    np.testing.assert_allclose(found.bound, [0.6, 0.9], atol=0.01)
    np.testing.assert_allclose(found.share, [0.1, 0.9])


def test_a_part_that_does_not_count_is_not_asked():
    found = find_weakest([division([[0.9], [0.2]], 0.01, [0.99, 0.01], counts=[True, False])], level=0.9)
    assert found.bound[0] == pytest.approx(0.9, abs=0.01)


def test_divisions_are_averaged_by_weight_and_the_bound_heeds_the_worse():
    alone = division([[0.9]], 0.01, [1.0], weight=0.8)
    apart = division([[0.95], [0.6]], 0.01, [0.9, 0.1], weight=0.2)
    found = find_weakest([alone, apart], level=0.9)
    assert found.margin[0] == pytest.approx(0.8 * 0.4 + 0.2 * 0.1 + 0.05, abs=0.01)
    assert found.bound[0] == pytest.approx(0.6, abs=0.02)
    assert found.share[0] == pytest.approx(0.8 * 1 + 0.2 * 0.1)


def test_rejection_is_agreement_with_the_opposite():
    found = find_weakest([division([[0.1, 0.6]], 0.2, [1.0])], level=0.9, rejects=True)
    opposite = find_weakest([division([[0.9, 0.4]], 0.2, [1.0])], level=0.9)
    np.testing.assert_allclose(found.bound, opposite.bound, atol=1e-9)


@pytest.mark.parametrize("share", [0.001, 0.999])
def test_bounds_stay_between_nothing_and_all(share):
    found = find_weakest([division([[share]], 0.3, [1.0])], level=0.99)
    assert 0 <= found.bound[0] <= 1


def bridging(weights, variance=1e-6):
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    m, k = weights.shape
    people = np.random.default_rng(0).normal(size=(200, 1 + k))
    side = 1 + k
    cov = np.zeros((m, side * (side + 1) // 2))
    cov[:, [a * (a + 1) // 2 + a for a in range(side)]] = variance
    return Bridging(
        mean=0.0,
        person=people,
        person_cov=np.zeros((200, cov.shape[1])),
        statement=np.concatenate([np.full((m, 1), 2.0), weights], axis=1),
        statement_cov=cov,
        score=np.full(m, 0.9),
        sweeps=1,
        converged=True,
    )


def test_what_position_decides_is_worth_more_than_a_platitude():
    worth = find_worth(bridging([[0.01, 0.0], [1.0, 0.0], [0.0, 3.0]]))
    assert worth[0] < 0.01 < worth[1] < worth[2] < 1
    assert worth[1] == pytest.approx(0.5)


def test_of_what_little_is_known_the_worth_is_not_low():
    known = bridging([[0.0], [1.0], [1.0]])
    unsure = known.statement_cov.copy()
    unsure[0, 2] = 1.0
    doubtful = Bridging(0.0, known.person, known.person_cov, known.statement, unsure, known.score, 1, True)
    assert find_worth(known)[0] < 0.01
    assert find_worth(doubtful)[0] > 0.4


def test_neighbours_in_subject_lift_a_statement_and_one_without_any_keeps_its_own():
    model = bridging([[0.01], [3.0], [1.0], [1.0]])
    near = np.zeros((4, 4))
    near[0, 1] = near[1, 0] = 1.0
    plain, with_subject = find_worth(model), find_worth(model, similarity=near)
    assert with_subject[0] > plain[0] + 0.5
    assert with_subject[2] == with_subject[3]


def test_without_factors_nothing_is_worth_more_than_anything():
    model = bridging([[0.0]])
    flat = Bridging(
        0.0, model.person[:, :1], model.person_cov[:, :1], model.statement[:, :1], model.statement_cov[:, :1], model.score, 1, True
    )
    assert find_worth(flat).tolist() == [0.5]


AGREEMENT = np.array([[0.9, 0.9, 0.9, 0.4, 0.9], [0.8, 0.65, 0.4, 0.3, 0.9]])
LOWER = np.array([[0.8, 0.8, 0.8, 0.3, 0.8], [0.7, 0.45, 0.3, 0.2, 0.8]])


def test_a_near_miss_names_the_one_group_and_what_it_lacks():
    found = find_near_misses(AGREEMENT, LOWER, np.minimum(LOWER.min(axis=0), [1, 1, 1, 1, 0.45]), level=0.9)
    assert found.near.tolist() == [False, True, True, False, True]
    assert found.group.tolist() == [NOBODY_DRAWN, 1, 1, NOBODY_DRAWN, NOBODY_DRAWN]
    np.testing.assert_allclose(found.points, [0, 0, 0.1, 0, 0.05])
    assert (found.votes[[0, 2, 3, 4]] == -1).all()
    assert 1 <= found.votes[1] < 200


def test_so_many_more_votes_do_settle_it():
    share, few = 0.65, 15
    doubt = 1 / np.sqrt(few * share * (1 - share))
    lower = 1 / (1 + np.exp(-(logit(share) - NORMAL_95 * doubt)))
    more = int(find_near_misses(np.array([[share]]), np.array([[lower]]), np.array([lower]), level=0.9).votes[0])
    then = 1 / np.sqrt((few + more) * share * (1 - share))
    assert logit(share) - NORMAL_95 * then == pytest.approx(0, abs=0.02)


def test_of_a_single_group_only_a_likely_majority_is_near():
    found = find_near_misses(np.array([[0.6, 0.4]]), np.array([[0.45, 0.3]]), np.array([0.4, 0.2]), level=0.9)
    assert found.near.tolist() == [True, False]
