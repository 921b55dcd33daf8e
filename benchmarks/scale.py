"""How the whole analysis grows with the number of participants, and how far each stage is from the limit of the memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks._data import scratch, simulated
from benchmarks._measure import Options, command_line, in_turn, publish, table, worker

BYTES_PER_VOTE = 3
BYTES_PER_PERSON = 8
"""What a pass must at least read: a 16-bit statement number and an 8-bit code for every vote, one offset for every participant."""


def run(options: Options) -> None:
    sizes = [options.largest // 100, options.largest // 10, options.largest]
    bandwidth = worker("bandwidth")["gigabytes_per_second"]
    with scratch() as folder:
        taken = {size: _measure(str(simulated(folder, size)), options.rounds) for size in sizes}
    publish(options, "scale", _page(taken, bandwidth), {"sizes": taken, "bandwidth": bandwidth})


def _measure(path: str, rounds: int) -> dict[str, Any]:
    return in_turn({"analyse": lambda: worker("klal_scale", path)}, rounds)["analyse"]


def _page(taken: dict[int, dict[str, Any]], bandwidth: dict[str, float]) -> str:
    largest = taken[max(taken)]
    touched = largest["votes"] * BYTES_PER_VOTE + largest["participants"] * BYTES_PER_PERSON
    floor = touched / (bandwidth["all"] * 1e9)
    rows: list[list[object]] = []
    for stage in largest["stages"]:
        seconds = [one["stages"][stage] for one in taken.values()]
        rows.append([stage, *seconds, _exponent(list(taken), seconds), 1e9 * seconds[-1] / largest["votes"], seconds[-1] / floor])
    total = [one["seconds"] for one in taken.values()]
    rows.append(["**total**", *total, _exponent(list(taken), total), 1e9 * total[-1] / largest["votes"], total[-1] / floor])
    rows.append(["peak MB", *(one["peak_mb"] for one in taken.values()), "", "", ""])
    rows.append(["of which the votes, interpreter and imports", *(one["before_mb"] for one in taken.values()), "", "", ""])
    head = ["seconds", *(f"{size:,} people" for size in taken), "exponent", "ns per vote at the largest", "reads of all votes"]
    return (
        "## The whole analysis, 2 000 statements, 30 votes a participant\n\n`klal.core.analyse` from votes in memory, warmed on a small "
        f"conversation; fastest round. Memory bandwidth measured in the same run (triad): {bandwidth['one']:.1f} GB/s on one core, "
        f"{bandwidth['all']:.1f} GB/s on all. *Reads of all votes*: seconds over the time that reading every vote once would take at that "
        f"speed ({touched / 1e6:.0f} MB, {1000 * floor:.1f} ms). The exponent is fitted on the three sizes.\n\n" + table(head, rows)
    )


def _exponent(sizes: list[int], seconds: list[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(np.maximum(seconds, 1e-9)), 1)[0])


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
