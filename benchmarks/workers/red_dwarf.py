"""red-dwarf at its own documented work, from its list of votes in memory: red_dwarf.py FILE REPEATS [LABELS SEEDS].

Runs in an environment without klal. Version 0.1 has map and groups only, in two documented ways: ``run_clustering_v1`` (one call, no
moderation) and the functions of ``reddwarf.utils`` in the order of its notebooks (moderation given); later versions have
``run_pipeline`` (before: ``run_clustering``), statistics included.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
from _child import peak_mb, report, timed

Votes = list[dict[str, int]]


def one_call() -> Callable[..., dict[int, int]]:
    """Return what an ordinary user calls: votes, rejected statements, seed → group of each participant."""
    with contextlib.suppress(ImportError):
        from reddwarf.implementations.base import run_pipeline

        return _later(run_pipeline)
    with contextlib.suppress(ImportError):
        from reddwarf.implementations.polis import run_clustering as run_pipeline

        return _later(run_pipeline)
    return _first


def _later(run_pipeline: Callable[..., object]) -> Callable[..., dict[int, int]]:
    def run(votes: Votes, rejected: list[int], seed: int | None) -> dict[int, int]:
        result = run_pipeline(votes=votes, mod_out_statement_ids=rejected, random_state=seed)
        labels = result.participants_df["cluster_id"].dropna()
        return {int(one): int(label) for one, label in labels.items()}

    return run


def _first(votes: Votes, _rejected: list[int], _seed: int | None) -> dict[int, int]:
    from reddwarf.agora import run_clustering_v1

    found = run_clustering_v1({"votes": votes})
    return {int(person["id"]): int(group["id"]) for group in found["clusters"] for person in group["participants"]}


def step_by_step(votes: Votes, rejected: list[int], seed: int | None) -> dict[int, int]:
    """Run version 0.1's functions in their documented order, moderation given."""
    from reddwarf import utils

    matrix = utils.generate_raw_matrix(votes=votes)
    active = [one for one in matrix.columns if one not in set(rejected)]
    matrix = utils.filter_matrix(vote_matrix=matrix, min_user_vote_threshold=7, active_statement_ids=active)
    places, _, _ = utils.run_pca(vote_matrix=matrix)
    places = utils.scale_projected_data(projected_data=places, vote_matrix=matrix)
    _, _, labels = utils.find_optimal_k(projected_data=places, random_state=seed)
    return {int(one): int(label) for one, label in zip(places.index, labels, strict=True)}


def read(path: str) -> tuple[Votes, list[int]]:
    with np.load(path) as data:
        rejected = np.flatnonzero(data["rejected"]).tolist()
        parts = zip(data["rows"].tolist(), data["columns"].tolist(), data["values"].tolist(), strict=True)
        votes = [
            {"participant_id": row, "statement_id": column, "vote": vote, "modified": k} for k, (row, column, vote) in enumerate(parts)
        ]
    return votes, rejected


def made_up() -> Votes:
    rng = np.random.default_rng(0)
    return [{"participant_id": i, "statement_id": j, "vote": int(rng.integers(-1, 2)), "modified": 0} for i in range(60) for j in range(12)]


def main() -> None:
    run = one_call()
    votes, rejected = read(sys.argv[1])
    run(made_up(), [], 0)
    before = peak_mb()
    seconds, groups = timed(lambda: run(votes, rejected, 0), repeats=int(sys.argv[2]))
    if len(sys.argv) > 3:
        people = 1 + max(vote["participant_id"] for vote in votes)
        runs = [run(votes, rejected, 0)]
        with_moderation = step_by_step if run is _first else run
        runs += [with_moderation(votes, rejected, seed) for seed in range(int(sys.argv[4]))]
        np.save(sys.argv[3], np.array([[labels.get(i, -1) for i in range(people)] for labels in runs]))
    report(seconds=seconds, before_mb=before, groups=len(set(groups.values())), version=version("red-dwarf-democracy"))


if __name__ == "__main__":
    main()
