from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from klal.domain.draw import META_PRIORITY, NEW_STATEMENT_PRIORITY, Lots


def shares(draws: Counter[int], total: int) -> dict[int, float]:
    return {one: count / total for one, count in draws.items()}


def test_the_priority_of_a_new_statement_is_what_polis_gives_it():
    assert pytest.approx((0.5 * 1 * 0.5 * 9) ** 2) == NEW_STATEMENT_PRIORITY
    assert META_PRIORITY == 49


def test_statements_are_drawn_by_their_share_of_the_weight():
    lots, rng = Lots({1: 1.0, 2: 3.0, 3: 6.0}), Random(1)
    found = shares(Counter(lots.draw(set(), rng, 1)[0] for _ in range(20_000)), 20_000)
    assert found == pytest.approx({1: 0.1, 2: 0.3, 3: 0.6}, abs=0.015)


def test_the_second_is_drawn_by_its_share_of_what_is_left():
    lots, rng = Lots({1: 1.0, 2: 3.0, 3: 6.0}), Random(2)
    pairs = Counter(lots.draw(set(), rng, 2) for _ in range(20_000))
    given_three = shares(Counter({pair[1]: count for pair, count in pairs.items() if pair[0] == 3}), sum(pairs.values()))
    assert given_three == pytest.approx({1: 0.6 * 1 / 4, 2: 0.6 * 3 / 4}, abs=0.015)


def test_the_law_is_the_same_where_nearly_everything_is_answered():
    weights = dict.fromkeys(range(100), 50.0) | {1000: 1.0, 1001: 4.0}
    lots, rng, answered = Lots(weights), Random(3), set(range(100))
    found = shares(Counter(lots.draw(answered, rng, 1)[0] for _ in range(10_000)), 10_000)
    assert found == pytest.approx({1000: 0.2, 1001: 0.8}, abs=0.02)


def test_nothing_comes_twice_and_nothing_answered_comes():
    weights = {one: float(one) for one in range(30)}
    for seed in range(50):
        drawn = Lots(weights).draw({3, 29}, Random(seed), 12)
        assert len(set(drawn)) == 12
        assert not {3, 29} & set(drawn)


def test_fewer_come_where_fewer_are_left_and_none_at_the_end():
    assert sorted(Lots({1: 5.0, 2: 0.0, 3: 1.0}).draw({3}, Random(0), 5)) == [1, 2]
    assert Lots({1: 5.0}).draw({1}, Random(0), 5) == ()
    assert Lots({}).draw(set(), Random(0), 5) == ()
    assert Lots({1: 5.0}).draw(set(), Random(0), 0) == ()


def test_equal_states_give_equal_draws():
    lots = Lots({one: 1.0 + one for one in range(9)})
    assert lots.draw({2}, Random(7), 5) == lots.draw({2}, Random(7), 5)
