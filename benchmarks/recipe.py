"""klal's map and groups against the scikit-learn recipe, at a million participants."""

from __future__ import annotations

from functools import partial

from benchmarks._data import scratch, simulated
from benchmarks._measure import Options, command_line, in_turn, publish, table, worker

RECIPES = {"scikit-learn, randomized": "randomized", "scikit-learn, ARPACK": "arpack"}
WAYS = {"klal, its own way": "own", "klal, Polis's way": "polis"}


def run(options: Options) -> None:
    with scratch() as folder:
        path = simulated(folder, options.largest)
        contenders = {name: partial(worker, "sklearn_recipe", path, solver) for name, solver in RECIPES.items()}
        contenders |= {name: partial(worker, "klal_map_groups", path, way) for name, way in WAYS.items()}
        taken = in_turn(contenders, options.rounds)
    best = min(taken[name]["seconds"] for name in RECIPES)
    rows = [
        [name, one["seconds"], one["peak_mb"], one["peak_mb"] - one["before_mb"], best / one["seconds"], one["groups"]]
        for name, one in taken.items()
    ]
    head = ["", "seconds", "peak MB", "of which above the votes in memory", "times as fast as the faster recipe", "groups"]
    text = (
        f"## Map and groups of {options.largest:,} participants × 2 000 statements × 30 votes\n\nFrom the compressed votes in memory; "
        "imports left out, each contender warmed once on a small conversation, in a process of its own, in turn; fastest round, largest "
        "peak. The recipe does not say how well its groups are supported; klal's own way does.\n\n" + table(head, rows)
    )
    publish(options, "recipe", text, taken)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
