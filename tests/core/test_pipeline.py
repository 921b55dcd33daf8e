import numpy as np
import pytest

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
