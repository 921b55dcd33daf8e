from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from klal.core.pipeline import analyse
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.core.why_statement import TOP, why_statement
from klal.simulation.publics import SEPARATED, collect_votes, draw_public
from tests.core.tables import camps, matrix

PUBLIC = draw_public(SEPARATED["60/40 apart"], 0, participants=120, statements=25)


@pytest.fixture(scope="module")
def analysis():
    return analyse(collect_votes(PUBLIC, 0).votes)


def at_rank(analysis, rank: int) -> int:
    return int(np.flatnonzero(analysis.common_ground.rank == rank)[0])


@pytest.mark.parametrize("rank", [1, 8])
def test_the_influence_of_a_vote_is_what_happens_without_it(analysis, rank):
    column = at_rank(analysis, rank)
    votes = analysis.votes
    found = why_statement(analysis, column)
    rows = votes.row_of_vote()
    brute = []
    for row in found.voters[::3]:
        kept = ~((rows == row) & (votes.columns == column))
        less = VoteMatrix.from_rows(
            rows[kept], votes.columns[kept], votes.codes[kept], participants=votes.participants, statements=votes.statements
        )
        brute.append(found.bound - analyse(less).common_ground.bound[column])
    assert spearmanr(brute, found.influence[::3]).statistic > 0.7
    assert np.polyfit(found.influence[::3], brute, 1)[0] == pytest.approx(1, abs=0.4)


def test_agreeing_lifts_and_disagreeing_lowers(analysis):
    found = why_statement(analysis, at_rank(analysis, 5))
    weakest = analysis.common_ground.weakest_group[found.column]
    assert found.by_agree[weakest] > 0
    assert np.nan_to_num(found.by_disagree).min() <= 0
    assert (found.without_group[~np.isnan(found.without_group)] < found.bound).any()


def test_the_fewest_changed_minds_are_counted_by_the_rule(analysis):
    column = at_rank(analysis, 2)
    found = why_statement(analysis, column)
    assert found.in_top
    assert found.is_common == (found.bound > 0.5)
    weakest = int(analysis.common_ground.weakest_group[column])
    needed = int(found.to_leave_common[weakest])
    assert needed > 0
    assert changed(analysis, column, weakest, needed) <= 0.5 < changed(analysis, column, weakest, needed - 1)


def changed(analysis, column: int, group: int, count: int) -> float:
    """Return the bound after so many members of a group changed their agree to a disagree, the model held."""
    from klal.core.why_statement import _Asked

    asked = _Asked.of(analysis, column)
    those = np.flatnonzero((asked.labels == group) & (asked.codes == AGREE))[:count]
    codes = asked.codes.copy()
    codes[those] = DISAGREE
    return float(asked.bound_of([codes])[0])


def test_a_statement_below_may_rise_by_changed_minds(analysis):
    found = why_statement(analysis, at_rank(analysis, TOP + 1))
    assert not found.in_top
    assert (found.to_leave_top[found.to_leave_top > 0] < 60).all()
    assert (found.to_leave_top > 0).any()


def test_what_no_change_of_one_group_can_alter_says_so(analysis):
    found = why_statement(analysis, at_rank(analysis, 25))
    assert not found.is_common
    assert (found.to_leave_common == -1).any()


def test_a_handful_of_voters_is_told_nothing_of():
    table = camps((40, 30), 20)
    table[:, 3] = np.nan
    table[:30, 3], table[40:43, 3] = 1.0, 1.0
    analysis = analyse(matrix(table))
    found = why_statement(analysis, 3)
    few = int(analysis.grouping.labels[45])
    assert np.isnan(found.by_agree[few])
    assert np.isnan(found.by_disagree).all()
    assert np.isnan(found.without_group[few])


def test_of_very_many_voters_an_even_part_is_asked(analysis, monkeypatch):
    monkeypatch.setattr("klal.core.why_statement._MOST_ASKED", 20)
    assert len(why_statement(analysis, 0).voters) == 20


def test_with_fewer_than_ten_others_a_statement_is_always_among_the_first():
    table = camps((40, 30), 8, shared=4)
    found = why_statement(analyse(matrix(table)), 0)
    assert found.in_top
    assert (found.to_leave_top == -1).all()


def test_a_statement_that_nobody_decided_has_no_voters():
    table = camps((40, 30), 20)
    table[:, 5] = 0.0
    analysis = analyse(matrix(table))
    assert (analysis.votes.codes[analysis.votes.columns == 5] == PASS).all()
    found = why_statement(analysis, 5)
    assert len(found.voters) == 0
    assert (found.to_leave_common == -1).all()
