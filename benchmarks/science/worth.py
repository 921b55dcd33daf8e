"""Whether platitudes are told from common ground on what divides: statements that nobody could disagree with, planted among others."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, mean_over_seeds
from klal.core.bridging import fit_bridging
from klal.core.common_ground import find_common_ground
from klal.core.grouping import find_groups
from klal.core.opinion_map import find_opinion_map
from klal.simulation.publics import KINDS, CollectSettings, collect_votes, draw_public

SEEDS, QUICK = 10, 2
CHOSEN = ("50/30/20 axes", "60/40 axes", "85/10/5 axes")
PLANTED, TOP = 15, 10
MEDIANS = (10.0, 20.0, 40.0)
MEASURES = (
    "told apart",
    "platitudes in the first ten, by rank",
    "by worthwhile rank",
    "weakest group's agreement in the first ten, by rank",
    "by worthwhile rank",
)


def run(options: Options) -> None:
    seeds = list(REPORT)[: QUICK if options.quick else SEEDS]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        asked = {(kind, median): [pool.submit(trial, kind, median, seed) for seed in seeds] for kind in CHOSEN for median in MEDIANS}
        made = {key: np.array([one.result() for one in futures]) for key, futures in asked.items()}
    text = (
        f"## Platitudes\n\n{PLANTED} of 100 statements are made such that nobody's standing matters and nearly everybody agrees. *Told "
        "apart*: area under the ROC curve of `worth`, platitudes against other statements that every true group agrees with by over six "
        f"in ten. {len(seeds)} seeds.\n\n"
    )
    head = ["public", "median votes", *MEASURES]
    rows = [[kind, f"{median:.0f}", *(mean_over_seeds(part) for part in values.T)] for (kind, median), values in made.items()]
    figures = {f"{kind}, {median:.0f} votes": values.tolist() for (kind, median), values in made.items()}
    publish(options, "science-worth", text + table(head, rows), figures)


def trial(kind: str, median: float, seed: int) -> tuple[float, ...]:
    public = draw_public(KINDS[kind], seed)
    rng = np.random.default_rng([seed, 7])
    planted = rng.choice(public.agreement.shape[1], PLANTED, replace=False)
    agreement = public.agreement.copy()
    ready = rng.normal(0, 0.5, (len(agreement), 1))
    agreement[:, planted] = 1 / (1 + np.exp(-(rng.normal(2.5, 0.5, PLANTED) + ready)))
    groups = range(len(public.truth))
    truth = np.stack([agreement[public.groups == g].mean(axis=0) for g in groups])
    public = replace(public, agreement=agreement, truth=truth)
    votes = collect_votes(public, seed, settings=CollectSettings(median_votes=median)).votes
    opinion_map = find_opinion_map(votes)
    bridging = fit_bridging(votes, opinion_map)
    ground = find_common_ground(votes, find_groups(votes, opinion_map, bridging), bridging)
    platitude = np.isin(np.arange(agreement.shape[1]), planted)
    shared = platitude | (public.weakest > 0.6)
    by_rank, by_worth = (np.argsort(rank)[:TOP] for rank in (ground.rank, ground.worthwhile_rank))
    return (
        float(roc_auc_score(~platitude[shared], ground.worth[shared])),
        float(platitude[by_rank].sum()),
        float(platitude[by_worth].sum()),
        float(public.weakest[by_rank].mean()),
        float(public.weakest[by_worth].mean()),
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
