from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from klal.core.bridging import fit_bridging
from klal.core.common_ground import Judges, ground_of
from klal.core.coordination import AlikeSet, Coordination, Evidence, Part, _joined, _one_of_each, find_coordination
from klal.core.history import History
from klal.core.opinion_map import find_opinion_map
from klal.core.pipeline import analyse
from klal.core.results import Grouping, Reason, Verdict
from klal.core.votes import VoteMatrix
from klal.simulation.attacks import AttackSettings, Joined, Lookalike, Tactic, attack, join_honest
from klal.simulation.publics import KINDS, collect_votes, draw_public
from tests.core.tables import matrix

SETTINGS, MANY = AttackSettings(share=0.08), AttackSettings(share=0.15)


@cache
def scene():
    public = draw_public(KINDS["60/40 axes"], 2, participants=240, statements=60)
    return public, collect_votes(public, 2), int(np.argsort(-public.weakest)[53])


@cache
def joined(how: Tactic | Lookalike | None) -> Joined:
    public, collected, target = scene()
    if how is None:
        return Joined(collected.votes, collected.history, np.zeros(0, np.int64), target)
    if isinstance(how, Lookalike):
        return join_honest(public, collected, how, target, 3, settings=SETTINGS)
    return attack(public, collected, how, target, 3, settings=MANY if how is Tactic.MINIMAL else SETTINGS)


def undivided(n: int) -> Grouping:
    return Grouping(np.zeros(n, np.int32), np.ones((n, 1)), np.zeros((1, 2)), Verdict.NONE, 0.0, 0.0, Reason.ONE_CLOUD)


@cache
def model(how: Tactic | Lookalike | None):
    votes = joined(how).votes
    bridging = fit_bridging(votes, find_opinion_map(votes))
    judges = Judges.of(votes, undivided(votes.shape[0]), bridging)
    return votes, undivided(votes.shape[0]), bridging, judges, ground_of(judges, bridging)


@cache
def found(how: Tactic | Lookalike | None, *, timed: bool = True) -> Coordination:
    return find_coordination(*model(how), history=joined(how).history if timed else None)


def parts(one: AlikeSet) -> list[Part]:
    return [evidence.part for evidence in one.evidence]


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("how", [None, *Lookalike])
def test_honest_people_are_never_said_to_look_alike(how, timed):
    result = found(how, timed=timed)
    assert result.sets == ()
    assert result.alike == 0
    assert result.suspicion.max() <= 0.25
    assert result.timed is timed


def test_where_nobody_looks_alike_common_ground_stays_the_very_same():
    assert found(None).without is model(None)[-1]


@pytest.mark.parametrize("timed", [True, False])
def test_identical_ballots_are_one_set_and_one_of_them_counts(timed):
    result, accounts = found(Tactic.IDENTICAL, timed=timed), joined(Tactic.IDENTICAL).accounts
    (one,) = result.sets
    assert one.members.tolist() == accounts.tolist()
    assert one.probability > 0.99
    assert parts(one) == ([Part.BALLOTS, Part.ORDER, Part.BURST, Part.CHANNEL] if timed else [Part.BALLOTS])
    assert result.alike == len(accounts)
    assert result.without is not model(Tactic.IDENTICAL)[-1]
    if timed:
        assert (result.suspicion[accounts] < 0.5).sum() == 1
        burst, channel = one.evidence[2:]
        assert burst.share > 0.9 > 0.5 > burst.usual
        assert channel.share == 1.0 > channel.usual
    else:
        assert (result.suspicion[accounts] > 0.9).all()


def test_a_statement_that_accounts_came_for_is_told_and_nobody_is_held_likely_a_fake():
    result, case = found(Tactic.MINIMAL), joined(Tactic.MINIMAL)
    assert [push.statement for push in result.pushes] == [case.target]
    (push,) = result.pushes
    assert 10 < push.surplus <= push.agreeing
    assert result.surplus[case.target] == push.surplus
    assert [one.part for one in push.evidence] == [Part.STATEMENT, Part.BURST, Part.CHANNEL]
    assert 0.2 < push.evidence[0].share <= 1.0
    came = result.suspicion[case.accounts]
    assert 0.12 < came.mean() <= 0.25
    assert result.suspicion[: case.accounts[0]].mean() < 0.1
    assert result.sets == ()


@pytest.mark.parametrize("tactic", [Tactic.IDENTICAL, Tactic.MINIMAL, Tactic.MIMIC])
def test_the_robust_rank_of_a_pushed_statement_moves_less_than_the_plain_one(tactic):
    target = joined(tactic).target
    plain = [model(how)[-1].rank[target] for how in (None, tactic)]
    robust = [found(how).robust.rank[target] for how in (None, tactic)]
    assert robust[0] - robust[1] <= max(plain[0] - plain[1], 0) + 2


def test_without_times_and_channels_nothing_is_said_of_how_they_came():
    case = joined(Tactic.MINIMAL)
    result = find_coordination(*model(Tactic.MINIMAL), history=History.unknown(case.votes))
    assert [one.part for one in result.pushes[0].evidence] == [Part.STATEMENT]


def test_a_channel_that_everybody_came_by_is_compared_with_nobody():
    from klal.core.coordination import _how_they_came

    votes = matrix(np.ones((3, 2)))
    history = History(np.arange(6), np.full(2, -1), np.array([0, 0, -1]))
    everybody, first = np.ones(3, dtype=bool), np.arange(3.0)
    assert _how_they_came(history, everybody, first) == []
    some = np.array([True, False, False])
    assert [one.part for one in _how_they_came(history, some, first)] == [Part.BURST, Part.CHANNEL]
    assert _how_they_came(History.unknown(votes), some, first) == []


def test_sets_that_share_an_account_become_one():
    def ballots(*members: int):
        return np.array(members), 1.0, {Part.BALLOTS: np.array(members)}

    sets = _joined([], ballots(1, 2))
    sets = _joined(sets, ballots(7, 8))
    sets = _joined(sets, (np.array([2, 3]), 5.0, {Part.ORDER: np.array([2, 3])}))
    assert [(members.tolist(), surprise) for members, surprise, _ in sets] == [([7, 8], 1.0), ([1, 2, 3], 5.0)]
    assert {part: rows.tolist() for part, rows in sets[1][2].items()} == {Part.ORDER: [2, 3], Part.BALLOTS: [1, 2]}


def test_the_pipeline_finds_it_with_and_without_history():
    case = joined(Tactic.IDENTICAL)
    for history in (case.history, None):
        result = analyse(case.votes, history=history).coordination
        assert result is not None
        assert result.timed is (history is not None)
        assert [one.members.tolist() for one in result.sets] == [case.accounts.tolist()]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (4, 0), (3, 2)])
def test_conversations_with_nothing_in_them_have_nothing_coordinated(shape):
    votes = VoteMatrix.from_array(np.full(shape, np.nan))
    _, _, bridging, judges, ground = model(None)
    nothing = replace(bridging, person=bridging.person[: shape[0]], statement=bridging.statement[: shape[1]])
    whole = replace(judges.divisions[0], membership=np.ones((shape[0], 1)), weight=1.0)
    result = find_coordination(votes, undivided(shape[0]), nothing, replace(judges, divisions=(whole,)), ground)
    assert (result.sets, result.pushes) == ((), ())
    assert result.suspicion.shape == shape[:1]
    assert result.robust.rank.tolist() == list(range(1, shape[1] + 1))


def test_equal_votes_give_equal_bytes():
    again = find_coordination(*model(Tactic.MINIMAL), history=joined(Tactic.MINIMAL).history)
    assert again.suspicion.tobytes() == found(Tactic.MINIMAL).suspicion.tobytes()
    assert again.robust.margin.tobytes() == found(Tactic.MINIMAL).robust.margin.tobytes()


def test_evidence_without_a_usual_share_says_so():
    assert np.isnan(Evidence(Part.BALLOTS, 1.0).usual)


def test_of_accounts_that_did_the_same_the_first_counts_or_the_shortest_ballot():
    votes = matrix(np.array([[1.0, 1.0, np.nan], [1.0, np.nan, np.nan], [1.0, 1.0, 1.0], [np.nan, np.nan, 1.0]]))
    sets = (AlikeSet(np.array([0, 1, 2]), 0.9, ()),)
    suspicion, counts = _one_of_each(votes, sets, np.array([5.0, 9.0, 3.0, 1.0]))
    assert counts.tolist() == [False, False, True, True]
    assert suspicion.tolist() == [0.9, 0.9, 0.0, 0.0]
    suspicion, counts = _one_of_each(votes, sets, np.full(4, np.inf))
    assert counts.tolist() == [False, True, False, True]
    np.testing.assert_allclose(suspicion, [0.6, 0.6, 0.6, 0.0])
