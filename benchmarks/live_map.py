"""From a stored vote to the new map, with a running worker, against the bare analysis of the same votes in the same run."""

from __future__ import annotations

from functools import partial

from benchmarks._data import scratch
from benchmarks._measure import Options, command_line, in_turn, publish, table, worker

SIZES = {2_000: 200, 20_000: 200, 100_000: 500}
"""Participants: statements."""


def run(options: Options) -> None:
    rows, figures = [], {}
    for participants, statements in list(SIZES.items())[: 1 if options.quick else None]:
        with scratch() as folder:
            turns = {"live": partial(worker, "live_map", folder, participants, statements)}
            one = in_turn(turns, 1)["live"]
        figures[str(participants)] = one
        times = [one[name] for name in ("bare", "median", "worst")]
        rows.append([f"{participants:,} × {statements}", f"{one['votes']:,}", *times, one["median"] / one["bare"], one["peak_mb"]])
    text = (
        "## From vote to map\n\nA vote is committed to SQLite while `klal.worker` runs as the server's child; the clock stops when the new "
        "snapshot – counts, groups, map, common ground, everybody's place – can be read. Twenty votes, at random moments. The bare "
        "analysis is `klal.core.analyse` of the same votes already in memory, in the same run; what comes on top is noticing the change, "
        "reading the votes, matching groups and map with the last ones, screening and storing.\n\n"
        + table(
            ["participants × statements", "votes", "bare analysis, s", "median, s", "worst, s", "median / bare", "peak MB of the worker"],
            rows,
        )
    )
    publish(options, "live-map", text, figures)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
