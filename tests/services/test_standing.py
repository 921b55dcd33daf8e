from __future__ import annotations

import subprocess
import sys

import numpy as np

from klal.domain.ballot import Choice
from klal.store.configuration import Configuration
from klal.store.places import Place, pack
from tests.services.stored import store_table

SLOTS = {"own": 0, "other": 1, "dark": 2}


def cell(agree: int, disagree: int, passed: int = 0) -> dict[str, int]:
    return {"agree": agree, "disagree": disagree, "pass": passed}


def standing(votes: list[float], cells: dict[int, dict[str, int] | None], *, placed: bool = True):
    """Return where the only participant stands beside one group with these figures and one that is withheld."""
    from klal.services.standing import where_i_stand

    conversation = store_table(np.array([votes]))
    me = conversation.participants.get().pk
    number = {int(row.label): row.pk for row in conversation.statements.all()}
    findings = {
        "groups": [{"slot": slot} for slot in SLOTS.values()],
        "statements": {
            str(number[j]): {"groups": {"0": cell(50, 0), "1": cells.get(j), "2": None}} for j in range(len(votes)) if j in cells
        },
    }
    places = pack(np.array([me]), np.array([[0.25, -0.5]]), np.array([0])) if placed else b""
    found = where_i_stand(me, findings, places)
    labels = {pk: label for label, pk in number.items()}
    return found, lambda answers: [(labels[one.statement], one.own, one.share) for one in answers]


def test_the_statements_that_set_me_apart_come_first_where_most_see_it_the_other_way(database: Configuration) -> None:
    figures = {0: cell(5, 45), 1: cell(0, 50), 2: cell(40, 10), 3: cell(30, 20), 4: cell(20, 30)}
    found, named = standing([1, 1, -1, -1, 1], figures)
    assert found.place == Place(0.25, -0.5, 0)
    other = found.groups[0]
    assert other.slot == SLOTS["other"]
    assert named(other.apart) == [(1, Choice.AGREE, 0.0), (0, Choice.AGREE, 0.1), (2, Choice.DISAGREE, 0.8)]
    assert named(other.shared) == []


def test_what_is_shared_comes_closest_first(database: Configuration) -> None:
    figures = {0: cell(50, 0), 1: cell(0, 90), 2: cell(30, 20), 3: cell(26, 24), 4: cell(25, 25)}
    found, named = standing([1, -1, 1, 1, 1], figures)
    assert named(found.groups[0].shared) == [(1, Choice.DISAGREE, 0.0), (0, Choice.AGREE, 1.0), (2, Choice.AGREE, 0.6)]
    assert found.groups[0].apart == ()


def test_what_is_withheld_is_never_compared(database: Configuration) -> None:
    found, _ = standing([1, 1, 1], {0: None, 1: cell(0, 0, 9), 2: None})
    assert [(one.slot, one.apart, one.shared) for one in found.groups] == [(1, (), ()), (2, (), ())]


def test_a_pass_is_neither_shared_nor_apart(database: Configuration) -> None:
    found, _ = standing([0, 0], {0: cell(50, 0), 1: cell(0, 50)})
    assert found.groups[0].apart == found.groups[0].shared == ()


def test_somebody_not_placed_is_told_how_many_votes_are_missing(database: Configuration) -> None:
    found, _ = standing([1] * 4 + [np.nan] * 6, {j: cell(9, 9) for j in range(10)}, placed=False)
    assert (found.place, found.votes_needed, found.groups) == (None, 3, ())


def test_where_there_are_few_statements_all_of_them_are_needed(database: Configuration) -> None:
    found, _ = standing([1, np.nan, 1], {0: cell(9, 9), 1: cell(9, 9)}, placed=False)
    assert found.votes_needed == 1  # the vote on the third, which is not analysed, does not count


def test_enough_votes_since_the_last_map_need_no_more(database: Configuration) -> None:
    found, _ = standing([1] * 8, {j: cell(9, 9) for j in range(8)}, placed=False)
    assert (found.place, found.votes_needed) == (None, 0)


def test_a_stranger_stands_nowhere(database: Configuration) -> None:
    from klal.services.standing import where_i_stand

    assert where_i_stand(10**6, {"groups": [], "statements": {}}, b"") is None


def test_it_can_be_asked_without_numpy() -> None:
    code = (
        "from klal.store.opening import open_store; open_store()\n"
        "import klal.services.standing, klal.domain.draw, klal.worker.child, sys\n"
        "heavy = {'numpy', 'numba', 'scipy', 'klal.io', 'klal.report', 'polars'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
