"""Votes a second, how long each waits, and what it costs, against a bare endpoint with the same group commit."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Any

from benchmarks._measure import WORKERS, Options, command_line, publish, table
from benchmarks.serve._house import cpu_seconds, home, load, megabytes, postgresql, serving
from tests.postgresql import PostgresServer, free_port

STEADY = 1000
BARE, SQLITE, POSTGRESQL = "bare uvicorn endpoint, one table, SQLite FULL", "klal, SQLite FULL", "klal, PostgreSQL"
_names = count()
Loads = dict[str, dict[str, Any]]


def run(options: Options) -> None:
    seconds = 4.0 if options.quick else 10.0
    with ExitStack() as stack:
        database = stack.enter_context(postgresql())
        contenders: dict[str, Callable[[], Loads]] = {BARE: partial(_bare, seconds), SQLITE: partial(_klal, seconds, None)}
        if database is not None:
            contenders[POSTGRESQL] = partial(_klal, seconds, database)
        rounds: dict[str, list[Loads]] = {name: [] for name in contenders}
        for _ in range(options.rounds):
            for name, contender in contenders.items():
                rounds[name].append(contender())
    best = {name: {kind: _best(kind, taken) for kind in taken[0]} for name, taken in rounds.items()}
    publish(options, "serve-votes", _page(best, partial(_share, rounds)), rounds)


def _best(kind: str, taken: list[Loads]) -> dict[str, Any]:
    """Return the round with most votes, of a steady load the one with the shortest waits."""
    loads = [one[kind] for one in taken]
    return min(loads, key=lambda one: one["p99_ms"]) if kind == "steady" else max(loads, key=lambda one: one["per_second"])


def _share(rounds: dict[str, list[Loads]], name: str, kind: str) -> float:
    """Return a contender's votes as a multiple of the bare endpoint's in the same round, the middle one of the rounds."""
    pairs = zip(rounds[name], rounds[BARE], strict=True)
    return statistics.median(own[kind]["per_second"] / bare[kind]["per_second"] for own, bare in pairs)


def _bare(seconds: float) -> Loads:
    with home() as folder:
        port = free_port()
        server = subprocess.Popen([sys.executable, str(WORKERS / "bare_server.py"), str(port), str(folder / "bare.sqlite3")])
        try:
            time.sleep(1.5)
            return _loads(server.pid, port, list(range(1, 201)), seconds)
        finally:
            server.terminate()
            server.wait()


def _klal(seconds: float, database: PostgresServer | None) -> Loads:
    url = ""
    if database is not None:
        name = f"bench_{next(_names)}"
        database.execute(f"CREATE DATABASE {name}")
        url = database.url(name)
    with serving(url, "--no-worker") as (server, statements):
        return _loads(server.process.pid, server.port, statements, seconds)


def _loads(pid: int, port: int, statements: list[int], seconds: float) -> Loads:
    found = {}
    for kind, connections, rate in (("64", 64, 0), ("512", 512, 0), ("steady", 64, STEADY)):
        before = cpu_seconds(pid)
        taken = load(port, statements, connections=connections, rate=rate, seconds=seconds, name=kind)
        if taken["refused"]:
            raise RuntimeError(taken["refused"])
        found[kind] = {**taken, "cpu_us": 1e6 * (cpu_seconds(pid) - before) / taken["votes"], "megabytes": megabytes(pid)}
    return found


def _page(best: dict[str, Loads], share: Callable[[str, str], float]) -> str:
    rows = [
        [
            name,
            *(
                cell
                for kind in ("64", "512")
                for cell in (f"{one[kind]['per_second']:,.0f}", f"{one[kind]['p99_ms']:.0f}", share(name, kind))
            ),
            f"{one['steady']['p99_ms']:.1f}",
            f"{one['64']['cpu_us']:.0f}",
            f"{one['512']['megabytes']:.0f}",
        ]
        for name, one in best.items()
    ]
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
        "commit, and says yes. Client and server share the cores. Best of the rounds, taken in turn; times the bare endpoint is measured "
        "in each round, the middle one is shown; in the steady load waiting counts from when a vote was due. "
        "`python -m benchmarks --out docs/_tables --only serve`\n\n" + table(head, rows)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
