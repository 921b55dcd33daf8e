"""Who finds the statements that hold in the least agreeing group: on simulated publics, and on real conversations half hidden."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from scipy.stats import kendalltau, rankdata
from sklearn.mixture import GaussianMixture

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science._thinned import thinned
from benchmarks.science.metrics import REPORT, mean_over_seeds, ndcg_at
from benchmarks.science.peers import RULES
from klal.core.bridging import expected_agreement, fit_bridging, full_covariance
from klal.core.common_ground import find_common_ground
from klal.core.grouping import find_groups
from klal.core.opinion_map import find_opinion_map
from klal.core.results import Bridging, CommonGround
from klal.core.votes import AGREE, PASS, VoteMatrix
from klal.simulation.publics import KINDS, collect_votes, draw_public

SEEDS, THINNED_SEEDS, QUICK = 10, 5, 2
KLAL, BOUND, LOCAL = "**klal**", "klal, by its lower bound", "Community Notes: local agreement"
HYBRID, BLEND = "hybrid minimum, lower bound", "mean of ranks of the last and local agreement"
NAMES = (*RULES, HYBRID, BLEND, BOUND, KLAL)
Scores = dict[str, np.ndarray]


def run(options: Options) -> None:
    seeds = list(REPORT)[: QUICK if options.quick else SEEDS]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        asked = {(kind, seed): pool.submit(simulated, kind, seed) for kind in KINDS for seed in seeds}
        hidden = [pool.submit(real, seed) for seed in seeds[:THINNED_SEEDS]]
        made = {key: future.result() for key, future in asked.items()}
        found = [future.result() for future in hidden]
    figures = {kind: {name: [made[kind, seed][name] for seed in seeds] for name in NAMES} for kind in KINDS}
    thin = {where: {name: [one[where][name] for one in found if where in one] for name in NAMES} for where in found[0]} if found[0] else {}
    publish(options, "science-common-ground", _page(figures, thin, len(seeds)), {"simulated": figures, "thinned": thin})


def simulated(kind: str, seed: int) -> dict[str, float]:
    """Return NDCG@10 of every rule on one public."""
    public = draw_public(KINDS[kind], seed)
    return {name: ndcg_at(score, public.weakest) for name, score in scores(collect_votes(public, seed).votes).items()}


def real(seed: int) -> dict[str, dict[str, tuple[float, float]]]:
    """Return, for every conversation and division, the weakest group's true share in the first ten, and Kendall's tau."""
    results: dict[str, dict[str, tuple[float, float]]] = {}
    for one in thinned(seed):
        found = scores(one.visible)
        for division, (truth, told) in one.truths.items():
            results[f"{one.name}, {division}"] = {
                name: (
                    float(truth[told][np.argsort(-score[told], kind="stable")[:10]].mean()),
                    float(kendalltau(score[told], truth[told])[0]),
                )
                for name, score in found.items()
            }
    return results


def scores(votes: VoteMatrix) -> Scores:
    """Return the score of every rule."""
    found = {name: rule(votes) for name, rule in RULES.items()}
    ground, bridging = klal(votes)
    found[HYBRID] = hybrid(votes, bridging)
    found[BLEND] = rankdata(found[HYBRID]) + rankdata(found[LOCAL])
    found[BOUND] = ground.bound
    found[KLAL] = -ground.rank.astype(np.float64)
    return found


def klal(votes: VoteMatrix) -> tuple[CommonGround, Bridging]:
    """Return common ground as the pipeline finds it, and the model it rests on."""
    opinion_map = find_opinion_map(votes)
    bridging = fit_bridging(votes, opinion_map)
    return find_common_ground(votes, find_groups(votes, opinion_map, bridging), bridging), bridging


def hybrid(votes: VoteMatrix, bridging: Bridging, *, extra: float = 8.0, less: float = 0.8) -> np.ndarray:
    """Least over groups of real votes topped up by the model's expectation, less a multiple of its deviation.

    Groups are a mixture on posterior positions, one to four by BIC; a group's expectation counts for eight votes.
    """
    people, voted = bridging.person[:, 1:], votes.votes_per_participant > 0
    tried = [GaussianMixture(k, n_init=3, random_state=0, reg_covar=0.02).fit(people[voted]) for k in (1, 2, 3, 4)]
    membership = min(tried, key=lambda one: one.bic(people[voted])).predict_proba(people) * voted[:, None]
    membership = membership[:, membership.sum(axis=0) >= max(4, 0.015 * len(people))]
    share = (membership / membership.sum(axis=0)).T
    expected = share @ expected_agreement(bridging, np.arange(len(people)))
    middle = np.concatenate([np.ones((len(share), 1)), share @ people], axis=1)
    doubt = np.einsum("ga,jab,gb->gj", middle, full_covariance(bridging.statement_cov), middle)
    rows, m = votes.row_of_vote(), votes.shape[1]
    agree, decided = (_summed(membership[rows] * which[:, None], votes.columns, m) for which in (votes.codes == AGREE, votes.codes != PASS))
    count = decided + extra
    top = (agree + extra * expected) / count
    variance = top * (1 - top) / (count + 1) + (expected * (1 - expected)) ** 2 * doubt * (extra / count) ** 2
    return np.asarray((top - less * np.sqrt(variance)).min(axis=0))


def _summed(weights: np.ndarray, columns: np.ndarray, m: int) -> np.ndarray:
    return np.stack([np.bincount(columns, weights=one, minlength=m) for one in weights.T])


def _page(figures: dict[str, dict[str, list[float]]], thin: dict[str, dict[str, list[tuple[float, float]]]], seeds: int) -> str:
    overall = {name: np.mean([figures[kind][name] for kind in figures], axis=0) for name in NAMES}
    rows = [[name, *(f"{np.mean(figures[kind][name]):.3f}" for kind in figures), mean_over_seeds(overall[name])] for name in NAMES]
    ahead = {name: mean_over_seeds(overall[KLAL] - overall[name]) for name in NAMES if name != KLAL}
    text = (
        "## Common ground\n\nNDCG@10 against the true agreement of the group that agrees least (a statement is worth twice what that group "
        f"has over one half), 600 people, 100 statements, mean of {seeds} seeds that no constant was chosen on; the last column with its "
        "90 % interval.\n\n" + table(["rule", *figures, "mean of six"], rows)
    )
    text += "\n\nklal less the others, on the same publics, with 90 % intervals:\n\n" + table(
        ["rule", "klal is ahead by"], [[name, mean] for name, mean in ahead.items()]
    )
    return text + _thinned_page(thin)


def _thinned_page(thin: dict[str, dict[str, list[tuple[float, float]]]]) -> str:
    if not thin:
        return ""
    head = ["rule", *thin, "mean"]
    rows = []
    for name in NAMES:
        cells = [np.mean(thin[where][name], axis=0) for where in thin]
        rows.append([name, *(f"{top:.3f} / {tau:.2f}" for top, tau in cells), "{:.3f} / {:.3f}".format(*np.mean(cells, axis=0))])
    text = (
        "\n\n## Real conversations, half of the votes hidden\n\nThe hidden votes say what the weakest group thinks: its mean share of "
        "agrees in the first ten of the ranking / Kendall's rank correlation over statements with at least five hidden votes of each "
        "group.\n\n"
    )
    return text + table(head, rows)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
