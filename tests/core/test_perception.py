"""The perception gap: planted misperceptions come out, chance does not, and nothing rests on a handful."""

from __future__ import annotations

import numpy as np
import pytest

from klal.core.perception import WHOLE, Figures, Guesses, PerceptionSettings, find_gap, share_with_interval
from klal.core.perception_fit import distances
from klal.simulation.guessers import GuesserSettings, simulate_guesses


def guesses_of(*rows: tuple[float, ...]) -> Guesses:
    """Return guesses from rows of person, source, target, column, share, spread."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return Guesses(*table[:, :4].astype(np.int64).T, *table[:, 4:].T)


def figures_of(share: list[list[float]], width: float = 0.0) -> Figures:
    given = np.array(share)
    return Figures(given, given - width / 2, given + width / 2)


TWO = figures_of([[0.9, 0.9, 0.9, 0.2], [0.9, 0.9, 0.9, 0.8], [0.9, 0.9, 0.9, 0.5]])


def alike(people: int, share: float, *, source: int = 0, target: int = 1) -> list[tuple[float, ...]]:
    return [(person, source, target, column, share, 0.1) for person in range(people) for column in range(3)]


def test_a_planted_exaggeration_is_recovered_with_intervals_that_hold() -> None:
    held, error = [], []
    for seed in (1, 3, 5, 7, 9, 11, 13, 15, 17, 19):
        simulated = simulate_guesses(GuesserSettings(guessers=(80, 60)), seed=seed)
        found = find_gap(simulated.guesses, simulated.figures)
        assert found.gap is not None
        for one in found.directions:
            believed, real = simulated.distances(one.source, one.target, one.statements)
            held += [one.gap.lower <= believed - real <= one.gap.upper, one.real_distance.lower <= real <= one.real_distance.upper]
            error.append(one.gap.value - (believed - real))
    assert np.mean(held) >= 0.8
    assert abs(np.mean(error)) < 0.02


def test_people_who_only_guess_badly_are_not_said_to_exaggerate() -> None:
    found = [
        find_gap(one.guesses, one.figures)
        for one in (simulate_guesses(GuesserSettings(exaggeration=0.0), seed=seed) for seed in range(1, 21, 2))
    ]
    assert sum(one.gap is not None and one.gap.lower > 0.02 for one in found) <= 2


def test_too_few_guessers_give_no_result() -> None:
    found = find_gap(guesses_of(*alike(9, 0.3)), TWO)
    assert found.gap is None
    assert not found.directions[0].known
    assert found.directions[0].people == 9
    assert find_gap(guesses_of(*alike(10, 0.3)), TWO).directions[0].known


def test_too_few_statements_give_no_result() -> None:
    rows = [(person, 0, 1, 0, 0.3, 0.1) for person in range(30)]
    assert not find_gap(guesses_of(*rows), TWO).directions[0].known


def test_guesses_far_from_alike_give_no_result() -> None:
    rows = [(person, 0, 1, column, float((person + column) % 2), 0.1) for person in range(10) for column in range(3)]
    narrow = PerceptionSettings(widest=0.01)
    assert not find_gap(guesses_of(*rows), TWO, settings=narrow).directions[0].known


def test_the_distance_is_from_the_guessers_own_group() -> None:
    found = find_gap(guesses_of(*alike(40, 0.35)), TWO)
    (one,) = found.directions
    assert one.believed_distance.value == pytest.approx(0.55, abs=0.02)
    assert one.real_distance.value == pytest.approx(0.0, abs=0.01)
    assert one.gap.lower > 0.4
    assert found.gap == pytest.approx(one.gap) or found.gap is not None
    np.testing.assert_array_equal(one.statements, [0, 1, 2])
    np.testing.assert_array_equal(one.people_of_statement, [40, 40, 40])


def test_what_is_thought_of_the_whole_is_told_apart() -> None:
    found = find_gap(guesses_of(*alike(20, 0.6, target=WHOLE), *alike(20, 0.6, source=WHOLE, target=WHOLE)), TWO)
    assert found.directions == ()
    assert found.whole is not None
    assert found.whole.gap.value == pytest.approx(-0.3, abs=0.02)
    assert found.gap is None


def test_with_one_group_only_the_whole_is_looked_at() -> None:
    whole = figures_of([[0.9, 0.8, 0.7]])
    found = find_gap(guesses_of(*alike(20, 0.6, source=WHOLE, target=WHOLE)), whole)
    assert found.whole is not None
    assert found.whole.known


def test_guesses_that_cannot_be_compared_are_passed_over() -> None:
    hidden = figures_of([[0.9, np.nan], [np.nan, 0.8], [0.9, 0.5]])
    rows = [(0, 0, 1, 0, 0.5, 0.1), (1, 0, 1, 1, 0.5, 0.1), (2, 0, 0, 0, 0.5, 0.1), (3, 0, 7, 0, 0.5, 0.1), (4, -2, 1, 0, 0.5, 0.1)]
    found = find_gap(guesses_of(*rows), hidden)
    assert (found.people, found.guesses, found.directions, found.whole) == (0, 0, (), None)


def test_the_order_of_people_guesses_and_statements_changes_nothing() -> None:
    one = simulate_guesses(GuesserSettings(guessers=(40, 30)), seed=1)
    rng = np.random.default_rng(0)
    order, names = rng.permutation(len(one.guesses.people)), rng.permutation(1000)
    columns = rng.permutation(one.share.shape[1])
    kept = one.guesses.only(order)
    moved = Guesses(names[kept.people], kept.sources, kept.targets, np.argsort(columns)[kept.columns], kept.shares, kept.spreads)
    parts = (part[:, columns] for part in (one.figures.share, one.figures.lower, one.figures.upper))
    first, second = find_gap(one.guesses, one.figures).gap, find_gap(moved, Figures(*parts)).gap
    assert first is not None
    assert second is not None
    assert (second.value, second.lower, second.upper) == pytest.approx((first.value, first.lower, first.upper))


def test_who_is_sure_counts_for_more() -> None:
    rows = [(person, 0, 1, column, 0.2, 0.0) for person in range(10) for column in range(3)]
    rows += [(person, 0, 1, column, 0.8, 0.5) for person in range(10, 20) for column in range(3)]
    (one,) = find_gap(guesses_of(*rows), TWO).directions
    assert (one.believed < 0.45).all()


def test_guesses_at_an_end_stand_for_the_middle_of_what_was_rounded_to_it() -> None:
    (one,) = find_gap(guesses_of(*alike(30, 1.0)), TWO).directions
    np.testing.assert_allclose(one.believed, 0.975, atol=0.002)
    fine = [(person, 0, 1, column, 1.0 if column else 0.99, 0.1) for person in range(30) for column in range(3)]
    (other,) = find_gap(guesses_of(*fine), TWO).directions
    assert other.believed[1] > 0.985


def test_several_directions_count_once_each() -> None:
    rows = [*alike(60, 0.5), *[(100 + row[0], *row[1:]) for row in alike(12, 0.3, source=1, target=0)]]
    found = find_gap(guesses_of(*rows), TWO)
    assert found.people == 72
    assert found.believed_distance is not None
    assert found.believed_distance.value == pytest.approx(0.5, abs=0.03)


def test_shares_have_jeffreys_intervals_and_none_where_nobody_decided() -> None:
    share, lower, upper = share_with_interval(np.array([50, 0, 0]), np.array([50, 10, 0]))
    assert share[0] == 0.5
    assert lower[0] == pytest.approx(0.418, abs=0.002)
    assert lower[1] == share[1] == 0
    assert upper[1] < 0.2
    assert np.isnan([share[2], lower[2], upper[2]]).all()


@pytest.mark.parametrize("true", [0.0, 0.05, 0.3])
def test_noise_that_makes_distances_longer_is_taken_off(true: float) -> None:
    seen = true + np.random.default_rng(0).normal(0, 0.05, 20_000)
    found, slopes = distances(seen, np.zeros(20_000), np.full(20_000, 0.05**2))
    assert abs(found.mean() - true) < 0.03
    assert abs(found.mean() - true) <= abs(np.abs(seen).mean() - true) + 0.005
    assert (np.abs(slopes) <= 1).all()


def test_guesses_are_simulated_as_asked() -> None:
    one = simulate_guesses(GuesserSettings(guessers=(5, 4, 3), statements=6, most_guesses=2, told_noise=False), seed=3)
    assert one.share.shape == (4, 6)
    assert one.belief.shape == (3, 4, 6)
    assert set(one.guesses.people.tolist()) == set(range(12))
    assert ((one.guesses.shares >= 0) & (one.guesses.shares <= 1)).all()
    assert (one.guesses.targets != one.guesses.sources).all()
    same = simulate_guesses(GuesserSettings(guessers=(5, 4, 3), statements=6, most_guesses=2, told_noise=False), seed=3)
    np.testing.assert_array_equal(same.guesses.shares, one.guesses.shares)
