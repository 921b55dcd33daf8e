"""Are opinion groups found where there are some and only there? Small groups, certainty of membership, and letters that stay."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, calibration_error, mean_over_seeds
from klal.core.arrays import Floats, Ints, Labels
from klal.core.bridging import fit_bridging
from klal.core.continuity import match_groups
from klal.core.grouping import find_groups
from klal.core.labels import adjusted_rand
from klal.core.opinion_map import find_opinion_map
from klal.core.polis_grouping import polis_grouping
from klal.core.results import Grouping, Verdict
from klal.core.votes import VoteMatrix
from klal.simulation.publics import (
    KINDS,
    SEPARATED,
    UNDIVIDED,
    Collected,
    CollectSettings,
    Kind,
    Public,
    Routing,
    Shape,
    collect_votes,
    draw_public,
)

STEPS = 10
_WIDE = 1.645
"""Of a 90 % interval."""

CHOSEN_ON = {
    **UNDIVIDED,
    "wide spectrum": Kind("wide spectrum", Shape.LINE, separation=2.5, spread=0.3),
    **SEPARATED,
    "85/10/5 apart": Kind("85/10/5 apart", Shape.CENTRES, (0.85, 0.10, 0.05), separation=2.2, spread=0.4),
    "95/5 apart": Kind("95/5 apart", Shape.CENTRES, (0.95, 0.05), separation=2.0, spread=0.4),
}
"""Kinds on whose even seeds constants were chosen; the odd ones are reported."""

HELD_BACK = {
    "slope": Kind("slope", Shape.LINE),
    "arc": Kind("arc", Shape.LINE),
    "disc": Kind("disc", Shape.CLOUD),
    "core and fringe": Kind("core and fringe", Shape.CLOUD),
    "one long tail": Kind("one long tail", Shape.SKEWED),
    "70/30 apart": Kind("70/30 apart", Shape.CENTRES, (0.7, 0.3), separation=2.0, spread=0.4),
    "40/35/25 apart": Kind("40/35/25 apart", Shape.CENTRES, (0.4, 0.35, 0.25), separation=2.2, spread=0.4),
    "90/10 apart": Kind("90/10 apart", Shape.CENTRES, (0.9, 0.1), separation=2.0, spread=0.4),
    "70/30 classes": Kind("70/30 classes", Shape.CLASSES, (0.7, 0.3)),
}
"""Kinds that no constant was chosen on."""

WHOLE = {**CHOSEN_ON, **HELD_BACK, **KINDS}
NONE_TRUE = [name for name, kind in WHOLE.items() if len(kind.shares) == 1]
APART = [name for name in (*CHOSEN_ON, *HELD_BACK) if name not in NONE_TRUE]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How many take part, and how votes come in."""

    participants: int
    statements: int
    settings: CollectSettings


CIRCUMSTANCES = {
    "as usual": Circumstances(600, 100, CollectSettings()),
    "few people, anything at random": Circumstances(300, 60, CollectSettings(30, routing=Routing.RANDOM, late_minority=False)),
    "many people, new statements first, few votes": Circumstances(1200, 120, CollectSettings(12, routing=Routing.NEW_FIRST)),
    "turnout and passes as measured": Circumstances(500, 150, CollectSettings(15, as_measured=True)),
    "many votes": Circumstances(400, 100, CollectSettings(50, turnout_spread=0.4)),
    "eight votes a person": Circumstances(1500, 80, CollectSettings(8, routing=Routing.RANDOM)),
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What was found in one public."""

    verdict: str
    groups: int
    rand: float
    own_f1: float
    polis_f1: float
    polis_rand: float
    certain: Floats
    right: Floats
    gain: float


def run(options: Options) -> None:
    seeds = list(REPORT)[: 1 if options.quick else 5]
    found = measure(WHOLE, seeds)
    steps = {
        name: _steadiness(WHOLE[name], seeds) for name in ("60/40 apart", "50/30/20 apart", "85/15 apart", "60/40 axes", "50/30/20 axes")
    }
    publish(options, "science-verdict", _page(found, steps, len(seeds)), _figures(found, steps))


def measure(kinds: dict[str, Kind], seeds: Iterable[int]) -> dict[str, dict[str, list[Trial]]]:
    """Try every kind of public under all circumstances."""
    asked = [(name, where, seed) for name in kinds for where in CIRCUMSTANCES for seed in seeds]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        trials = list(pool.map(_trial, *zip(*asked, strict=True)))
    found: dict[str, dict[str, list[Trial]]] = {name: defaultdict(list) for name in kinds}
    for (name, where, _), trial in zip(asked, trials, strict=True):
        found[name][where].append(trial)
    return found


def collected(name: str, where: str, seed: int) -> tuple[Public, Collected]:
    """Draw a public of a kind and let it vote."""
    how = CIRCUMSTANCES[where]
    kind = WHOLE[name]
    drawn = draw_public(kind, seed, participants=how.participants, statements=how.statements)
    public = _reshaped(drawn, name, seed)
    return public, collect_votes(public, seed, settings=how.settings)


def _trial(name: str, where: str, seed: int) -> Trial:
    public, votes = (lambda drawn: (drawn[0], drawn[1].votes))(collected(name, where, seed))
    own, polis = _groups(votes), polis_grouping(votes, rejected=np.zeros(votes.shape[1], dtype=bool))
    both = (own.labels >= 0) & (polis.labels >= 0)
    truth = public.groups[both]
    certain, right = _certainty(own, public.groups)
    return Trial(
        own.verdict.value,
        own.n_groups,
        adjusted_rand(own.labels[both], truth),
        small_group_f1(own.labels[both], truth),
        small_group_f1(polis.labels[both], truth),
        adjusted_rand(polis.labels[both], truth),
        certain,
        right,
        own.gain,
    )


def _groups(votes: VoteMatrix) -> Grouping:
    opinion_map = find_opinion_map(votes)
    return find_groups(votes, opinion_map, fit_bridging(votes, opinion_map))


def small_group_f1(labels: Labels, truth: Labels) -> float:
    """Return the best F1 of any group found against the smallest true one; 0 where no groups were drawn."""
    sizes = np.bincount(truth)
    small = truth == int(np.argmin(np.where(sizes > 0, sizes, len(truth) + 1)))
    found = [labels == group for group in range(int(labels.max(initial=-1)) + 1)]
    return max((2 * (one & small).sum() / (one.sum() + small.sum()) for one in found), default=0.0) if len(found) > 1 else 0.0


def _certainty(own: Grouping, truth: Labels) -> tuple[Floats, Floats]:
    """Return how sure everybody's group is, and whether it is the true one, where as many groups were found as there are."""
    placed = own.labels >= 0
    if own.n_groups == 1 or own.n_groups != int(truth.max()) + 1:
        return np.zeros(0), np.zeros(0)
    common = np.zeros((own.n_groups, own.n_groups))
    np.add.at(common, (own.labels[placed], truth[placed]), 1)
    partner = linear_sum_assignment(common, maximize=True)[1]
    return own.membership[placed].max(axis=1), (partner[own.labels[placed]] == truth[placed]).astype(float)


def _reshaped(drawn: Public, name: str, seed: int) -> Public:
    """Put people of a drawn public elsewhere: its readiness, appeals and weights stay."""
    rng = np.random.default_rng([seed, 3])
    n = len(drawn.groups)
    corner = rng.random(n)
    places = {
        "slope": lambda: np.stack([1.8 * (3 * np.sqrt(corner) - 2), rng.normal(0, 0.4, n)], axis=1),
        "arc": lambda: 1.6 * np.stack([np.cos(np.pi * corner), np.sin(np.pi * corner)], axis=1) + rng.normal(0, 0.25, (n, 2)),
        "disc": lambda: 1.8 * np.sqrt(corner)[:, None] * _directions(rng, n),
        "core and fringe": lambda: rng.normal(0, 1, (n, 2)) * np.where(rng.random(n) < 0.7, 0.35, 1.5)[:, None],
        "one long tail": lambda: np.stack([rng.exponential(1.3, n) - 1.3, rng.normal(0, 0.5, n)], axis=1),
    }
    if name not in places:
        return drawn
    logit = np.log(drawn.agreement) - np.log1p(-drawn.agreement)
    design = np.concatenate([np.ones((n, 1)), drawn.positions], axis=1)
    # what positions explain of the log-odds is exact but for readiness, which all statements share
    shared = logit.mean(axis=1, keepdims=True)
    weights = np.linalg.lstsq(design, logit - shared, rcond=None)[0][1:] + np.linalg.lstsq(design, shared, rcond=None)[0][1:]
    positions = places[name]()
    agreement = 1 / (1 + np.exp(-np.clip(logit + (positions - drawn.positions) @ weights, -30, 30)))
    return Public(drawn.kind, drawn.groups, agreement, agreement.mean(axis=0)[None, :], positions)


def _directions(rng: np.random.Generator, n: int) -> Floats:
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _steadiness(kind: Kind, seeds: Iterable[int]) -> dict[str, list[float]]:
    """Let votes arrive in ten steps; return, per seed, the share of people whose letter changes from one step to the next."""
    changes: dict[str, list[float]] = {"klal": [], "Polis": []}
    for seed in seeds:
        public = draw_public(kind, seed)
        come = collect_votes(public, seed)
        order = np.argsort(come.history.times, kind="stable")
        parts = [come.votes.n_votes * (step + 1) // STEPS for step in range(STEPS)]
        matrices = [_first(come.votes, order[:count]) for count in parts]
        for who, labels in (("klal", [_groups(one) for one in matrices]), ("Polis", [_polis(one) for one in matrices])):
            changes[who].append(_changed([(one.labels, one.n_groups) for one in labels]))
    return changes


def _polis(votes: VoteMatrix) -> Any:
    return polis_grouping(votes, rejected=np.zeros(votes.shape[1], dtype=bool))


def _first(votes: VoteMatrix, kept: Ints) -> VoteMatrix:
    rows = votes.row_of_vote()
    return VoteMatrix.from_rows(
        rows[kept], votes.columns[kept], votes.codes[kept], participants=votes.participants, statements=votes.statements
    )


def _changed(steps: list[tuple[Labels, int]]) -> float:
    """Return the share of people in a group at two steps running whose letter, kept steady as klal keeps it, is another one."""
    before, changed, counted = np.full(len(steps[0][0]), -1), 0, 0
    for labels, groups in steps:
        if groups < 1:
            continue
        slots = np.array(match_groups(before, labels, groups))
        now = np.where(labels >= 0, slots[labels], -1)
        both = (before >= 0) & (now >= 0)
        changed, counted = changed + int((before[both] != now[both]).sum()), counted + int(both.sum())
        before = np.where(now >= 0, now, before)
    return changed / max(counted, 1)


def _share(flags: list[bool]) -> str:
    """Return a share with its 90 % interval (Wilson)."""
    n, p = len(flags), float(np.mean(flags))
    middle = (p + _WIDE**2 / (2 * n)) / (1 + _WIDE**2 / n)
    half = _WIDE / (1 + _WIDE**2 / n) * np.sqrt(p * (1 - p) / n + _WIDE**2 / (4 * n * n))
    return f"{p:.0%} ({max(middle - half, 0):.0%} … {min(middle + half, 1):.0%})"


def _all(found: dict[str, dict[str, list[Trial]]], name: str) -> list[Trial]:
    return [trial for trials in found[name].values() for trial in trials]


def _page(found: dict[str, dict[str, list[Trial]]], steps: dict[str, dict[str, list[float]]], seeds: int) -> str:
    return "\n\n".join(
        (
            f"## Opinion groups\n\n{len(CIRCUMSTANCES)} circumstances (300 to 1,500 people, 8 to 50 votes in the middle, five ways in "
            f"which votes come) times {seeds} odd seeds for each kind of public; 90 % intervals. Constants were chosen on even seeds, and "
            "never on kinds marked *.",
            "### No groups: the verdict must be none\n\n" + _verdicts(found, NONE_TRUE),
            "### Groups well apart: the verdict must be clear\n\n" + _verdicts(found, APART),
            "### Six divided kinds\n\n" + _verdicts(found, list(KINDS)),
            "### Clear, by circumstances\n\n" + _by_circumstances(found),
            "### The smallest group\n\nBest F1 of any group found, among people whom both place; none drawn counts as 0.\n\n"
            + _small(found, [*APART, *KINDS]),
            "### Membership\n\nWhere as many groups are found as there are.\n\n" + _membership(found),
            f"### Letters that stay\n\nVotes arrive in {STEPS} steps; share of people in a group whose letter changes from one step to the "
            "next. Polis's groups get their letters as klal's do.\n\n" + _steps(steps),
        )
    )


def _marked(name: str) -> str:
    return name + " *" if name in HELD_BACK else name


def _verdicts(found: dict[str, dict[str, list[Trial]]], names: list[str]) -> str:
    rows = []
    for name in names:
        trials = _all(found, name)
        shares = [_share([trial.verdict == verdict.value for trial in trials]) for verdict in Verdict]
        right = [trial.groups == len(WHOLE[name].shares) for trial in trials]
        rows.append([_marked(name), *shares, f"{np.mean(right):.0%}", f"{np.mean([t.rand for t in trials]):.2f}"])
    everything = [trial for name in names for trial in _all(found, name)]
    rows.append(["**all**", *(_share([trial.verdict == verdict.value for trial in everything]) for verdict in Verdict), "", ""])
    return table(["public", *(verdict.value for verdict in Verdict), "right number", "agreement with the truth (Rand)"], rows)


def _by_circumstances(found: dict[str, dict[str, list[Trial]]]) -> str:
    rows = [
        [
            where,
            _share([trial.verdict == "none" for name in NONE_TRUE for trial in found[name][where]]),
            _share([trial.verdict == "clear" for name in APART for trial in found[name][where]]),
        ]
        for where in CIRCUMSTANCES
    ]
    return table(["circumstances", "none where there are none", "clear where they are apart"], rows)


def _small(found: dict[str, dict[str, list[Trial]]], names: list[str]) -> str:
    rows = []
    for name in names:
        trials = _all(found, name)
        own, polis = [t.own_f1 for t in trials], [t.polis_f1 for t in trials]
        f1 = [str(mean_over_seeds(own)), str(mean_over_seeds(polis))]
        rows.append([_marked(name), *f1, _share([v >= 0.5 for v in own]), _share([v >= 0.5 for v in polis])])
    return table(["public", "klal", "Polis", "klal: 0.5 or more", "Polis: 0.5 or more"], rows)


def _membership(found: dict[str, dict[str, list[Trial]]]) -> str:
    trials = [trial for name in [*APART, *KINDS] for trial in _all(found, name)]
    certain, right = np.concatenate([t.certain for t in trials]), np.concatenate([t.right for t in trials])
    edges = [0.0, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01]
    rows = []
    for low, high in pairwise(edges):
        inside = (certain >= low) & (certain < high)
        if inside.any():
            rows.append(
                [f"{low:.2f} … {min(high, 1):.2f}", f"{certain[inside].mean():.3f}", f"{right[inside].mean():.3f}", int(inside.sum())]
            )
    error = calibration_error(certain, right) if len(certain) else float("nan")
    return table(["membership", "mean", "share that are members", "people"], rows) + f"\n\nCalibration error {error:.3f}."


def _steps(steps: dict[str, dict[str, list[float]]]) -> str:
    return table(
        ["public", "klal", "Polis"], [[name, *(str(mean_over_seeds(one[who])) for who in ("klal", "Polis"))] for name, one in steps.items()]
    )


def _figures(found: dict[str, dict[str, list[Trial]]], steps: dict[str, dict[str, list[float]]]) -> dict[str, Any]:
    trials = {
        name: {
            where: [[t.verdict, t.groups, t.rand, t.own_f1, t.polis_f1, t.polis_rand, t.gain] for t in found[name][where]]
            for where in CIRCUMSTANCES
        }
        for name in found
    }
    return {"trials": trials, "steps": steps}


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
