"""What the whole science costs, fresh and as an update after one vote in a hundred, beside Community Notes' model of the same votes."""

from __future__ import annotations

from typing import Any

from benchmarks._data import scratch, simulated
from benchmarks._measure import Options, command_line, publish, table, worker

SIZES = {2_000: 200, 20_000: 500, 100_000: 2_000}
"""Participants: statements."""
LIMITS = {2_000: 1.0, 100_000: 20.0}
"""Seconds that a fresh analysis may take."""


def run(options: Options) -> None:
    sizes = list(SIZES.items())[: 2 if options.quick else None]
    with scratch() as folder:
        figures = {n: worker("klal_cost", simulated(folder, n, m), options.rounds) for n, m in sizes}
    publish(options, "science-cost", _page(figures), figures)


def _page(figures: dict[int, dict[str, Any]]) -> str:
    head = ("participants × statements", "votes", "fresh, s", "limit, s", "update, s", "fresh, core s", "update, core s", "update / fresh")
    head = (*head, "Community Notes, core s", "fresh / it")
    rows = [
        [
            f"{n:,} × {SIZES[n]:,}",
            f"{one['votes']:,}",
            one["fresh"],
            LIMITS.get(n, ""),
            one["update"],
            one["fresh_busy"],
            one["update_busy"],
            f"{one['update_busy'] / one['fresh_busy']:.0%}",
            one["notes_busy"],
            one["fresh_busy"] / one["notes_busy"],
        ]
        for n, one in figures.items()
    ]
    largest = figures[max(figures)]
    stages = [
        [stage, *(value for one in figures.values() for value in (one["fresh_stages"][stage], one["update_stages"][stage]))]
        for stage in largest["fresh_stages"]
    ]
    same = [
        [
            f"{n:,} × {SIZES[n]:,}",
            " / ".join(map(str, one["sweeps"])),
            "the same" if one["same_verdict"] else "another",
            f"{one['same_labels']:.4f}",
            f"{one['score']:.4f}",
            f"{one['agreement']:.4f}",
            one["shared_top"],
        ]
        for n, one in figures.items()
    ]
    return (
        "## Fresh and updated\n\n`klal.core.analyse` from votes in memory, 30 votes a participant, process warm; fastest round. *Core s*: "
        "seconds of all cores together, which others on the machine do not change much; the ratios are of these. *Update*: the same votes, "
        "started from the analysis before the last hundredth of them came (`previous`). *Community Notes*: its formula, "
        "compiled, one factor, 60 sweeps on the same votes; it gives a score and nothing else.\n\n"
        + table(head, rows)
        + "\n\nCore seconds by stage, fresh and updated:\n\n"
        + table(["", *(f"{n:,} {way}" for n in figures for way in ("fresh", "updated"))], stages)
        + "\n\nHow far the two are apart (largest difference over statements):\n\n"
        + table(["", "sweeps", "verdict", "people in the same group", "bridging score", "common ground", "of the top ten in both"], same)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
