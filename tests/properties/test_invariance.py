"""What must hold whatever the votes are: names and order carry no meaning, equal input gives equal bytes, input is never written to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klal.core.index import IdIndex
from klal.core.pipeline import analyse
from klal.core.votes import VoteMatrix
from tests.core.tables import camps, vote_tables

TABLES = {
    "two camps": camps((45, 30), 24, seen=0.7),
    "three camps": camps((40, 30, 20), 60, seen=0.5),
    "one cloud": np.random.default_rng(0).choice([-1.0, 0.0, 1.0, np.nan], (60, 18), p=[0.3, 0.1, 0.4, 0.2]),
}


@pytest.mark.parametrize("name", TABLES)
def test_relabelling_permutes_the_answer_and_nothing_else(name):
    table = TABLES[name]
    n, m = table.shape
    rng = np.random.default_rng(7)
    people, things = rng.permutation(n), rng.permutation(m)
    found = analyse(VoteMatrix.from_array(table))
    # person people[k] is now called k, and likewise for statements
    renamed = analyse(VoteMatrix.from_array(table[people][:, things]))
    # an axis may be mirrored only where two statements weigh the same to nine places, which these do not
    np.testing.assert_allclose(renamed.opinion_map.positions, found.opinion_map.positions[people], atol=1e-6)
    np.testing.assert_array_equal(renamed.grouping.labels, found.grouping.labels[people])
    np.testing.assert_allclose(renamed.bridging.score, found.bridging.score[things], atol=1e-6)
    np.testing.assert_allclose(renamed.common_ground.bound, found.common_ground.bound[things], atol=1e-6)
    np.testing.assert_array_equal(renamed.tally.agree, found.tally.agree[things])
    np.testing.assert_allclose(renamed.group_informed_consensus, found.group_informed_consensus[things])
    assert renamed.grouping.verdict == found.grouping.verdict
    assert renamed.grouping.stability == pytest.approx(found.grouping.stability, abs=1e-9)


@given(vote_tables(), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_equal_votes_and_seeds_give_equal_bytes(table, seed):
    one, other = (analyse(VoteMatrix.from_array(table.copy()), seed=seed) for _ in range(2))
    assert one.provenance == other.provenance
    for a, b in (
        (one.opinion_map.positions, other.opinion_map.positions),
        (one.grouping.membership, other.grouping.membership),
        (one.bridging.statement, other.bridging.statement),
        (one.common_ground.lower, other.common_ground.lower),
    ):
        assert a.tobytes() == b.tobytes()


@given(vote_tables())
@settings(max_examples=25, deadline=None)
def test_every_figure_stays_in_its_range(table):
    found = analyse(VoteMatrix.from_array(table))
    common = found.common_ground
    for share in (common.agreement, common.lower, common.upper, found.bridging.score, found.divisiveness, found.group_informed_consensus):
        assert ((share >= 0) & (share <= 1)).all()
    assert ((common.lower <= common.agreement) & (common.agreement <= common.upper)).all()
    assert sorted(common.rank.tolist()) == list(range(1, table.shape[1] + 1))
    assert (found.group_tally.seen.sum(axis=0) <= found.tally.seen).all()
    assert 0 <= found.grouping.stability <= 1
    assert 0 <= found.grouping.gap <= 1


def test_nothing_that_is_handed_in_is_written_to():
    table = camps((30, 20), 16)
    votes = VoteMatrix.from_array(table)
    before = (votes.indptr.tobytes(), votes.columns.tobytes(), votes.codes.tobytes())
    analyse(votes)
    assert before == (votes.indptr.tobytes(), votes.columns.tobytes(), votes.codes.tobytes())


def test_the_answer_does_not_depend_on_the_number_of_cores(monkeypatch):
    from klal.core import blocks

    monkeypatch.setattr(blocks, "_VOTES_PER_BLOCK", 200)
    votes = VoteMatrix.from_array(camps((60, 40), 30))
    many = analyse(votes)
    monkeypatch.setattr(blocks.os, "sched_getaffinity", lambda _: {0})
    one = analyse(votes)
    assert many.common_ground.lower.tobytes() == one.common_ground.lower.tobytes()
    assert many.opinion_map.positions.tobytes() == one.opinion_map.positions.tobytes()


def test_ids_do_not_matter_as_such():
    table = camps((30, 20), 16)
    names = IdIndex.of([f"p{k:03d}" for k in range(50)])
    plain, named = analyse(VoteMatrix.from_array(table)), analyse(VoteMatrix.from_array(table, participants=names))
    np.testing.assert_array_equal(plain.opinion_map.positions, named.opinion_map.positions)
    assert plain.provenance.votes_digest != named.provenance.votes_digest
