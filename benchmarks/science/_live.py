"""A conversation as it runs: people come one after the other, statements are written meanwhile, and each answer is asked for by a rule.

What chooses the statements is what runs in klal: the worker's table is made anew every some people, and drawn from in between.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from klal.core.bridging import fit_bridging
from klal.core.index import IdIndex
from klal.core.opinion_map import find_opinion_map
from klal.core.polis_routing import NEW_STATEMENT_PRIORITY, find_extremity, statement_priorities
from klal.core.routing import RoutingSettings, plan_routing
from klal.core.tally import tally_votes
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.domain.draw import Draws
from klal.domain.routes import Answers, Routes
from klal.simulation.publics import Public

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rule = Callable[[VoteMatrix, Ints], Routes]
"""From the votes on the statements there are, and their numbers, to what is drawn by."""

REFRESH = 50
"""People who come between two tables."""
_SEEDS, _PASSING = 0.4, 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A conversation that was held.

    Attributes
    ----------
    votes : VoteMatrix
        Shape (n, m).
    since : ndarray of int
        Shape (m,): the turn from which each statement was there.
    turns : ndarray of int
        Shape (n,): the turn at which each person came.
    codes : ndarray of int
        Shape (n, m): what everybody would have said.
    firsts : tuple of tuple of int
        The statements each person was asked, in order.
    chances : ndarray of float
        Shape (n, m): the chance that is kept with each vote, nan elsewhere or where none was wanted.
    asked_at : ndarray of int
        Shape (n, m): the turn, 1 …, at which each person was asked each statement, 0 elsewhere.
    """

    votes: VoteMatrix
    since: Ints
    turns: Ints
    codes: NDArray[np.int8]
    firsts: tuple[tuple[int, ...], ...]
    chances: Floats
    asked_at: Ints


def floats(values: Floats) -> array[float]:
    return array("f", np.ascontiguousarray(values, dtype=np.float32).tobytes())


def by_klal(votes: VoteMatrix, numbers: Ints, *, settings: RoutingSettings | None = None) -> Routes:
    """Weigh by klal's rule."""
    plan = plan_routing(votes, tally_votes(votes), fit_bridging(votes, find_opinion_map(votes)), settings=settings)
    return Routes(
        plan.maturity,
        floats(plan.centres.ravel()),
        floats(plan.fresh),
        array("q", numbers.tolist()),
        floats(plan.appeal),
        floats(plan.axes[:, 0]),
        floats(plan.axes[:, 1]),
        floats(plan.ease),
        tuple(floats(row) for row in plan.weights),
    )


def by_polis(votes: VoteMatrix, numbers: Ints) -> Routes:
    """Weigh by Polis's priorities, the same for everybody."""
    extremity = find_extremity(find_opinion_map(votes))
    return alike(statement_priorities(tally_votes(votes), extremity, np.zeros(len(numbers), dtype=bool)), numbers, NEW_STATEMENT_PRIORITY)


def evenly(votes: VoteMatrix, numbers: Ints) -> Routes:
    """Draw any statement as likely as any other."""
    return alike(np.ones(len(numbers)), numbers, 1.0)


def alike(weights: Floats, numbers: Ints, fresh: float) -> Routes:
    """Return a table that is the same for everybody."""
    nothing = floats(np.zeros(len(numbers)))
    law = (floats(weights),)
    return Routes(0.0, array("f"), array("f", [fresh]), array("q", numbers.tolist()), nothing, nothing, nothing, nothing, law)


def hold(public: Public, seed: int, rule: Rule, votes_each: int | None, *, lag: int = 1, keep_chances: bool = False) -> Held:
    """Hold a conversation.

    Parameters
    ----------
    public : Public
        Who takes part.
    seed : int
        Equal seeds give equal people at equal turns with equal opinions, whatever the rule.
    rule : callable
        What statements are drawn by.
    votes_each : int or None
        Votes of each person; None: few of most and many of some, as in public conversations, 20 in the middle.
    lag : int
        Answers that are not known yet when the next statement is drawn: 1 for a browser, which shows the next one at once.
    keep_chances : bool
        Keep the chance of every vote, as the store does.
    """
    n, m = public.agreement.shape
    chance, draws = np.random.default_rng([seed, 9]), Random(seed)
    order, since = _arrivals(public, chance)
    wanted = np.full(n, votes_each) if votes_each else np.clip(np.exp(chance.normal(np.log(20), 0.8, n)), 2, m).astype(int)
    codes = _opinions(public, chance)
    rows: list[tuple[int, int, int]] = []
    asked: list[tuple[int, ...]] = [()] * n
    chances, asked_at = np.full((n, m), np.nan), np.zeros((n, m), dtype=np.int64)
    table, drawing, there = Routes.empty(), None, np.zeros(m, dtype=bool)
    for turn, person in enumerate(order.tolist()):
        if turn and turn % REFRESH == 0:
            known = np.flatnonzero(since < turn)
            table, drawing = rule(_matrix(rows, n, m).select(since < turn), known), None
        if drawing is None or not np.array_equal(there, since <= turn):
            there = since <= turn
            drawing = Draws(table, range(m), there.tolist())
        asked[person] = _ask(drawing, codes[person].tolist(), min(int(wanted[person]), int(there.sum())), draws, lag)
        for at, (one, chance_of_it) in enumerate(_told(drawing, codes[person].tolist(), asked[person], keep_chances)):
            chances[person, one], asked_at[person, one] = chance_of_it, at + 1
        rows += [(person, one, int(codes[person, one])) for one in asked[person]]
    turns = np.empty(n, dtype=np.int64)
    turns[order] = np.arange(n)
    return Held(_matrix(rows, n, m), since, turns, codes, tuple(asked), chances, asked_at)


def _ask(drawing: Draws, codes: list[int], count: int, draws: Random, lag: int) -> tuple[int, ...]:
    """Ask one person; the list of next statements is drawn from what was known some answers before."""
    states, asked = [Answers()], []
    for turn in range(count):
        answered = states[turn].answered
        drawn = drawing.draw(states[max(turn - lag, 0)], draws, 1 + lag)
        left = [one for one in drawn if not answered >> one & 1]
        one = left[0] if left else drawing.draw(states[turn], draws, 1)[0]
        asked.append(one)
        states.append(_noted(states[turn], 1 << one, codes[one]))
    return tuple(asked)


def _told(drawing: Draws, codes: list[int], asked: tuple[int, ...], keep_chances: bool) -> Iterator[tuple[int, float]]:
    """Yield what was asked with the chance that is kept: of the draw as it stands when the vote comes."""
    answers = Answers()
    for one in asked:
        yield one, drawing.chance(answers, one) if keep_chances else float("nan")
        answers = _noted(answers, 1 << one, codes[one])


def _noted(answers: Answers, bit: int, code: int) -> Answers:
    agreed = answers.agreed | (bit if code == AGREE else 0)
    disagreed = answers.disagreed | (bit if code == DISAGREE else 0)
    return Answers(answers.answered | bit, agreed, disagreed)


def _arrivals(public: Public, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw in which order people come, small groups late and close together, and when statements do, most of them while it runs."""
    n, m = public.agreement.shape
    when = rng.random(n)
    small = public.groups != np.bincount(public.groups).argmax()
    when[small] = np.clip(rng.normal(0.6, 0.25, int(small.sum())), 0, 1)
    since = np.zeros(m, dtype=np.int64)
    late = rng.permutation(m)[int(_SEEDS * m) :]
    since[late] = rng.integers(1, int(0.9 * n), len(late))
    return np.argsort(when, kind="stable"), since


def _opinions(public: Public, rng: np.random.Generator) -> NDArray[np.int8]:
    """Draw what everybody would say to everything; people pass where they are torn."""
    agreement = public.agreement
    codes = np.where(rng.random(agreement.shape) < agreement, AGREE, DISAGREE)
    passes = rng.random(agreement.shape) < _PASSING * (6.4 * agreement * (1 - agreement) + 0.3)
    return np.where(passes, PASS, codes).astype(np.int8)


def _matrix(rows: list[tuple[int, int, int]], n: int, m: int) -> VoteMatrix:
    people, statements, codes = np.array(rows, dtype=np.int64).T
    return VoteMatrix.from_rows(
        people, statements, codes.astype(np.int8), participants=IdIndex(np.arange(n)), statements=IdIndex(np.arange(m))
    )
