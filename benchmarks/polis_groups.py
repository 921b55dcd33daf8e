"""Whose groups are nearer to those Polis published: red-dwarf's or klal's, on the same votes, in the same run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks._data import Shared, save, scratch, shared_sets
from benchmarks._measure import Options, command_line, peer_python, publish, table, worker
from klal.core.labels import adjusted_rand
from klal.core.pipeline import find_map_and_groups
from klal.core.polis_grouping import polis_grouping

SEEDS = 10


def run(options: Options) -> None:
    python = peer_python()
    figures = []
    with scratch() as folder:
        for conversation in shared_sets():
            figures.append({"name": conversation.name, **_ours(conversation), **_theirs(conversation, folder, python)})
    head = ["conversation", "klal, Polis's way", "red-dwarf, one call", f"red-dwarf, moderation given, mean of {SEEDS}", "its best"]
    keys = ("name", "klal", "red_dwarf_default", "red_dwarf_mean", "red_dwarf_best")
    rows = [[figure.get(key, "–") for key in (*keys, "klal_own")] for figure in figures]
    text = (
        "## Agreement with the groups Polis published\n\nAdjusted Rand index over the participants who have both a published and a "
        "calculated group. klal draws nothing, so it has one figure; red-dwarf's k-means starts at random.\n\n"
        + table([*head, "klal, its own groups"], rows)
    )
    publish(options, "polis-groups", text, figures)


def _agreement(published: np.ndarray, labels: np.ndarray) -> float:
    both = (published >= 0) & (labels >= 0)
    return adjusted_rand(published[both], labels[both])


def _ours(conversation: Shared) -> dict[str, float]:
    polis = polis_grouping(conversation.votes, rejected=conversation.rejected)
    own = find_map_and_groups(conversation.votes, ~conversation.rejected)[1]
    return {"klal": _agreement(conversation.published, polis.labels), "klal_own": _agreement(conversation.published, own.labels)}


def _theirs(conversation: Shared, folder: Path, python: str | None) -> dict[str, object]:
    if python is None:
        return {}
    labels = folder / "labels.npy"
    facts = worker("red_dwarf", save(conversation.votes, conversation.rejected, folder / "set.npz"), 1, labels, SEEDS, python=python)
    default, *seeded = (_agreement(conversation.published, one) for one in np.load(labels))
    return {
        "red_dwarf_version": facts["version"],
        "red_dwarf_default": default,
        "red_dwarf_mean": float(np.mean(seeded)),
        "red_dwarf_best": max(seeded),
        "red_dwarf_seeds": seeded,
    }


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
