"""Reading fifty million votes from a CSV: klal, which checks and indexes them, against Polars and PyArrow, which only parse."""

from __future__ import annotations

from functools import partial

from benchmarks._data import scratch
from benchmarks._measure import Options, command_line, in_turn, publish, table, worker

READERS = {"PyArrow, parse only": "pyarrow", "Polars, parse only": "polars", "klal, checked and indexed": "klal"}


def run(options: Options) -> None:
    million = 5 if options.quick else 50
    with scratch() as folder:
        path = folder / "votes.csv"
        worker("write_votes", path, million)
        size = path.stat().st_size / 1e9
        taken = in_turn({name: partial(worker, "read_votes", path, reader) for name, reader in READERS.items()}, options.rounds)
    limit = taken["PyArrow, parse only"]["seconds"]
    rows = [[name, one["seconds"], limit / one["seconds"], one["peak_mb"]] for name, one in taken.items()]
    text = (
        f"## Reading {million} million votes\n\nA CSV of {size:.1f} GB with participant, statement, vote and time, on a million "
        "participants × 1 000 statements; imports included, each contender in a process of its own, in turn; fastest round, largest peak. "
        "klal reads in a stream, checks every vote and id, and ends with an indexed log; the others end with a table.\n\n"
        + table(["", "seconds", "times as fast as PyArrow", "peak MB"], rows)
    )
    publish(options, "reading", text, taken)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
