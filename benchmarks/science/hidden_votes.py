"""How well hidden votes are predicted, and whether chances mean what they say, on the public conversations; and what was tried."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks._data import Shared, shared_sets
from benchmarks._measure import Options, command_line, publish, table
from benchmarks._models import Floats, Ints, Known, fit_notes, group_means, recalibration, statement_means
from benchmarks.science._tried import Doubt, Passes, fit_and_predict
from benchmarks.science.metrics import CHOOSE, REPORT, calibration_error, mean_over_seeds
from klal.core.bridging import fit_bridging, predict
from klal.core.opinion_map import find_opinion_map
from klal.core.polis_grouping import polis_grouping
from klal.core.settings import BridgingSettings
from klal.core.votes import AGREE, PASS, VoteMatrix

SEEDS, TRIED_SEEDS, QUICK_SEEDS = 10, 3, 2
MOST_TRIED_VOTES = 100_000
"""The plain rewrite is slow: larger conversations are left out of what was tried."""
HIDDEN = 0.1
BOUNDS = 0.01
BINS = 10
KLAL, POLIS, NOTES = "klal", "Polis group mean", "Community Notes, recalibrated"
OVERALL = "**overall**"


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One way of hiding votes of one conversation; positions are those of the statements that take part."""

    visible: VoteMatrix
    rejected: np.ndarray
    rows: Ints
    columns: Ints
    agreed: Floats

    @property
    def open_votes(self) -> VoteMatrix:
        """Return the visible votes on statements that take part."""
        return self.visible.select(~self.rejected)

    @property
    def known(self) -> Known:
        """Return the same in columns."""
        votes = self.open_votes
        return Known(votes.row_of_vote(), votes.columns.astype(np.int64), (votes.codes - 1) / 2, *votes.shape)


Model = Callable[[Trial], Floats]
Measure = Callable[[Floats, Floats], float]
Figures = dict[str, dict[str, list[float]]]
Chances = dict[tuple[str, str], list[tuple[Floats, Floats]]]
"""For each conversation and model, one entry a seed: chances of agreeing and whether it was agreed."""


def run(options: Options) -> None:
    sets, few = shared_sets(), options.quick
    reported, chosen = list(REPORT)[: QUICK_SEEDS if few else SEEDS], list(CHOOSE)[: QUICK_SEEDS if few else TRIED_SEEDS]
    chances = _collect(MODELS, sets, reported)
    figures = {
        "log_loss": _figures(chances, MODELS, _log_loss),
        "auc": _figures(chances, MODELS, _area),
        "calibration": {model: _calibration(chances, model) for model in MODELS},
        "bins": _bins(chances, KLAL),
    }
    publish(options, "science-hidden-votes", _page(figures, len(reported)), figures)
    tried = _collect(TRIED, [one for one in sets if one.votes.n_votes < MOST_TRIED_VOTES], chosen)
    figures = {
        "log_loss": _figures(tried, TRIED, _log_loss),
        "calibration": {model: _calibration(tried, model) for model in TRIED},
    }
    publish(options, "science-tried", _tried_page(figures, len(chosen)), figures)


def hide(conversation: Shared, seed: int) -> Trial:
    """Hide a tenth of the agree and disagree votes on statements that take part."""
    votes = conversation.votes
    asked = ~conversation.rejected[votes.columns] & (votes.codes != PASS)
    candidates = np.flatnonzero(asked)
    hidden = np.random.default_rng(seed).choice(candidates, int(HIDDEN * len(candidates)), replace=False)
    rows, columns = votes.row_of_vote(), votes.columns.astype(np.int64)
    kept = np.ones(votes.n_votes, dtype=bool)
    kept[hidden] = False
    visible = VoteMatrix.from_rows(
        rows[kept], columns[kept], votes.codes[kept], participants=votes.participants, statements=votes.statements
    )
    place = np.cumsum(~conversation.rejected) - 1
    return Trial(visible, conversation.rejected, rows[hidden], place[columns[hidden]], (votes.codes[hidden] == AGREE).astype(np.float64))


def by_statement(trial: Trial) -> Floats:
    return statement_means(trial.known)[trial.columns]


def by_polis_group(trial: Trial) -> Floats:
    labels = polis_grouping(trial.visible, rejected=trial.rejected).labels.astype(np.int64)
    return group_means(trial.known, labels)[labels[trial.rows], trial.columns]


def by_notes_recalibrated(trial: Trial, *, factors: int = 1) -> Floats:
    """Turn the raw prediction into a chance by a curve learnt on a tenth of the visible votes that a first fit did not see."""
    known = trial.known
    kept = np.random.default_rng(len(known.values)).random(len(known.values)) > HIDDEN
    first = fit_notes(Known(known.rows[kept], known.columns[kept], known.values[kept], known.n, known.m), factors=factors)
    unseen = Known(known.rows[~kept], known.columns[~kept], known.values[~kept], known.n, known.m).decided
    slope, offset = recalibration(first.raw(unseen.rows, unseen.columns), unseen.values)
    raw = fit_notes(known, factors=factors).raw(trial.rows, trial.columns)
    return 1 / (1 + np.exp(-(slope * raw + offset)))


def by_klal(trial: Trial, *, factors: int | None = None, sweeps: int | None = None) -> Floats:
    votes = trial.open_votes
    given = {name: value for name, value in (("n_factors", factors), ("sweeps", sweeps)) if value is not None}
    return predict(fit_bridging(votes, find_opinion_map(votes), settings=BridgingSettings(**given)), trial.rows, trial.columns)


def by_alternative(trial: Trial, *, doubt: Doubt = Doubt.LEFT_OUT, passes: Passes = Passes.LEFT_OUT) -> Floats:
    return fit_and_predict(trial.open_votes, trial.rows, trial.columns, doubt=doubt, passes=passes)


MODELS: dict[str, Model] = {
    "statement mean": by_statement,
    POLIS: by_polis_group,
    NOTES: by_notes_recalibrated,
    "Community Notes, two factors, recalibrated": partial(by_notes_recalibrated, factors=2),
    KLAL: by_klal,
}
TRIED: dict[str, Model] = {
    "klal": by_klal,
    **{f"klal with {factors} factor{'s' if factors != 1 else ''}": partial(by_klal, factors=factors) for factors in range(4)},
    "klal, 10 sweeps": partial(by_klal, sweeps=10),
    "other side: as it is, all of its doubt held against the vote (plain variational)": partial(by_alternative, doubt=Doubt.ALL),
    "other side: as it is, half of its doubt held against the vote": partial(by_alternative, doubt=Doubt.HALF),
    "other side: as it is, as if it were certain": partial(by_alternative, doubt=Doubt.NONE),
    "other side: as it would be without the vote; passes: left out": by_alternative,
    "passes: a tenth of a vote at even odds": partial(by_alternative, passes=Passes.TENTH),
    "passes: a quarter of a vote at even odds": partial(by_alternative, passes=Passes.QUARTER),
    "passes: half a vote of both": partial(by_alternative, passes=Passes.HALF_OF_BOTH),
    "passes: a process of their own that shares the distance": partial(by_alternative, passes=Passes.PROCESS),
}


def _collect(models: Mapping[str, Model], sets: Sequence[Shared], seeds: list[int]) -> Chances:
    """Return what every model says on every trial; one trial a task."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        asked = {(one.name, model): [pool.submit(_answer, one, seed, models[model]) for seed in seeds] for one in sets for model in models}
        return {key: [future.result() for future in futures] for key, futures in asked.items()}


def _answer(conversation: Shared, seed: int, model: Model) -> tuple[Floats, Floats]:
    trial = hide(conversation, seed)
    return np.clip(model(trial), BOUNDS, 1 - BOUNDS), trial.agreed


def _log_loss(chance: Floats, agreed: Floats) -> float:
    return float(log_loss(agreed, chance))


def _area(chance: Floats, agreed: Floats) -> float:
    return float(roc_auc_score(agreed, chance))


def _figures(
    chances: Chances, models: Mapping[str, Model], measure: Callable[[Floats, Floats], float]
) -> dict[str, dict[str, list[float]]]:
    """Return a figure for every model, conversation and seed; overall is the mean of the conversations."""
    sets = sorted({name for name, _ in chances})
    found = {model: {name: [measure(*one) for one in chances[name, model]] for name in sets} for model in models}
    for per_set in found.values():
        per_set[OVERALL] = list(np.mean([per_set[name] for name in sets], axis=0))
    return found


def _calibration(chances: Chances, model: str) -> dict[str, float]:
    """Return the calibration error in every conversation: the hidden votes of all seeds taken together, ten bins of equal count."""
    found = {name: calibration_error(*_together(parts), bins=BINS) for (name, one), parts in sorted(chances.items()) if one == model}
    every = [part for (_, one), parts in chances.items() if one == model for part in parts]
    return {**found, "mean": float(np.mean(list(found.values()))), "taken together": calibration_error(*_together(every), bins=BINS)}


def _bins(chances: Chances, model: str) -> list[tuple[float, float, int]]:
    """Return expected and observed share of agrees in ten bins of equal count, over all conversations."""
    chance, agreed = _together([part for (_, one), parts in chances.items() if one == model for part in parts])
    parts = np.array_split(np.argsort(chance, kind="stable"), BINS)
    return [(float(chance[part].mean()), float(agreed[part].mean()), len(part)) for part in parts]


def _together(parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.concatenate([one[0] for one in parts]), np.concatenate([one[1] for one in parts])


def _page(figures: dict[str, Any], seeds: int) -> str:
    loss = figures["log_loss"]
    text = (
        f"## Hidden votes\n\nA random tenth of the agree and disagree votes of each public conversation hidden, {seeds} times, with seeds "
        "on which nothing was chosen; mean and 90 % interval over the seeds. Overall: mean of the conversations. Means are smoothed by two "
        "votes; people whom Polis would not place get the statement's mean; predictions are kept within 0.01 … 0.99.\n\n"
        f"### Log-loss (lower is better)\n\n{_measured(loss)}\n\nklal less others, on the same hidden votes:\n\n"
        f"{_measured({f'less {peer}': _less(loss[KLAL], loss[peer]) for peer in (POLIS, NOTES)})}\n\n"
        f"### Area under the ROC curve (higher is better)\n\n{_measured(figures['auc'])}\n\n"
        "### Calibration error\n\nMean distance between chance and share of agrees over ten bins of equal count, the hidden votes of all "
        f"seeds taken together. Of few votes even true chances have some: about 0.01 where 2 500 are hidden.\n\n"
    )
    head = list(figures["calibration"][KLAL])
    rows = [[model, *(f"{value:.4f}" for value in found.values())] for model, found in figures["calibration"].items()]
    bins = [[f"{expected:.3f}", f"{observed:.3f}", count, _bar(observed)] for expected, observed, count in figures["bins"]]
    return (
        text
        + table(["model", *head], rows)
        + "\n\n### What klal says and what happens, all conversations\n\n"
        + table(["expected share of agrees", "observed", "hidden votes", ""], bins)
    )


def _tried_page(figures: dict[str, Any], seeds: int) -> str:
    loss, calibration = figures["log_loss"], figures["calibration"]
    best = np.array(loss["klal"][OVERALL])
    rows = []
    for model, found in loss.items():
        less = mean_over_seeds(np.array(found[OVERALL]) - best)
        per_set = [f"{np.mean(found[name]):.4f}" for name in found if name != OVERALL]
        behind = "" if model == "klal" else f"{less.value:+.4f} ({less.lower:+.4f} … {less.upper:+.4f})"
        rows.append([model, *per_set, f"{np.mean(found[OVERALL]):.4f}", behind, f"{calibration[model]['taken together']:.4f}"])
    names = [name for name in loss["klal"] if name != OVERALL]
    return (
        f"Log-loss of hidden votes on the five smaller public conversations, mean over {seeds} seeds kept for choosing; *behind klal* with "
        "its 90 % interval. *klal* is the product; the rows *other side* and *passes* "
        "come from a plain rewrite in which the two can be chosen, 25 sweeps, four factors.\n\n"
        + table(["", *names, OVERALL, "behind klal", "calibration error"], rows)
    )


def _measured(found: Mapping[str, Mapping[str, list[float]]]) -> str:
    names = list(next(iter(found.values())))
    return table(["", *names], [[model, *(_interval(per_set[name]) for name in names)] for model, per_set in found.items()])


def _interval(values: list[float]) -> str:
    mean = mean_over_seeds(values)
    return f"{mean.value:.4f} ({mean.lower:.4f} … {mean.upper:.4f})"


def _less(ours: Mapping[str, list[float]], theirs: Mapping[str, list[float]]) -> dict[str, list[float]]:
    return {name: list(np.subtract(ours[name], theirs[name])) for name in ours}


def _bar(share: float) -> str:
    return "█" * round(20 * share)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
