"""Brigades: how many ranks a pushed statement gains, by every tactic, and how often honest people are taken for a brigade."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, mean_over_seeds, ndcg_at
from benchmarks.science.peers import majority, polis_consensus
from klal.core.bridging import fit_bridging
from klal.core.common_ground import Judges, ground_of
from klal.core.coordination import find_coordination
from klal.core.history import History
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Grouping, Reason, Verdict
from klal.core.votes import VoteMatrix
from klal.simulation.attacks import AttackSettings, Lookalike, Tactic, attack, join_honest
from klal.simulation.publics import KINDS, Public, collect_votes, draw_public

Floats = np.ndarray[Any, np.dtype[np.float64]]

SHARES = (0.02, 0.05, 0.10)
CENTRAL = 0.05
PEER, PLAIN, TIMED, UNTIMED = "group-informed consensus", "klal, plain", "klal, robust, with times", "klal, robust, without times"
RULES = ("majority", PEER, PLAIN, TIMED, UNTIMED)
BURYING = (Tactic.MINIMAL, Tactic.MIMIC, Tactic.SPLIT)
ELSEWHERE = (Tactic.IDENTICAL, Tactic.MINIMAL, Tactic.COPY, Tactic.MIMIC, Tactic.INFILTRATE, Tactic.SPLIT, Tactic.SLOW)
"""Tactics tried at other shares, too."""
CLEAN = "nobody joins"
EDGES = (0.05, 0.1, 0.15, 0.2, 0.3, 0.9)
"""Of the bins that suspicion is compared with truth in."""


@dataclass(slots=True)
class Found:
    """What one conversation gave: the scores of every rule, and what was said about accounts."""

    scores: dict[str, Floats]
    flagged: int
    alike: int
    pushed: bool
    suspicion: Floats = field(default_factory=lambda: np.zeros(0))


def run(options: Options) -> None:
    seeds = list(REPORT)[: 1 if options.quick else options.rounds]
    jobs = [(kind, seed, share) for share in SHARES for kind in KINDS for seed in (seeds if share == CENTRAL else seeds[:1])]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        figures = [one for one in pool.map(measure, *zip(*jobs, strict=True)) if one]
    publish(options, "science-brigades", page(figures, len(seeds)), figures)


def measure(kind: str, seed: int, share: float) -> dict[str, Any]:
    """Return all figures of one public: ranks gained by rule and tactic, look-alikes flagged, suspicion against truth."""
    public = draw_public(KINDS[kind], seed)
    collected = collect_votes(public, seed)
    target = _target(public, seed, 84, 95)
    settings = AttackSettings(share=share)
    clean = study(collected.votes, collected.history, target)
    figures: dict[str, Any] = {"kind": kind, "seed": seed, "share": share, "gained": {}, "honest": {}, "caught": {}}
    calibration = np.zeros((len(EDGES), 3))
    figures["quality"] = {rule: ndcg_at(score, public.weakest) for rule, score in clean.scores.items()}
    figures["honest"][CLEAN] = _said(clean)
    for tactic in Tactic if share == CENTRAL else ELSEWHERE:
        joined = attack(public, collected, tactic, target, seed, settings=settings)
        after = study(joined.votes, joined.history, target)
        figures["gained"][tactic.value] = _gained(clean, after, target)
        figures["caught"][tactic.value] = _caught(after, joined.accounts)
        calibration += _calibration(after, joined.accounts)
    for lookalike in Lookalike:
        joined = join_honest(public, collected, lookalike, target, seed, settings=settings)
        after = study(joined.votes, joined.history, target)
        figures["honest"][lookalike.value] = _said(after)
        # as many conversations with honest people who look alike as with brigades
        calibration += len(figures["gained"]) // len(Lookalike) * _calibration(after, joined.accounts[:0])
    figures["calibration"] = calibration.tolist()
    if share == CENTRAL:
        figures["buried"] = _buried(public, seed, settings)
    return figures


def study(votes: VoteMatrix, history: History, target: int) -> Found:
    """Score every statement by every rule."""
    bridging = fit_bridging(votes, find_opinion_map(votes))
    judges = Judges.of(votes, _undivided(votes), bridging)
    ground = ground_of(judges, bridging)
    found = find_coordination(votes, _undivided(votes), bridging, judges, ground, history=history)
    # times tell which accounts did the same and which of them came first; where none did, they change nothing
    blind = find_coordination(votes, _undivided(votes), bridging, judges, ground) if found.sets else found
    scores = {"majority": majority(votes), PEER: polis_consensus(votes), PLAIN: ground.margin}
    scores |= {TIMED: found.robust.margin, UNTIMED: blind.robust.margin}
    pushed = any(push.statement == target for push in found.pushes)
    return Found(scores, sum(len(one.members) for one in found.sets), found.alike, pushed, found.suspicion)


def _undivided(votes: VoteMatrix) -> Grouping:
    """Return everybody as one group: the rankings compared here ask parts of the public, whatever groups are drawn."""
    everybody = np.ones((votes.shape[0], 1))
    return Grouping(np.zeros(votes.shape[0], dtype=np.int32), everybody, np.zeros((1, 2)), Verdict.NONE, 0.0, 0.0, Reason.ONE_CLOUD)


def page(figures: list[dict[str, Any]], seeds: int) -> str:
    """Return the tables."""
    text = (
        f"## Brigades\n\nSix kinds of publics of 600 people and 100 statements, {seeds} odd seeds each (one for 2 % and 10 %). A brigade "
        "pushes a statement whose true rank is 85 … 95 of 100. *Ranks gained*: rank before less rank after, by the same rule, mean and "
        "90 % interval over the publics. *NDCG@10*: how good the ten first are without a brigade."
    )
    for share in sorted({one["share"] for one in figures}):
        some = [one for one in figures if one["share"] == share]
        text += f"\n\n### Ranks gained by {share:.0%} of accounts\n\n{_gains(some)}"
    central = [one for one in figures if one["share"] == CENTRAL]
    text += "\n\n### Ranks gained by a statement that stood 3rd … 12th (less than none: pushed down)\n\n" + _buried_table(central)
    text += "\n\n### Honest people taken for a brigade\n\n" + _honest_table(figures)
    text += "\n\n### What is seen of brigades of 5 %\n\n" + _caught_table(central)
    return text + "\n\n### Suspicion against truth\n\n" + _calibration_table(figures)


def _target(public: Public, seed: int, first: int, after: int) -> int:
    """Return a statement of a true rank first + 1 … after."""
    order = np.argsort(-public.weakest, kind="stable")
    return int(order[np.random.default_rng([seed, 9]).integers(first, after)])


def _rank(score: Floats, target: int) -> int:
    return int((score > score[target]).sum()) + 1


def _gained(before: Found, after: Found, target: int) -> dict[str, int]:
    return {rule: _rank(before.scores[rule], target) - _rank(after.scores[rule], target) for rule in RULES}


def _said(found: Found) -> dict[str, bool]:
    return {"accounts": found.flagged > 0, "statement": found.pushed}


def _caught(found: Found, accounts: Floats) -> dict[str, float]:
    inside = found.suspicion[accounts] >= 0.5
    return {"accounts": float(inside.mean()), "statement": float(found.pushed)}


def calibration_of(suspicion: Floats, true: Any) -> Floats:
    """Return for each bin of suspicion accounts, sum of suspicion and how many were of a brigade, shape (bins, 3)."""
    which = np.digitize(suspicion, EDGES) - 1
    columns = (np.ones_like(suspicion), suspicion, np.asarray(true, dtype=np.float64))
    return np.stack([np.bincount(which[which >= 0], weights=one[which >= 0], minlength=len(EDGES)) for one in columns], axis=1)


def _calibration(found: Found, accounts: Floats) -> Floats:
    true = np.zeros(len(found.suspicion), dtype=bool)
    true[accounts] = True
    return calibration_of(found.suspicion, true)


def _buried(public: Public, seed: int, settings: AttackSettings) -> dict[str, dict[str, int]]:
    target = _target(public, seed, 2, 12)
    collected = collect_votes(public, seed)
    clean = study(collected.votes, collected.history, target)
    gained = {}
    for tactic in BURYING:
        joined = attack(public, collected, tactic, target, seed, settings=settings)
        gained[tactic.value] = _gained(clean, study(joined.votes, joined.history, target), target)
    return gained


def _gains(figures: list[dict[str, Any]]) -> str:
    rows = []
    for tactic in (one for one in Tactic if one.value in figures[0]["gained"]):
        means = {rule: mean_over_seeds([one["gained"][tactic.value][rule] for one in figures]) for rule in RULES}
        cells = [f"{mean.value:.1f} ({mean.lower:.1f} … {mean.upper:.1f})" for mean in means.values()]
        worst = max(means[TIMED].value, means[UNTIMED].value) / means[PEER].value
        rows.append([tactic.value, *cells, f"{worst:.2f}"])
    quality = [f"{np.mean([one['quality'][rule] for one in figures]):.3f}" for rule in RULES]
    rows.append(["*NDCG@10, no brigade*", *quality, ""])
    return table(["tactic", *RULES, "robust over consensus"], rows)


def _buried_table(figures: list[dict[str, Any]]) -> str:
    rows = [
        [tactic.value, *(f"{np.mean([one['buried'][tactic.value][rule] for one in figures]):.1f}" for rule in RULES)] for tactic in BURYING
    ]
    return table(["tactic", *RULES], rows)


def _honest_table(figures: list[dict[str, Any]]) -> str:
    rows = []
    for name in (CLEAN, *(one.value for one in Lookalike)):
        said = [one["honest"][name] for one in figures]
        rows.append(
            [name, len(said), f"{np.mean([one['accounts'] for one in said]):.0%}", f"{np.mean([one['statement'] for one in said]):.0%}"]
        )
    return table(["who joins", "runs", "accounts said to look alike", "their statement said to be come for"], rows)


def _caught_table(figures: list[dict[str, Any]]) -> str:
    rows = []
    for tactic in Tactic:
        caught = [one["caught"][tactic.value] for one in figures]
        rows.append(
            [tactic.value, f"{np.mean([one['accounts'] for one in caught]):.0%}", f"{np.mean([one['statement'] for one in caught]):.0%}"]
        )
    return table(["tactic", "its accounts said to look alike", "the statement said to be come for"], rows)


def _calibration_table(figures: list[dict[str, Any]]) -> str:
    totals = np.sum([one["calibration"] for one in figures], axis=0)
    rows = []
    for lower, upper, (count, suspicion, true) in zip(EDGES, (*EDGES[1:], 1.0), totals.tolist(), strict=True):
        if count:
            rows.append([f"{lower:.2f} … {upper:.2f}", int(count), f"{suspicion / count:.2f}", f"{true / count:.2f}"])
    return table(["suspicion", "accounts", "mean suspicion", "share that were of a brigade"], rows)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
