from __future__ import annotations

import numpy as np

from klal.core.perception import Figures
from klal.core.questions import MOST_OF_KIND, choose_questions, well_known

NARROW = 0.1


def figures_of(share: list[list[float]], width: float = NARROW) -> Figures:
    given = np.array(share)
    return Figures(given, given - width / 2, given + width / 2)


def plain(statements: int) -> np.ndarray:
    return np.zeros((statements, 2))


def test_both_what_is_shared_and_what_divides_is_asked() -> None:
    figures = figures_of([[0.9, 0.9, 0.5, 0.1], [0.88, 0.1, 0.4, 0.15], [0.9, 0.5, 0.45, 0.12]])
    found = choose_questions(figures, plain(4))
    assert found.shared.tolist() == [0, 3]
    assert found.dividing.tolist() == [1]


def test_where_people_will_be_most_wrong_comes_first() -> None:
    figures = figures_of([[0.6, 0.95, 0.75], [0.62, 0.94, 0.75], [0.6, 0.95, 0.75]])
    assert choose_questions(figures, plain(3)).shared.tolist() == [1, 2, 0]


def test_what_is_not_well_known_or_withheld_is_not_asked() -> None:
    wide = Figures(np.full((3, 1), 0.9), np.full((3, 1), 0.6), np.full((3, 1), 0.95))
    assert not len(choose_questions(wide, plain(1)).shared)
    withheld = figures_of([[0.9], [np.nan], [0.9]])
    assert not len(choose_questions(withheld, plain(1)).shared)
    assert not len(choose_questions(figures_of([[0.9], [0.9], [np.nan]]), plain(1)).shared)


def test_a_small_group_whose_figures_are_wide_does_not_keep_the_others_from_being_asked() -> None:
    share = np.array([[0.9], [0.85], [0.8], [0.88]])
    width = np.array([[0.1], [0.1], [0.6], [0.1]])
    figures = Figures(share, share - width / 2, share + width / 2)
    assert choose_questions(figures, plain(1)).shared.tolist() == [0]
    assert well_known(figures)[:, 0].tolist() == [True, True, False, True]


def test_two_that_are_answered_alike_are_not_both_asked_first() -> None:
    figures = figures_of([[0.95, 0.94, 0.85], [0.05, 0.06, 0.2], [0.5, 0.5, 0.5]])
    factors = np.array([[5.0, 0.0], [5.0, 0.1], [0.0, 5.0]])
    assert choose_questions(figures, factors).dividing.tolist() == [0, 2, 1]


def test_few_of_each_kind_are_asked() -> None:
    figures = figures_of([[0.9] * 20, [0.9] * 20, [0.9] * 20])
    assert len(choose_questions(figures, plain(20)).shared) == MOST_OF_KIND


def test_without_groups_the_whole_is_asked() -> None:
    found = choose_questions(figures_of([[0.9, 0.5, 0.3, 0.1]]), plain(4))
    assert found.shared.tolist() == [0, 3]
    assert found.dividing.tolist() == [2, 1]
