from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest

from klal.domain.draw import ABOUT_THE_PERSON, SHORTLIST, Draws, Lots, chance_code, chance_of
from klal.domain.routes import Answers, Routes

NOBODY = Answers()


def floats(values: Sequence[float]) -> array[float]:
    return array("f", values)


def routes(
    weights: Sequence[Sequence[float]],
    *,
    maturity: float = 0.0,
    centres: Sequence[float] = (),
    axes: Sequence[tuple[float, float]] | None = None,
    ease: Sequence[float] | None = None,
) -> Routes:
    m = len(weights[0])
    along = axes or [(0.0, 0.0)] * m
    return Routes(
        maturity,
        floats(centres),
        floats([1.0] * len(weights)),
        array("q", range(m)),
        floats([0.0] * m),
        floats([x for x, _ in along]),
        floats([y for _, y in along]),
        floats(ease or [1.0] * m),
        tuple(floats(row) for row in weights),
    )


def draws(table: Routes, closed: Sequence[int] = (), more: int = 0) -> Draws:
    m = len(table.numbers) + more
    return Draws(table, range(m), [place not in closed for place in range(m)])


def answered(agreed: Sequence[int] = (), disagreed: Sequence[int] = (), passed: Sequence[int] = ()) -> Answers:
    agree, disagree, neither = (sum(1 << place for place in places) for places in (agreed, disagreed, passed))
    return Answers(agree | disagree | neither, agree, disagree)


def shares(found: Counter[int]) -> dict[int, float]:
    return {one: count / found.total() for one, count in found.items()}


def first_of(which: Draws, answers: Answers, times: int = 20_000, seed: int = 1) -> Mapping[int, float]:
    rng = Random(seed)
    return shares(Counter(which.draw(answers, rng, 1)[0] for _ in range(times)))


def camps(maturity: float = 1.0) -> Routes:
    """Forty statements: ten along each axis, twenty on which position does not matter; two regions that weigh them differently."""
    axes = [(1.5, 0.0)] * 10 + [(0.0, 1.0)] * 10 + [(0.0, 0.0)] * 20
    left, right, everybody = [1.0] * 20 + [3.0] * 20, [3.0] * 20 + [1.0] * 20, [1.0] * 40
    return routes([left, right, everybody], maturity=maturity, centres=(-1.0, 0.0, 1.0, 0.0), axes=axes)


def test_statements_are_drawn_by_their_share_of_the_weight():
    found = first_of(draws(routes([[1.0, 3.0, 6.0]])), NOBODY)
    assert found == pytest.approx({0: 0.1, 1: 0.3, 2: 0.6}, abs=0.015)


def test_the_second_is_drawn_by_its_share_of_what_is_left():
    which, rng = draws(routes([[1.0, 3.0, 6.0]])), Random(2)
    pairs = Counter(which.draw(NOBODY, rng, 2) for _ in range(20_000))
    given_the_last = {pair[1]: count / pairs.total() for pair, count in pairs.items() if pair[0] == 2}
    assert given_the_last == pytest.approx({0: 0.6 * 1 / 4, 1: 0.6 * 3 / 4}, abs=0.015)


@pytest.mark.parametrize("many", [100, 1000])
def test_the_law_is_the_same_where_nearly_everything_is_answered(many: int):
    which = draws(routes([[50.0] * many + [1.0, 4.0]]))
    assert first_of(which, answered(passed=range(many)), 5_000) == pytest.approx({many: 0.2, many + 1: 0.8}, abs=0.025)


def test_the_law_is_the_same_where_what_weighs_most_is_answered():
    lots = Lots([1e9] * 300 + [1.0] * 400 + [4.0] * 100, [True] * 800)
    rng = Random(5)
    found = Counter(lots.draw((1 << 300) - 1, rng) >= 700 for _ in range(1_000))
    assert found[True] / 1_000 == pytest.approx(0.5, abs=0.06)


def test_the_law_is_the_same_among_many():
    which = draws(routes([[1.0] * 300 + [3.0] * 300]), closed=range(100))
    found = first_of(which, answered(passed=range(500, 600)), 8_000)
    assert sum(share for place, share in found.items() if place < 300) == pytest.approx(200 / 800, abs=0.025)
    assert not [place for place in found if place < 100 or place >= 500]


def test_nothing_comes_twice_and_nothing_answered_or_closed_comes():
    which = draws(camps(), closed=[5, 25])
    for seed in range(50):
        drawn = which.draw(answered(agreed=[3], disagreed=[29], passed=[4]), Random(seed), 12)
        assert len(set(drawn)) == 12
        assert not {3, 4, 5, 25, 29} & set(drawn)


def test_fewer_come_where_fewer_are_left_and_none_at_the_end():
    which = draws(routes([[5.0, 0.0, 1.0]]))
    assert sorted(which.draw(answered(passed=[2]), Random(0), 5)) == [0, 1]
    assert which.draw(answered(passed=[0, 1, 2]), Random(0), 5) == ()
    assert which.draw(NOBODY, Random(0), 0) == ()
    assert Draws(Routes.empty(), [], []).draw(NOBODY, Random(0), 5) == ()


def test_before_anything_is_known_every_statement_is_as_likely():
    which = Draws(Routes.empty(), range(4), [True] * 4)
    assert first_of(which, NOBODY) == pytest.approx(dict.fromkeys(range(4), 0.25), abs=0.015)


def test_a_statement_that_came_after_the_table_has_the_weight_of_new_ones():
    found = first_of(draws(routes([[1.0, 2.0]]), more=1), NOBODY)
    assert found == pytest.approx({0: 0.25, 1: 0.5, 2: 0.25}, abs=0.015)


def test_equal_states_give_equal_draws():
    which = draws(camps())
    assert which.draw(answered([2]), Random(7), 5) == which.draw(answered([2]), Random(7), 5)


def test_the_first_statements_tell_about_the_person_and_later_ones_go_by_the_region():
    which = draws(camps())
    assert sum(share for place, share in first_of(which, NOBODY, 2_000).items() if place < 10) > 0.75
    later = answered(passed=range(20, 20 + ABOUT_THE_PERSON))
    telling = {place for place, share in first_of(which, later, 4_000).items() if place < 20 and share > 0}
    assert len(telling) == 20


def test_what_is_known_of_a_person_is_not_asked_again():
    which = draws(camps())
    after = answered(agreed=[0, 1, 2, 3], disagreed=[4, 5])  # the first axis is settled, the second is not
    assert sum(share for place, share in first_of(which, after, 2_000).items() if 10 <= place < 20) > 0.6


def test_before_statements_are_known_the_first_ones_are_not_about_the_person():
    found = first_of(draws(camps(maturity=0.0)), NOBODY, 4_000)
    assert sum(share for place, share in found.items() if place < 10) == pytest.approx(0.25, abs=0.03)


def test_people_are_asked_by_the_weights_of_the_region_where_they_stand():
    which = draws(camps(maturity=0.0))
    right, left = answered(agreed=range(5)), answered(disagreed=range(5))
    of_right, of_left = first_of(which, right, 4_000), first_of(which, left, 4_000)
    assert sum(share for place, share in of_right.items() if place < 20) == pytest.approx(45 / 65, abs=0.03)
    assert sum(share for place, share in of_left.items() if place < 20) == pytest.approx(15 / 75, abs=0.03)


def test_every_statement_may_come_at_any_turn():
    which = draws(camps())
    for answers in (NOBODY, answered([0], [12]), answered(range(9))):
        for place in range(40):
            assert (which.chance(answers, place) > 0) is not bool(answers.answered >> place & 1)


@pytest.mark.parametrize("answers", [NOBODY, answered([0, 1], [2]), answered(range(4), [15], range(30, 33))])
def test_the_chance_told_is_how_often_a_statement_comes_next(answers: Answers):
    which = draws(camps(), closed=[7])
    found = first_of(which, answers, 40_000)
    told = [which.chance(answers, place) for place in range(40)]
    assert sum(told) == pytest.approx(1)
    assert told[7] == 0
    assert [found.get(place, 0.0) for place in range(40)] == pytest.approx(told, abs=0.012)


def test_the_chance_is_right_where_much_is_answered():
    which = draws(routes([[1.0] * 500 + [2.0] * 100]))
    assert which.chance(answered(passed=range(450)), 599) == pytest.approx(2 / 250)


def test_passes_count_as_answers_but_say_nothing_of_where_somebody_stands():
    which = draws(camps(maturity=0.0))
    assert which.chance(answered(passed=range(10, 16)), 0) == pytest.approx(which.chance(answered(passed=range(20, 26)), 0), rel=0.5)


def test_only_the_statements_that_tell_most_are_compared():
    m = SHORTLIST + 30
    table = routes([[1.0] * m], maturity=1.0, axes=[(1.0 + place / m, 0.0) for place in range(m)])
    assert max(place for place in range(m) if draws(table).chance(NOBODY, place) < 0.02 / m * 1.01) == m - SHORTLIST - 1


def test_long_statements_come_seldom_at_first():
    axes, ease = [(1.0, 0.0)] * 4, [1.0, 1.0, 1.0, 0.1]
    which = draws(routes([[1.0] * 4], maturity=1.0, axes=axes, ease=ease))
    assert which.chance(NOBODY, 3) < 0.2 * which.chance(NOBODY, 0)


def test_a_chance_is_stored_in_two_bytes():
    assert chance_code(1.0) == 0
    assert chance_code(0.5) == 1000
    assert chance_code(0.0) is None
    assert chance_code(1e-30) == 2**15 - 1
    assert chance_of(chance_code(0.0123) or 0) == pytest.approx(0.0123, rel=1e-3)
