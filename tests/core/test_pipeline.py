import numpy as np
import pytest

from klal.core.bridging import expected_agreement
from klal.core.index import IdIndex
from klal.core.pipeline import STAGES, analyse, find_map_and_groups
from klal.core.results import Verdict
from klal.core.settings import (
    AnalysisSettings,
    BridgingSettings,
    CommonGroundSettings,
    GroupingMethod,
    GroupingSettings,
    MapSettings,
)
from klal.core.votes import VoteMatrix
from klal.errors import BadOptionError
from tests.core.tables import camps, matrix


def test_it_finds_camps_common_ground_and_what_divides():
    found = analyse(matrix(camps((70, 30), 30, shared=8)))
    assert found.grouping.verdict is Verdict.CLEAR
    assert found.group_tally.seen.sum() == found.tally.seen.sum()
    assert set(np.argsort(found.common_ground.rank)[:6]) <= set(range(30))
    assert found.divisiveness[8:].max() > 0.5
    assert found.group_informed_consensus.shape == (30,)
    assert [len(chosen) for chosen in found.representativeness.chosen] == [5, 5]


def test_every_stage_is_reported_once_and_in_order():
    seen = []
    analyse(matrix(camps((20, 10), 12)), on_stage=seen.append)
    assert tuple(seen) == STAGES


def test_statements_left_out_take_no_part():
    table = camps((40, 30), 20)
    chosen = np.arange(20) != 7
    found = analyse(matrix(table), analysed=chosen)
    assert 7 not in found.votes.statements.tolist()
    alone = analyse(matrix(table[:, chosen]))
    np.testing.assert_allclose(found.opinion_map.positions, alone.opinion_map.positions)
    np.testing.assert_array_equal(found.common_ground.rank, alone.common_ground.rank)


def test_provenance_says_how_to_make_it_again():
    votes = matrix(camps((20, 10), 12))
    settings = AnalysisSettings(grouping=GroupingSettings(max_groups=3))
    found = analyse(votes, seed=5, settings=settings)
    assert found.provenance.seed == 5
    assert found.provenance.votes_digest == votes.digest()
    assert found.provenance.settings.as_dict()["grouping"] == {
        "method": "auto",
        "max_groups": 3,
        "min_group": 5,
        "resamples": 10,
        "max_fitted": 2000,
    }


def test_ranks_are_analysed_when_given():
    votes = matrix(camps((20, 10), 12))
    found = analyse(votes, features={"role": ["a", "b", None] * 10})
    assert [one.feature for one in found.ranks] == ["role"]
    assert analyse(votes).ranks == ()


def test_polis_grouping_replaces_map_and_groups_and_keeps_the_verdict():
    votes = matrix(camps((70, 30), 30))
    own = analyse(votes)
    polis = analyse(votes, settings=AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod.POLIS)))
    assert polis.grouping.verdict is own.grouping.verdict
    assert not polis.opinion_map.uncertainty.any()
    assert polis.grouping.n_groups == 2
    np.testing.assert_array_equal(polis.bridging.score, own.bridging.score)


def test_polis_grouping_counts_votes_on_statements_left_out():
    table = camps((70, 30), 30)
    chosen = np.arange(30) > 2
    settings = AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod.POLIS))
    found = analyse(matrix(table), analysed=chosen, settings=settings)
    assert found.opinion_map.axes.shape == (27, 2)


def test_polis_grouping_of_nobody_is_one_empty_group():
    settings = AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod.POLIS))
    found = analyse(matrix(np.full((3, 2), np.nan)), settings=settings)
    assert found.grouping.sizes.tolist() == [0]
    assert found.grouping.centres.tolist() == [[0, 0]]


def test_the_first_half_alone_gives_the_same_groups():
    votes = matrix(camps((40, 30), 20))
    _, grouping = find_map_and_groups(votes, np.ones(20, dtype=bool))
    np.testing.assert_array_equal(grouping.labels, analyse(votes).grouping.labels)


def test_odd_conversations_are_analysed_without_a_fault():
    for table in (np.ones((1, 1)), np.zeros((2, 3)), np.array([[1.0, -1], [-1, 1]]), np.ones((30, 5)), np.full((2, 2), np.nan)):
        found = analyse(matrix(table))
        assert found.grouping.verdict is Verdict.NONE
        assert np.isfinite(found.common_ground.bound).all()


def test_the_digest_of_polis_grouping_covers_the_votes_it_looks_at():
    table = camps((40, 30), 20)
    changed = table.copy()
    changed[:, 0] = np.where(np.isnan(changed[:, 0]), 1.0, np.nan)
    chosen = np.arange(20) > 0
    settings = AnalysisSettings(grouping=GroupingSettings(method=GroupingMethod.POLIS))
    digests = [analyse(matrix(one), analysed=chosen, settings=settings).provenance.votes_digest for one in (table, changed)]
    assert digests[0] != digests[1]
    own = [analyse(matrix(one), analysed=chosen).provenance.votes_digest for one in (table, changed)]
    assert own[0] == own[1]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: BridgingSettings(n_factors=5), "n_factors"),
        (lambda: GroupingSettings(resamples=0), "resamples"),
        (lambda: GroupingSettings(max_groups=27), "max_groups"),
        (lambda: MapSettings(min_votes=0), "min_votes"),
        (lambda: CommonGroundSettings(level=1.0), "level"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(make, name):
    with pytest.raises(BadOptionError, match=f"{name}: found"):
        make()


def test_a_feature_has_a_rank_for_everybody():
    with pytest.raises(BadOptionError, match="age: found 2 ranks, needed 30"):
        analyse(matrix(camps((20, 10), 12)), features={"age": ["old", "young"]})


def _grown():
    """Votes of a conversation, and of the same one before the last people, the last statement and one vote in fifty came."""
    table = camps((90, 60), 60, shared=20)
    before = np.where(np.random.default_rng(3).random(table.shape) < 0.02, np.nan, table)[:-8, :-1]
    people, statements = IdIndex.of(np.arange(150)), IdIndex.of(np.arange(60))
    earlier = VoteMatrix.from_array(before, participants=IdIndex(people.ids[:-8]), statements=IdIndex(statements.ids[:-1]))
    return earlier, VoteMatrix.from_array(table, participants=people, statements=statements)


def test_an_update_finds_what_a_fresh_analysis_finds():
    earlier, votes = _grown()
    fresh, updated = analyse(votes), analyse(votes, previous=analyse(earlier))
    assert updated.grouping.verdict is fresh.grouping.verdict
    np.testing.assert_array_equal(updated.grouping.labels, fresh.grouping.labels)
    np.testing.assert_allclose(updated.opinion_map.positions, fresh.opinion_map.positions, atol=1e-6)
    np.testing.assert_allclose(updated.bridging.score, fresh.bridging.score, atol=0.02)
    np.testing.assert_allclose(
        expected_agreement(updated.bridging, np.arange(150)), expected_agreement(fresh.bridging, np.arange(150)), atol=0.06
    )
    np.testing.assert_allclose(updated.common_ground.agreement, fresh.common_ground.agreement, atol=0.02)
    assert len(set(np.argsort(updated.common_ground.rank)[:10]) & set(np.argsort(fresh.common_ground.rank)[:10])) >= 9
    assert updated.bridging.sweeps <= fresh.bridging.sweeps


def test_an_update_from_another_conversation_is_a_fresh_analysis():
    _, votes = _grown()
    named = VoteMatrix.from_array(camps((30, 20), 12), participants=IdIndex.of([f"p{k:02d}" for k in range(50)]))
    others = VoteMatrix.from_array(camps((30, 20), 12), statements=IdIndex.of(np.arange(500, 512)))
    fresh = analyse(votes)
    for previous in (analyse(named), analyse(others)):
        found = analyse(votes, previous=previous)
        assert found.bridging.statement.tobytes() == fresh.bridging.statement.tobytes()
        assert found.grouping.membership.tobytes() == fresh.grouping.membership.tobytes()


def test_a_model_with_another_number_of_factors_is_no_start():
    earlier, votes = _grown()
    settings = AnalysisSettings(bridging=BridgingSettings(n_factors=2))
    found = analyse(votes, previous=analyse(earlier, settings=settings))
    np.testing.assert_allclose(found.bridging.score, analyse(votes).bridging.score, atol=1e-6)


def test_equal_starts_give_equal_bytes():
    earlier, votes = _grown()
    one, other = (analyse(votes, previous=analyse(earlier)) for _ in range(2))
    assert one.bridging.person.tobytes() == other.bridging.person.tobytes()
    assert one.common_ground.lower.tobytes() == other.common_ground.lower.tobytes()
