"""How well hidden votes are predicted: a tenth of the agree and disagree votes is hidden, ten times, on each public conversation."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from benchmarks._data import Shared, shared_sets
from benchmarks._measure import Options, command_line, publish, table
from benchmarks._models import Floats, Ints, Known, fit_notes, group_means, recalibration, statement_means
from klal.core.bridging import fit_bridging, predict
from klal.core.opinion_map import find_opinion_map
from klal.core.polis_grouping import polis_grouping
from klal.core.votes import AGREE, PASS, VoteMatrix

SEEDS = 10
HIDDEN = 0.1
BOUNDS = 0.01
KLAL, PEER = "klal bridging model", "Community Notes, recalibrated"


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


def run(options: Options) -> None:
    sets = shared_sets()
    seeds = range(2 if options.quick else SEEDS)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        asked = {(one.name, seed): pool.submit(score, one, seed) for one in sets for seed in seeds}
        scores = {key: future.result() for key, future in asked.items()}
    figures = {one.name: {model: [scores[one.name, seed][model] for seed in seeds] for model in MODELS} for one in sets}
    publish(options, "heldout", _page(figures, len(seeds)), figures)


def score(conversation: Shared, seed: int) -> dict[str, tuple[float, float]]:
    """Return log-loss and area under the ROC curve of every model on one trial."""
    trial = hide(conversation, seed)
    results = {}
    for name, model in MODELS.items():
        chance = np.clip(model(trial), BOUNDS, 1 - BOUNDS)
        results[name] = (float(log_loss(trial.agreed, chance)), float(roc_auc_score(trial.agreed, chance)))
    return results


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


def by_notes(trial: Trial) -> Floats:
    return fit_notes(trial.known).raw(trial.rows, trial.columns)


def by_notes_recalibrated(trial: Trial, *, factors: int = 1) -> Floats:
    """Turn the raw prediction into a chance by a curve learnt on a tenth of the visible votes that a first fit did not see."""
    known = trial.known
    kept = np.random.default_rng(len(known.values)).random(len(known.values)) > HIDDEN
    first = fit_notes(Known(known.rows[kept], known.columns[kept], known.values[kept], known.n, known.m), factors=factors)
    unseen = Known(known.rows[~kept], known.columns[~kept], known.values[~kept], known.n, known.m).decided
    slope, offset = recalibration(first.raw(unseen.rows, unseen.columns), unseen.values)
    raw = fit_notes(known, factors=factors).raw(trial.rows, trial.columns)
    return 1 / (1 + np.exp(-(slope * raw + offset)))


def by_klal(trial: Trial) -> Floats:
    votes = trial.open_votes
    return predict(fit_bridging(votes, find_opinion_map(votes)), trial.rows, trial.columns)


MODELS: dict[str, Callable[[Trial], Floats]] = {
    "statement mean": by_statement,
    "Polis group mean": by_polis_group,
    "Community Notes, clipped": by_notes,
    PEER: by_notes_recalibrated,
    "Community Notes, two factors, recalibrated": partial(by_notes_recalibrated, factors=2),
    KLAL: by_klal,
}


def _page(figures: dict[str, dict[str, list[tuple[float, float]]]], seeds: int) -> str:
    text = (
        f"## Hidden votes\n\nA random tenth of the agree and disagree votes hidden, {seeds} times; mean ± standard error over the times. "
        "Overall: mean of the conversations, standard error over the times of that mean. Means are smoothed by two votes; people whom "
        "Polis would not place get the statement's mean; predictions are kept within 0.01 … 0.99."
    )
    for which, measure in enumerate(("Log-loss (lower is better)", "Area under the ROC curve (higher is better)")):
        rows = [[model, *_row([scores[model] for scores in figures.values()], which)] for model in MODELS]
        ahead = _row([_differences(scores, which) for scores in figures.values()], 0)
        rows.append([f"*klal less {PEER}*", *ahead])
        text += f"\n\n### {measure}\n\n" + table(["model", *figures, "**overall**"], rows)
    return text


def _differences(scores: dict[str, list[tuple[float, float]]], which: int) -> list[tuple[float]]:
    """Return klal's figure less the peer's on the same hidden votes: the part of chance that both share falls out."""
    return [(ours[which] - theirs[which],) for ours, theirs in zip(scores[KLAL], scores[PEER], strict=True)]


def _row(per_set: Any, which: int) -> list[str]:
    values: Any = np.array([[trial[which] for trial in trials] for trials in per_set])
    columns = [*values, values.mean(axis=0)]
    return [f"{one.mean():.4f} ± {one.std(ddof=1) / np.sqrt(len(one)):.4f}" for one in columns]


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
