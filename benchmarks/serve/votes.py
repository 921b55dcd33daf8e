"""Votes a second, how long each waits, and what it costs, against a bare endpoint with the same group commit."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

from benchmarks._measure import WORKERS, Options, command_line, publish, table
from benchmarks.serve._house import cpu_seconds, home, load, megabytes, postgresql, serving
from tests.postgresql import free_port

STEADY = 1000
BARE, SQLITE, POSTGRESQL = "bare uvicorn endpoint, one table, SQLite FULL", "klal, SQLite FULL", "klal, PostgreSQL"
KINDS = {"64": (64, 0), "512": (512, 0), "steady": (64, STEADY)}
"""Connections, and votes a second where the client sets the pace."""
_names = count()
Taken = dict[str, dict[str, list[dict[str, Any]]]]
"""By load and contender, turn by turn."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that is up, and what a client needs to vote at it."""

    pid: int
    port: int
    statements: list[int]

    def load(self, kind: str, seconds: float) -> dict[str, Any]:
        connections, rate = KINDS[kind]
        before = cpu_seconds(self.pid)
        name = f"{next(_names):04d}"  # participants of their own for every turn
        taken = load(self.port, self.statements, connections=connections, rate=rate, seconds=seconds, name=name)
        if taken["refused"]:
            raise RuntimeError(taken["refused"])
        return {**taken, "cpu_us": 1e6 * (cpu_seconds(self.pid) - before) / taken["votes"], "megabytes": megabytes(self.pid)}


def run(options: Options) -> None:
    seconds, rounds = (3.0, 1) if options.quick else (5.0, 2 * options.rounds)
    with ExitStack() as stack:
        contenders = {BARE: _bare(stack), SQLITE: _klal(stack, "")}
        database = stack.enter_context(postgresql())
        if database is not None:
            contenders[POSTGRESQL] = _klal(stack, database.url("postgres"))
        taken: Taken = {kind: {name: [] for name in contenders} for kind in KINDS}
        for kind in KINDS:
            for _ in range(rounds):
                for name, contender in contenders.items():
                    taken[kind][name].append(contender.load(kind, seconds))
    publish(options, "serve-votes", _page(taken), taken)


def _bare(stack: ExitStack) -> Contender:
    port = free_port()
    command = [sys.executable, str(WORKERS / "bare_server.py"), str(port), str(stack.enter_context(home()) / "bare.sqlite3")]
    server = stack.enter_context(subprocess.Popen(command))
    stack.callback(server.terminate)
    time.sleep(1.5)
    return Contender(server.pid, port, list(range(1, 201)))


def _klal(stack: ExitStack, url: str) -> Contender:
    server, statements = stack.enter_context(serving(url, "--no-worker"))
    return Contender(server.process.pid, server.port, statements)


def _middle(turns: list[dict[str, Any]], figure: str) -> float:
    return statistics.median(turn[figure] for turn in turns)


def _share(turns: dict[str, list[dict[str, Any]]], name: str) -> float:
    """Return a contender's votes as a multiple of the bare endpoint's a moment before, the middle of all turns."""
    return statistics.median(own["per_second"] / bare["per_second"] for own, bare in zip(turns[name], turns[BARE], strict=True))


def _page(taken: Taken) -> str:
    rows = []
    for name in taken["64"]:
        row: list[object] = [name]
        for kind in ("64", "512"):
            turns = taken[kind][name]
            fastest = max(turns, key=lambda turn: turn["per_second"])
            middle = f"{_middle(turns, 'per_second'):,.0f}"
            row += [f"{middle} ({fastest['per_second']:,.0f})", f"{_middle(turns, 'p99_ms'):.0f}", _share(taken[kind], name)]
        row += [f"{_middle(taken['steady'][name], 'p99_ms'):.1f}", f"{_middle(taken['64'][name], 'cpu_us'):.0f}"]
        rows.append([*row, f"{taken['steady'][name][-1]['megabytes']:.0f}"])
    head = [
        "",
        "64 connections: votes/s",
        "p99 ms",
        "times the bare endpoint",
        "512 connections: votes/s",
        "p99 ms",
        "times the bare endpoint",
        f"{STEADY:,} votes/s: p99 ms",
        "processor µs a vote",
        "MB",
    ]
    return (
        "## Votes\n\nEvery vote is a new one, of one of 2 000 participants with signed cookies, sent with a browser's headers on a "
        "connection that is kept. klal checks cookie, origin, rate and statement, stores vote and log in one transaction flushed to disk, "
        "and answers with five next statements. The bare endpoint reads the JSON, appends one row to one table with the same kind of group "
        "commit, and says yes. Clients and servers share the cores; all servers are up and are voted at in turn, a few seconds each. The "
        "middle of all turns, in brackets the fastest; times the bare endpoint a moment before. In the steady load waiting counts from "
        "when a vote was due. "
        "`python -m benchmarks --out docs/_tables --only serve`\n\n" + table(head, rows)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
