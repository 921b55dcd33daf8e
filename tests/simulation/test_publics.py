"""Publics whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from klal.core.votes import AGREE, PASS
from klal.simulation.publics import (
    KINDS,
    SEPARATED,
    UNDIVIDED,
    Collected,
    CollectSettings,
    Kind,
    Public,
    Routing,
    collect_votes,
    draw_public,
)

EVERY = [*KINDS.values(), *UNDIVIDED.values(), *SEPARATED.values()]


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.name)
def test_the_truth_is_the_mean_of_each_groups_members(kind: Kind) -> None:
    public = draw_public(kind, 1, participants=120, statements=30)
    assert public.truth.shape == (len(kind.shares), 30)
    for g in range(len(kind.shares)):
        assert np.allclose(public.truth[g], public.agreement[public.groups == g].mean(axis=0))
    assert np.array_equal(public.weakest, public.truth.min(axis=0))
    assert np.bincount(public.groups).min() >= 6


def test_equal_seeds_give_equal_publics_and_votes_and_others_do_not() -> None:
    kind = KINDS["85/10/5 classes"]
    first, again, other = (collect_votes(draw_public(kind, seed, participants=80), seed) for seed in (3, 3, 5))
    assert first.votes.digest() == again.votes.digest() != other.votes.digest()
    assert np.array_equal(first.history.times, again.history.times)


def test_votes_follow_the_true_chances() -> None:
    public = draw_public(KINDS["60/40 axes"], 1)
    votes = collect_votes(public, 1).votes
    decided = votes.codes != PASS
    chance = public.agreement[votes.row_of_vote()[decided], votes.columns[decided]]
    agreed = votes.codes[decided] == AGREE
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        within = (chance >= low) & (chance < low + 0.2)
        assert agreed[within].mean() == pytest.approx(chance[within].mean(), abs=0.04)


def test_late_statements_are_seen_by_fewer_and_written_by_somebody_who_was_there() -> None:
    collected = collect_votes(draw_public(KINDS["50/30/20 axes"], 1), 1)
    seen = np.bincount(collected.votes.columns, minlength=100)
    late = collected.history.authors >= 0
    assert late.sum() == 60
    assert seen[late].mean() < 0.8 * seen[~late].mean()
    _written_before_anybody_answers(collected)


def _written_before_anybody_answers(collected: Collected) -> None:
    rows, columns, times = collected.votes.row_of_vote(), collected.votes.columns, collected.history.times
    came = np.full(collected.votes.shape[0], np.iinfo(np.int64).max)
    np.minimum.at(came, rows, times)
    for column in np.flatnonzero(collected.history.authors >= 0):
        answered = times[columns == column]
        assert len(answered) == 0 or answered.max() >= came[collected.history.authors[column]]


def test_the_minority_comes_late_if_so_wished() -> None:
    public = draw_public(KINDS["95/5 axes"], 1, participants=2000)

    def middle(late: bool) -> float:
        collected = collect_votes(public, 1, settings=CollectSettings(late_minority=late))
        rows = collected.votes.row_of_vote()
        return float(collected.history.times[public.groups[rows] == 1].mean() / collected.history.times.mean())

    assert middle(True) > middle(False) + 0.05


@pytest.mark.parametrize("routing", Routing)
def test_whoever_is_shown_what_nobody_answers_twice(routing: Routing) -> None:
    public = draw_public(KINDS["60/40 axes"], 1, participants=60, statements=20)
    votes = collect_votes(public, 1, settings=CollectSettings(routing=routing, median_votes=15)).votes
    assert votes.votes_per_participant.max() <= 20
    assert len(set(zip(votes.row_of_vote(), votes.columns, strict=True))) == votes.n_votes


def test_new_statements_catch_up_where_the_new_come_first() -> None:
    public = draw_public(KINDS["60/40 axes"], 1)

    def fewest(routing: Routing) -> float:
        votes = collect_votes(public, 1, settings=CollectSettings(routing=routing)).votes
        return float(np.sort(np.bincount(votes.columns, minlength=100))[:20].mean())

    assert fewest(Routing.NEW_FIRST) > 1.1 * fewest(Routing.RANDOM)


def test_turnout_as_measured_is_far_more_uneven() -> None:
    public: Public = draw_public(KINDS["60/40 axes"], 1, statements=300)

    def share_with_few(as_measured: bool) -> float:
        votes = collect_votes(public, 1, settings=CollectSettings(as_measured=as_measured)).votes
        return float(np.mean(votes.votes_per_participant <= 3))

    assert share_with_few(True) > 0.12 > 0.06 > share_with_few(False)
