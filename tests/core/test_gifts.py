from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from klal.core.continuity import order_groups
from klal.core.gifts import Basis, find_gifts
from klal.core.history import History
from klal.core.index import IdIndex
from klal.core.pipeline import analyse
from klal.core.rises import WINDOWS, fit_trend, timed_votes
from klal.core.votes import VoteMatrix
from klal.simulation.planting import Course, plant
from klal.simulation.publics import SEPARATED, CollectSettings, collect_votes, draw_public

M = 40
PUBLIC = draw_public(SEPARATED["50/50 apart"], 0, participants=900, statements=M)
COLLECTED = collect_votes(PUBLIC, 0, settings=CollectSettings(median_votes=25))


@pytest.fixture(scope="module")
def planted():
    return plant(PUBLIC, COLLECTED, Course.GIFT, 0, statements=4)


@pytest.fixture(scope="module")
def found(planted):
    return analyse(planted.collected.votes, history=planted.collected.history)


def true_group(analysis, group: int) -> int:
    return int(np.bincount(PUBLIC.groups[analysis.grouping.labels == group]).argmax())


def test_planted_gifts_are_found_with_their_home_and_nothing_else(found, planted):
    home = dict(zip(planted.statements.tolist(), planted.homes.tolist(), strict=True))
    gifts = found.gifts
    assert len(gifts.statements) >= 2
    for q, j in enumerate(gifts.statements.tolist()):
        assert true_group(found, int(gifts.home[q])) == home[j]


def test_a_gift_shows_how_every_group_began_and_where_it_stands(found):
    gifts = found.gifts
    assert gifts.basis is Basis.OVER_TIME
    rows = np.arange(len(gifts.statements))
    others = 1 - gifts.home
    assert gifts.start.value[rows, gifts.home].mean() == pytest.approx(0.85, abs=0.1)
    assert gifts.start.value[rows, others].mean() == pytest.approx(0.25, abs=0.15)
    assert gifts.now.value[rows, others].mean() == pytest.approx(0.8, abs=0.1)
    assert (gifts.start.lower[rows, gifts.home] > gifts.start.upper[rows, others]).all()
    assert (gifts.now.lower[rows, others] > 0.5).all()
    assert (gifts.rise.lower[rows, others] > 0).all()
    np.testing.assert_allclose(gifts.rise.value, gifts.now.value - gifts.start.value)
    for one in (gifts.start, gifts.now, gifts.rise):
        assert (one.lower <= one.value).all()
        assert (one.value <= one.upper).all()


def test_the_surest_rise_comes_first(found):
    assert (np.diff(found.gifts.surety) <= 0).all()


def test_the_evidence_counts_all_votes_and_rises_window_by_window(found):
    gifts = found.gifts
    assert gifts.window.value.shape == (len(gifts.statements), 2, WINDOWS)
    for q, j in enumerate(gifts.statements.tolist()):
        decided = found.group_tally.decided[:, j]
        assert (gifts.window_votes[q].sum(axis=1) - decided <= 1).all()  # the author's agree may not have been cast
        other = gifts.window.value[q, 1 - gifts.home[q]]
        assert other[~np.isnan(other)][-1] > other[~np.isnan(other)][0]
        assert (np.diff(gifts.window_ends[q]) >= 0).all()


@pytest.mark.parametrize("course", [Course.DIVISIVE, Course.FASHION, Course.FADING, Course.LATE_FRIENDS, None])
def test_what_only_looks_like_a_gift_is_none(course):
    collected = COLLECTED if course is None else plant(PUBLIC, COLLECTED, course, 0).collected
    assert not len(analyse(collected.votes, history=collected.history).gifts.statements)


def test_order_and_names_of_participants_and_statements_do_not_matter(found, planted):
    votes, history = planted.collected.votes, planted.collected.history
    rng = np.random.default_rng(3)
    people, statements = rng.permutation(votes.shape[0]), rng.permutation(votes.shape[1])
    rows, columns = people[votes.row_of_vote()], statements[votes.columns]
    index = IdIndex(np.arange(votes.shape[0])), IdIndex(np.arange(votes.shape[1]))
    other = VoteMatrix.from_rows(rows, columns, votes.codes, participants=index[0], statements=index[1])
    authors = np.full(len(statements), -1)
    authors[statements] = np.where(history.authors < 0, -1, people[history.authors])
    told = History(history.times[np.lexsort((columns, rows))], authors, history.channels)
    again = analyse(other, history=told).gifts
    assert again.statements.tolist() == statements[found.gifts.statements].tolist()
    np.testing.assert_allclose(again.now.value, found.gifts.now.value, atol=1e-6)
    np.testing.assert_allclose(again.surety, found.gifts.surety, atol=1e-6)


def test_groups_in_another_order_are_the_same_groups(found):
    turned = order_groups(found, np.array([1, 0])).gifts
    np.testing.assert_array_equal(turned.home, 1 - found.gifts.home)
    np.testing.assert_array_equal(turned.now.value, found.gifts.now.value[:, ::-1])
    assert turned.alone == found.gifts.alone[::-1]
    np.testing.assert_array_equal(turned.written, found.gifts.written[::-1])


def test_without_history_nothing_is_looked_for(planted):
    assert analyse(planted.collected.votes).gifts is None


def test_without_times_author_and_present_agreement_are_all_there_is_and_no_statement_may_be_published(found, planted):
    votes, history = planted.collected.votes, planted.collected.history
    gifts = gifts_of(found, replace(history, times=np.full(votes.n_votes, -1)))
    assert gifts.basis is Basis.AUTHOR
    assert len(gifts.statements) > 0
    assert not gifts.may_publish.any()
    assert (found.common_ground.bound[gifts.statements] > 0.5).all()
    np.testing.assert_array_equal(gifts.home, found.grouping.labels[history.authors[gifts.statements]])
    assert np.isnan(gifts.start.value).all()
    assert np.isnan(gifts.surety).all()


def test_what_each_group_brings_is_counted_by_its_authors(found, planted):
    history, labels = planted.collected.history, found.grouping.labels
    gifts = found.gifts
    for g in range(2):
        own = [j for j, author in enumerate(history.authors.tolist()) if author >= 0 and labels[author] == g]
        assert gifts.written[g] == len(own)
        assert gifts.authors[g] == len({int(history.authors[j]) for j in own})
        assert gifts.common[g] == sum(found.common_ground.bound[j] > 0.5 for j in own)


def test_what_a_group_alone_holds_is_held_by_it_and_by_no_other(found):
    ground = found.common_ground
    for g, alone in enumerate(found.gifts.alone):
        assert alone
        apart = [ground.lower[g, j] - ground.upper[1 - g, j] for j in alone]
        assert apart == sorted(apart, reverse=True)
        assert all(ground.lower[g, j] > 0.5 > ground.upper[1 - g, j] for j in alone)


def test_a_group_with_few_authors_is_not_named_as_the_home_of_what_one_of_them_wrote(found, planted):
    history = planted.collected.history
    gifts = found.gifts
    assert gifts.may_publish.all()
    home = int(gifts.home[0])
    members = found.grouping.labels[np.maximum(history.authors, 0)] == home
    others = members & (np.arange(len(history.authors)) != gifts.statements[0]) & (history.authors >= 0)
    few = replace(history, authors=np.where(others, -1, history.authors))
    again = gifts_of(found, few)
    assert not again.may_publish[list(again.statements).index(gifts.statements[0])]
    nobody = replace(history, authors=np.full(len(history.authors), -1))
    assert gifts_of(found, nobody).may_publish.all()


def test_one_group_gives_nothing_to_itself():
    table = np.random.default_rng(0).choice([1.0, -1.0], (30, 8))
    votes = VoteMatrix.from_array(table)
    gifts = analyse(votes, history=History.unknown(votes)).gifts
    assert len(gifts.statements) == 0
    assert gifts.alone == ((),)
    assert gifts.window.value.shape == (0, 1, 0)


def test_statements_left_out_are_left_out_of_the_history_too(planted):
    kept = np.ones(M, dtype=bool)
    kept[planted.statements[:2]] = False
    gifts = analyse(planted.collected.votes, history=planted.collected.history, analysed=kept).gifts
    assert gifts.tested > 0


def test_an_author_who_did_not_vote_counts_as_the_first_who_agreed(found):
    votes, history = COLLECTED.votes, COLLECTED.history
    author = int(np.flatnonzero(votes.votes_per_participant < 10)[0])
    unseen = next(j for j in range(M) if j not in votes.columns[votes.indptr[author] : votes.indptr[author + 1]])
    authors = np.full(M, -1)
    labels = np.zeros(votes.shape[0], dtype=np.int32)
    with_author = timed_votes(votes, replace(history, authors=np.where(np.arange(M) == unseen, author, -1)), labels, found.bridging)
    without = timed_votes(votes, replace(history, authors=authors), labels, found.bridging)
    assert with_author.first[-1] == without.first[-1] + 1
    first = with_author.first[unseen]
    assert with_author.agreed[first] == 1
    trend = fit_trend(with_author, unseen, 0, [np.full(5, 0.5)])
    assert trend.window_ends[0] >= history.times.min()


def test_of_very_many_votes_an_even_part_is_looked_at(found):
    votes = VoteMatrix.from_array(np.tile([[1.0, -1.0]], (7000, 1)))
    history = History(np.arange(14000), np.full(2, -1), np.full(7000, -1))
    bridging = analyse(votes).bridging
    timed = timed_votes(votes, history, np.zeros(7000, dtype=np.int32), bridging)
    assert np.diff(timed.first).tolist() == [2334, 2334]
    assert timed.order[0] == pytest.approx(-0.5, abs=1e-3)
    assert timed.order[2333] == pytest.approx(0.5, abs=1e-3)


def two_camps(first: float, last: float, *, home_voters: int = 60) -> tuple[VoteMatrix, History]:
    """Return two camps of 60 and 120 apart on eleven statements; on the twelfth the second moves from one share to another in time."""
    camp = np.repeat([1.0, -1.0], [60, 120])
    table = camp[:, None] * np.resize([1.0, -1.0], 12)[None, :]
    table[np.random.default_rng(0).random(table.shape) < 0.2] *= -1
    way = np.linspace(first, last, 120)
    carried = np.floor(np.cumsum(way)) > np.floor(np.cumsum(way) - way)  # as many agree, evenly, as the share says
    table[:60, 11], table[60:, 11] = 1.0, np.where(carried, 1.0, -1.0)
    table[home_voters:60, 11] = np.nan
    votes = VoteMatrix.from_array(table)
    rows = votes.row_of_vote()
    when = np.where(rows < 60, 2 * rows, rows - 60)
    return votes, History(when, np.full(12, -1), np.full(180, -1))


def test_what_the_others_held_from_the_start_is_no_gift_however_it_rose():
    votes, history = two_camps(0.0, 1.0)
    assert analyse(votes, history=history).gifts.statements.tolist() == [11]
    votes, history = two_camps(0.55, 1.0)
    assert analyse(votes, history=history).gifts.statements.tolist() == []


def test_a_window_with_few_votes_of_a_group_shows_nothing_of_it():
    votes, history = two_camps(0.0, 1.0, home_voters=12)
    gifts = analyse(votes, history=history).gifts
    assert gifts.statements.tolist() == [11]
    hidden = gifts.window_votes[0] < 5
    assert hidden.any()
    np.testing.assert_array_equal(np.isnan(gifts.window.value[0]), hidden)


def gifts_of(found, history):
    return find_gifts(found.votes, history, found.grouping, found.bridging, found.common_ground)
