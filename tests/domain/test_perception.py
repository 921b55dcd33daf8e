from __future__ import annotations

import pytest

from klal.domain.perception import WHOLE, Asked, Outcome, Question, Told, asked_of, next_question, outcome, own_distances, within

ALL = frozenset({WHOLE, 0, 1, 2})
ASKED = tuple(Asked(number, number % 2 == 0, ALL) for number in range(10))


def take(own: int, voted: set[int], turn: int, count: int = 10) -> list[Question]:
    done: list[Question] = []
    while len(done) < count and (one := next_question(ASKED, own, voted, done, turn)) is not None:
        done.append(one)
    return done


@pytest.mark.parametrize("turn", range(7))
def test_nobody_is_asked_of_what_they_have_not_voted_on_nor_of_their_own_group(turn: int) -> None:
    taken = take(1, {2, 3, 5, 8}, turn)
    assert sorted(one.statement for one in taken) == [2, 3, 5, 8]
    assert all(one.target != 1 for one in taken)


def test_kinds_take_turns_and_every_third_guess_is_about_all() -> None:
    taken = take(0, set(range(10)), 0, 6)
    assert [one.statement % 2 for one in taken] == [0, 1, 0, 1, 0, 1]
    assert [one.target == WHOLE for one in taken] == [False, False, True, False, False, True]
    assert {one.target for one in taken} == {WHOLE, 1, 2}


def test_people_begin_at_different_statements() -> None:
    assert len({take(0, set(range(10)), turn, 1)[0].statement for turn in range(20)}) == 10


def test_somebody_in_no_group_is_asked_of_the_whole() -> None:
    only = Asked(1, is_shared=True, targets=frozenset({WHOLE}))
    assert next_question([only], WHOLE, {1}, [], 0) == Question(1, WHOLE)
    assert next_question([Asked(1, is_shared=True, targets=frozenset({0}))], 0, {1}, [], 0) is None


def test_the_range_stays_on_the_scale() -> None:
    assert within(30, 10) == (20, 40)
    assert within(95, 20) == (75, 100)


@pytest.mark.parametrize(
    ("gap", "said"),
    [(None, Outcome.UNKNOWN), ((0.3, 0.1, 0.5), Outcome.FURTHER), ((-0.3, -0.5, -0.1), Outcome.CLOSER), ((0.1, -0.1, 0.3), Outcome.SAME)],
)
def test_a_gap_is_one_if_its_interval_says_so(gap: tuple[float, ...] | None, said: Outcome) -> None:
    assert outcome(gap) is said


def test_somebodys_own_distance_counts_guesses_about_groups_only() -> None:
    told = [
        Told(1, 1, (30, 20, 40), (80, 75, 85), 90),
        Told(2, WHOLE, (30, 20, 40), (80, 75, 85), 90),
        Told(3, 1, (50, 40, 60), None, 90),
        Told(4, 1, (50, 40, 60), (90, 85, 95), 90),
    ]
    assert own_distances(told) == (50, 5, 2)
    assert own_distances(told[1:3]) is None
    assert (told[0].off, told[0].was_near, told[2].off, told[2].was_near) == (-50, False, None, False)
    assert Told(1, 1, (70, 60, 80), (78, 75, 85), 90).was_near


def test_what_a_snapshot_lets_be_asked_is_read() -> None:
    document = {"questions": [{"statement": 7, "kind": "divides", "figures": {"-1": [0.5, 0.4, 0.6], "2": [0.1, 0.0, 0.2]}}]}
    assert asked_of(document) == (Asked(7, is_shared=False, targets=frozenset({WHOLE, 2})),)
    assert asked_of({}) == ()
