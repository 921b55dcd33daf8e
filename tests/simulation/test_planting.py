import numpy as np
import pytest

from klal.core.votes import AGREE, PASS
from klal.simulation.planting import Course, plant
from klal.simulation.publics import SEPARATED, collect_votes, draw_public

PUBLIC = draw_public(SEPARATED["50/50 apart"], 0, participants=300, statements=40)
COLLECTED = collect_votes(PUBLIC, 0)


def agreeing(planted, statement: int, at_home: bool, home: int) -> np.ndarray:
    """Return the votes of the home or the others in order of time, agree 1, disagree 0."""
    votes, times = planted.collected.votes, planted.collected.history.times
    on = np.flatnonzero((votes.columns == statement) & (votes.codes != PASS))
    on = on[np.argsort(times[on], kind="stable")]
    groups = PUBLIC.groups[votes.row_of_vote()[on]]
    return (votes.codes[on] == AGREE)[(groups == home) == at_home]


def shares(course: Course) -> list[tuple[float, float, float, float]]:
    """Return mean agreement of home and others in the first and last third of their votes."""
    planted = plant(PUBLIC, COLLECTED, course, 1, statements=8)
    parts = []
    for statement, home in zip(planted.statements.tolist(), planted.homes.tolist(), strict=True):
        for at_home in (True, False):
            found = np.array_split(agreeing(planted, statement, at_home, home), 3)
            parts.append((found[0].mean(), found[-1].mean()))
    return np.array(parts).reshape(-1, 4).mean(axis=0).tolist()


@pytest.mark.parametrize(
    ("course", "home", "others"),
    [
        (Course.GIFT, (0.85, 0.85), (0.35, 0.72)),
        (Course.DIVISIVE, (0.85, 0.85), (0.25, 0.25)),
        (Course.FASHION, (0.35, 0.77), (0.35, 0.72)),
        (Course.FADING, (0.85, 0.85), (0.72, 0.35)),
    ],
)
def test_opinion_takes_the_course_that_was_planted(course, home, others):
    np.testing.assert_allclose(shares(course), [*home, *others], atol=0.13)


def test_friends_who_come_late_change_no_vote():
    planted = plant(PUBLIC, COLLECTED, Course.LATE_FRIENDS, 1)
    votes, history = planted.collected.votes, planted.collected.history
    np.testing.assert_array_equal(votes.codes, COLLECTED.votes.codes)
    one = np.flatnonzero(votes.columns == planted.statements[0])
    rows = votes.row_of_vote()[one]
    own = one[PUBLIC.groups[rows] == 0]
    chance = PUBLIC.agreement[votes.row_of_vote()[own], planted.statements[0]]
    assert (np.diff(chance[np.argsort(history.times[own], kind="stable")]) >= 0).all()


def test_authors_are_members_of_the_home_and_equal_seeds_plant_the_same():
    first, second = (plant(PUBLIC, COLLECTED, Course.GIFT, 5) for _ in range(2))
    np.testing.assert_array_equal(PUBLIC.groups[first.collected.history.authors[first.statements]], first.homes)
    np.testing.assert_array_equal(first.collected.votes.codes, second.collected.votes.codes)
    assert (COLLECTED.votes.codes != first.collected.votes.codes).any()
