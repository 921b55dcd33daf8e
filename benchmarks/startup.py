"""How long klal takes to start, against Python alone and against importing NumPy."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

from benchmarks._data import scratch
from benchmarks._measure import Options, command_line, in_turn, publish, table, worker
from klal.simulation.conversation import simulate_votes


def run(options: Options) -> None:
    klal = str(Path(sys.executable).with_name("klal"))
    with scratch() as folder:
        votes = simulate_votes(200, 40, 20.0, seed=0)
        source = folder / "votes.csv"
        parts = zip(votes.row_of_vote().tolist(), votes.columns.tolist(), votes.codes.tolist(), strict=True)
        lines = "".join(f"{row},{column},{code - 2}\n" for row, column, code in parts)
        source.write_text("participant,statement,vote\n" + lines, encoding="utf-8")
        commands = {
            "`python -c pass`": [sys.executable, "-c", "pass"],
            "`import numpy`": [sys.executable, "-c", "import numpy"],
            "`import klal`": [sys.executable, "-c", "import klal"],
            "`from klal import VoteMatrix`": [sys.executable, "-c", "from klal import VoteMatrix"],
            "`klal --help`": [klal, "--help"],
            "`klal analyse`, 200 × 40": [klal, "analyse", str(source), "--out", str(folder / "report")],
        }
        for command in commands.values():
            worker("command", *command)  # once to warm the caches of files and compiled code
        taken = in_turn({name: partial(worker, "command", *command) for name, command in commands.items()}, max(options.rounds, 5))
    base, numpy = (taken[name]["seconds"] for name in list(commands)[:2])
    rows = [[name, one["seconds"], one["seconds"] / base, one["seconds"] / numpy, one["peak_mb"]] for name, one in taken.items()]
    text = "## Starting\n\nWall seconds of a whole process, caches warm, in turn; fastest round.\n\n" + table(
        ["", "seconds", "times Python alone", "times `import numpy`", "peak MB"], rows
    )
    publish(options, "startup", text, taken)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
