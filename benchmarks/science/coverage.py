"""How often intervals hold the truth, and how often the lower bound of the first ten statements is too high."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, mean_over_seeds
from klal.core.bridging import fit_bridging
from klal.core.common_ground import estimate_agreement, find_common_ground
from klal.core.grouping import find_groups
from klal.core.opinion_map import find_opinion_map
from klal.simulation.publics import KINDS, SEPARATED, UNDIVIDED, collect_votes, draw_public

SEEDS, QUICK, TOP = 10, 2, 10
ALL = {**KINDS, **SEPARATED, **UNDIVIDED}
SIZES = ((0.0, 0.08, "up to 8 %"), (0.08, 0.35, "8 to 35 %"), (0.35, 1.01, "over 35 %"))


@dataclass(frozen=True, slots=True)
class Held:
    """Of one set of people on one public: its share of the public, how often its intervals held, and their mean width."""

    size: float
    held: float
    below: float
    width: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What one public showed: intervals of true groups and of groups found, and the first ten's bounds.

    ``too_high`` is the share of the first ten whose bound lies above what their weakest true group thinks; ``bound`` and ``truth`` are
    means of both; ``certified`` and ``wrongly`` count statements called common ground, and those that a true group does not agree with.
    """

    true_groups: tuple[Held, ...]
    found_groups: tuple[Held, ...]
    too_high: float
    bound: float
    truth: float
    certified: int
    wrongly: int


def run(options: Options) -> None:
    seeds = list(REPORT)[: QUICK if options.quick else SEEDS]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        asked = {kind: [pool.submit(trial, kind, seed) for seed in seeds] for kind in ALL}
        made = {kind: [one.result() for one in futures] for kind, futures in asked.items()}
    publish(options, "science-coverage", _page(made, len(seeds)), {kind: [_plain(one) for one in trials] for kind, trials in made.items()})


def trial(kind: str, seed: int) -> Trial:
    public = draw_public(ALL[kind], seed)
    votes = collect_votes(public, seed).votes
    opinion_map = find_opinion_map(votes)
    bridging = fit_bridging(votes, opinion_map)
    grouping = find_groups(votes, opinion_map, bridging)
    ground = find_common_ground(votes, grouping, bridging)
    of_found = np.stack([public.agreement[grouping.labels == g].mean(axis=0) for g in range(grouping.n_groups)])
    sizes = np.bincount(public.groups) / len(public.groups)
    _, lower, upper = estimate_agreement(votes, public.groups, len(sizes), bridging)
    top = np.argsort(ground.rank)[:TOP]
    common = ground.bound > 0.5
    return Trial(
        true_groups=_held(lower, upper, public.truth, sizes),
        found_groups=_held(ground.lower, ground.upper, of_found, grouping.sizes / grouping.sizes.sum()),
        too_high=float((ground.bound[top] > public.weakest[top]).mean()),
        bound=float(ground.bound[top].mean()),
        truth=float(public.weakest[top].mean()),
        certified=int(common.sum()),
        wrongly=int((common & (public.weakest <= 0.5)).sum()),
    )


def _held(lower: np.ndarray, upper: np.ndarray, truth: np.ndarray, sizes: np.ndarray) -> tuple[Held, ...]:
    inside, below = (lower <= truth) & (truth <= upper), truth < lower
    return tuple(
        Held(float(sizes[g]), float(inside[g].mean()), float(below[g].mean()), float((upper - lower)[g].mean())) for g in range(len(sizes))
    )


def _page(made: dict[str, list[Trial]], seeds: int) -> str:
    text = (
        "## Coverage\n\nShare of 90 % intervals, per group and statement, that hold the mean true agreement of the group's members; "
        f"{seeds} seeds that no constant was chosen on, all kinds of publics. In brackets the share of truths below the interval, and its "
        "mean width.\n\n"
    )
    rows = []
    for least, most, name in SIZES:
        sides = [[one for trial in _flat(made) for one in getattr(trial, side) if least <= one.size < most] for side in SIDES]
        rows.append([name, *(_summary(side) for side in sides)])
    rows.append(["all", *(_summary([one for trial in _flat(made) for one in getattr(trial, side)]) for side in SIDES)])
    text += table(["size of the group", "true groups, members given", "groups klal found"], rows)
    text += (
        "\n\n## The lower bound of the first ten\n\nHow often the bound of a statement among the first ten is above what the weakest true "
        "group thinks; what is called common ground (bound above one half), and how much of it a true group does not agree with.\n\n"
    )
    rows = [_row(kind, trials) for kind, trials in made.items()]
    rows.append(_row("**six divided kinds**", [one for kind in KINDS for one in made[kind]]))
    return text + table(["public", "bound too high", "mean bound", "mean truth", "called common ground", "wrongly"], rows)


SIDES = ("true_groups", "found_groups")


def _flat(made: dict[str, list[Trial]]) -> list[Trial]:
    return [one for trials in made.values() for one in trials]


def _summary(sides: Sequence[Held]) -> str:
    if not sides:
        return "none"
    held = mean_over_seeds([one.held for one in sides])
    return f"{held} [{np.mean([one.below for one in sides]):.3f}, {np.mean([one.width for one in sides]):.2f}], {len(sides)} groups"


def _row(name: str, trials: Sequence[Trial]) -> list[object]:
    means = [np.mean([getattr(one, part) for one in trials]) for part in ("bound", "truth", "certified", "wrongly")]
    high = mean_over_seeds([one.too_high for one in trials])
    return [name, high, *(f"{value:.2f}" for value in means[:2]), *(f"{value:.1f}" for value in means[2:])]


def _plain(one: Trial) -> dict[str, object]:
    sides = {side: [(held.size, held.held, held.below, held.width) for held in getattr(one, side)] for side in SIDES}
    return {**sides, "too_high": one.too_high, "bound": one.bound, "truth": one.truth, "certified": one.certified, "wrongly": one.wrongly}


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
