import unicodedata

from klal.core.pipeline import analyse
from klal.core.results import Verdict
from klal.domain.records import Moderation
from klal.simulation.demonstration import demonstration_log, demonstration_statements


def is_hebrew(text: str) -> bool:
    return any(unicodedata.bidirectional(letter) == "R" for letter in text)


def test_it_speaks_both_languages_equally():
    hebrew = [is_hebrew(statement.text) for statement in demonstration_statements()]
    assert sum(hebrew) == len(hebrew) / 2


def test_statements_are_seeds_and_accepted():
    assert all(one.is_seed and one.moderation is Moderation.ACCEPTED for one in demonstration_statements())


def test_equal_seeds_give_equal_votes():
    assert demonstration_log(seed=1) == demonstration_log(seed=1)
    assert demonstration_log(seed=1) != demonstration_log(seed=2)


def test_there_is_something_to_see():
    found = analyse(demonstration_log().to_matrix())
    assert found.grouping.verdict is Verdict.CLEAR
    assert found.grouping.n_groups == 3
    assert 5 < (found.common_ground.bound > 0.5).sum() < 20
