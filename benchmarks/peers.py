"""klal against red-dwarf at the same work, and the whole ``klal analyse`` command against red-dwarf's calculation alone."""

from __future__ import annotations

import csv
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._data import save, scratch, shared_sets
from benchmarks._measure import Options, command_line, in_turn, peer_python, publish, table, worker
from klal.simulation.conversation import simulate_votes

WAYS = {"klal, Polis's way": "polis", "klal, its own way": "own", "klal, everything": "everything"}


def run(options: Options) -> None:
    python = peer_python()
    with scratch() as folder:
        sets = {c.name: save(c.votes, c.rejected, folder / f"{c.name}.npz") for c in shared_sets()}
        votes = simulate_votes(10_000, 2_000, 30.0, seed=0)
        sets["10 000 × 2 000, made up"] = save(votes, np.zeros(2_000, dtype=bool), folder / "large.npz")
        figures = {name: _contest(path, python, options.rounds, repeats=3) for name, path in sets.items()}
        command = _command(folder, options.rounds)
    publish(options, "peers", _page(figures, command), {"work": figures, "command": command})


def _contest(path: Path, python: str | None, rounds: int, *, repeats: int) -> dict[str, Any]:
    contenders = {name: partial(worker, "klal_peer", path, way, repeats) for name, way in WAYS.items()}
    if python:
        contenders = {"red-dwarf": partial(worker, "red_dwarf", path, repeats, python=python), **contenders}
    return in_turn(contenders, rounds)


def _command(folder: Path, rounds: int) -> dict[str, Any]:
    """Time the command on the made-up conversation, as a CSV file, from start to written report."""
    source = folder / "votes.csv"
    with np.load(folder / "large.npz") as data, source.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", "statement", "vote"])
        writer.writerows(zip(data["rows"].tolist(), data["columns"].tolist(), data["values"].tolist(), strict=True))
    command = [Path(sys.executable).with_name("klal"), "analyse", source, "--out", folder / "report"]
    worker("command", *command)  # once to warm the caches of compiled code
    return in_turn({"klal analyse": partial(worker, "command", *command)}, rounds)["klal analyse"]


def _page(figures: dict[str, Any], command: dict[str, Any]) -> str:
    names = [name for name in ("red-dwarf", *WAYS) if all(name in contest for contest in figures.values())]
    seconds = [
        [data, *(f"{contest[name]['seconds']:.3g} s, {contest[name]['peak_mb']:.0f} MB" for name in names)]
        for data, contest in figures.items()
    ]
    text = (
        "## red-dwarf and klal at the same work\n\nMap, groups and statistics from rows of votes in memory; imports left out; each "
        "contender warmed once on a tiny conversation (for klal that reads compiled code from its cache), in a process of its own, in "
        "turn; fastest round, largest peak of the process. red-dwarf 0.1 has no statistics, so it does map and groups only; "
        "*everything* is all of `klal analyse` but reading and writing.\n\n" + table(["conversation", *names], seconds)
    )
    if "red-dwarf" in names:
        ratios = [[data, *(f"{_ratio(contest, name):.1f} ×" for name in WAYS)] for data, contest in figures.items()]
        text += "\n\nTimes as fast as red-dwarf:\n\n" + table(["conversation", *WAYS], ratios)
    text += (
        "\n\n## The whole command\n\nReading a CSV of 10 000 participants × 2 000 statements, analysing, writing report, map and tables, "
        f"interpreter and imports included: {command['seconds']:.2f} s, {command['peak_mb']:.0f} MB."
    )
    large = list(figures.values())[-1]
    if "red-dwarf" in names:
        peer = large["red-dwarf"]
        text += (
            f" red-dwarf's calculation alone, on votes in memory: {peer['seconds']:.2f} s, {peer['peak_mb']:.0f} MB; the ratio is "
            f"{peer['seconds'] / command['seconds']:.1f}."
        )
    return text


def _ratio(contest: dict[str, Any], name: str) -> float:
    return float(contest["red-dwarf"]["seconds"] / contest[name]["seconds"])


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
