"""Gifts: are planted ones found, with their home, and is nothing found where nothing was taken up?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, mean_over_seeds
from klal.core.bridging import expected_agreement
from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.rises import Estimate, fit_trend, timed_votes
from klal.simulation.planting import Course, Planted, chance_at, plant
from klal.simulation.publics import KINDS, SEPARATED, Public, collect_votes, draw_public

PUBLICS = {name: {**KINDS, **SEPARATED}[name] for name in ("50/30/20 axes", "60/40 axes", "85/10/5 axes", "50/50 apart", "50/30/20 apart")}
SIZES = {"600 people": (600, 10), "1500 people": (1500, 5)}
"""People of a public, and publics of each kind."""
_WITHOUT_SEEDS = 6
WITHOUT: tuple[Course | None, ...] = (None, Course.DIVISIVE, Course.FASHION, Course.FADING, Course.LATE_FRIENDS)
NAMES = {
    None: "nothing planted",
    Course.DIVISIVE: "held by one group, never taken up",
    Course.FASHION: "taken up by all, held by none at first",
    Course.FADING: "dropped by the others",
    Course.LATE_FRIENDS: "no change, but friends vote last",
}
VOTES = (0, 40, 80, 160, 10_000)
"""Votes of the others on a planted statement: where the table divides recall."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found in one public with planted gifts."""

    planted: int
    found: int
    right: int
    recalled: list[tuple[int, bool]]
    held: list[float]


def run(options: Options) -> None:
    most = 2 if options.quick else len(REPORT)
    sizes = dict(list(SIZES.items())[: 1 if options.quick else 2])
    gifts = {
        size: {name: [with_gifts(name, seed, n) for seed in REPORT[: min(seeds, most)]] for name in PUBLICS}
        for size, (n, seeds) in sizes.items()
    }
    seeds = REPORT[: min(_WITHOUT_SEEDS, most)]
    false = {NAMES[course]: {name: [without(name, seed, course) for seed in seeds] for name in PUBLICS} for course in WITHOUT}
    figures = {
        "gifts": {size: {name: [_plain(one) for one in trials] for name, trials in of.items()} for size, of in gifts.items()},
        "false": false,
    }
    publish(options, "science-gifts", _page(gifts, false), figures)


def with_gifts(name: str, seed: int, n: int) -> Trial:
    """Plant six gifts and look for them."""
    public = draw_public(PUBLICS[name], seed, participants=n)
    planted = plant(public, collect_votes(public, seed), Course.GIFT, seed)
    analysis = analyse(planted.collected.votes, history=planted.collected.history)
    home = dict(zip(planted.statements.tolist(), planted.homes.tolist(), strict=True))
    found = _found(analysis, public)
    right = [j for j, group in found.items() if home.get(j) == group]
    recalled = [(_others(planted, public, j, group), j in right) for j, group in home.items()]
    return Trial(len(home), len(found), len(right), recalled, list(_held(analysis, public, planted)))


def without(name: str, seed: int, course: Course | None) -> int:
    """Return how many gifts are found where there are none."""
    public = draw_public(PUBLICS[name], seed)
    collected = collect_votes(public, seed)
    if course is not None:
        collected = plant(public, collected, course, seed).collected
    gifts = analyse(collected.votes, history=collected.history).gifts
    return 0 if gifts is None else len(gifts.statements)


def _found(analysis: Analysis, public: Public) -> dict[int, int]:
    """Return each gift found with the true group that most members of its home belong to."""
    gifts, labels = analysis.gifts, analysis.grouping.labels
    if gifts is None:
        return {}
    true = [int(np.bincount(public.groups[labels == g]).argmax()) for g in range(analysis.grouping.n_groups)]
    return {j: true[home] for j, home in zip(gifts.statements.tolist(), gifts.home.tolist(), strict=True)}


def _others(planted: Planted, public: Public, statement: int, home: int) -> int:
    votes = planted.collected.votes
    rows = votes.row_of_vote()[(votes.columns == statement) & (votes.codes != 2)]
    return int((public.groups[rows] != home).sum())


def _held(analysis: Analysis, public: Public, planted: Planted) -> Iterator[float]:
    """Yield for every planted statement, found or not, and every group whether the intervals of its start and of now hold the truth."""
    labels, n_groups = analysis.grouping.labels, analysis.grouping.n_groups
    if n_groups < 2:
        return
    timed = timed_votes(planted.collected.votes, planted.collected.history, labels, analysis.bridging)
    members = [np.flatnonzero(labels == g) for g in range(n_groups)]
    true = [int(np.bincount(public.groups[people]).argmax()) for people in members]
    chances = [expected_agreement(analysis.bridging, people) for people in members]
    for j, home in zip(planted.statements.tolist(), planted.homes.tolist(), strict=True):
        if home not in true:
            continue
        trend = fit_trend(timed, j, true.index(home), [one[:, j] for one in chances])
        for estimate, way in ((trend.start, 0.0), (trend.now, 1.0)):
            for g, people in enumerate(members):
                truth = float(chance_at(public, people, j, home, np.full(len(people), way)).mean())
                yield _holds(estimate, g, truth)


def _holds(estimate: Estimate, g: int, truth: float) -> float:
    return float(estimate.lower[g] <= truth <= estimate.upper[g])


def _plain(trial: Trial) -> dict[str, object]:
    return {"planted": trial.planted, "found": trial.found, "right": trial.right, "recalled": trial.recalled, "held": trial.held}


def _page(gifts: dict[str, dict[str, list[Trial]]], false: dict[str, dict[str, list[int]]]) -> str:
    text = (
        "## Gifts\n\nSix statements a public are held by one group from the start (85 %) and taken up by the others, from 25 % to 80 %, "
        "while people vote; odd seeds, 100 statements, 20 votes a person in the median. *Precision*: "
        "share of what is found that was planted, with its home right. *Recall*: share of what was planted that is found. *Intervals*: "
        "share of the 90 % intervals of a group's agreement at the start and now that hold the truth, over all that was planted, found "
        "or not. Means over publics with 90 % intervals; precision over all publics together."
    )
    rows = []
    for size, of in gifts.items():
        for name, trials in of.items():
            rows.append(
                [f"{size}, {len(trials)} publics", name, _precision(trials), _recall(trials), _mean(trials, lambda one: _share(one.held))]
            )
    text += "\n\n" + table(["", "public", "precision", "recall", "intervals hold"], rows)
    text += "\n\nRecall by how many of the other groups agreed or disagreed with the statement:\n\n" + _by_votes(gifts)
    text += "\n\nPublics of 600 in which any gift is found though there is none:\n\n"
    rows = [[course, *(f"{sum(count > 0 for count in counts)} of {len(counts)}" for counts in of.values())] for course, of in false.items()]
    total = [count > 0 for of in false.values() for counts in of.values() for count in counts]
    text += table(["", *PUBLICS], rows) + f"\n\nIn all {sum(total)} of {len(total)} ({100 * np.mean(total):.1f} %)."
    return text


def _precision(trials: list[Trial]) -> str:
    right, found = sum(one.right for one in trials), sum(one.found for one in trials)
    return f"{right / found:.2f} ({right} of {found})" if found else "–"


def _recall(trials: list[Trial]) -> str:
    return _mean(trials, lambda one: one.right / one.planted if one.planted else float("nan"))


def _mean(trials: list[Trial], figure: Callable[[Trial], float]) -> str:
    found = [figure(one) for one in trials]
    return str(mean_over_seeds(found)) if not np.isnan(found).all() else "–"


def _share(held: list[float]) -> float:
    return float(np.mean(held)) if held else float("nan")


def _by_votes(gifts: dict[str, dict[str, list[Trial]]]) -> str:
    found: dict[str, list[bool]] = defaultdict(list)
    names = [f"{low} … {high - 1}" if high < VOTES[-1] else f"{low} and more" for low, high in pairwise(VOTES)]
    for of in gifts.values():
        for trials in of.values():
            for votes, hit in (one for trial in trials for one in trial.recalled):
                found[names[int(np.searchsorted(VOTES, votes, side="right")) - 1]].append(hit)
    rows = [[name, f"{np.mean(found[name]):.2f} ({sum(found[name])} of {len(found[name])})" if found[name] else "–"] for name in names]
    return table(["votes of the others", "recall"], rows)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
