"""Taking turns, one process each; tables; results with the machine they came from."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
WORKERS = HERE / "workers"


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line."""

    out: Path
    rounds: int
    quick: bool
    only: tuple[str, ...] = ()

    @property
    def largest(self) -> int:
        """Participants of the largest made-up conversation."""
        return 100_000 if self.quick else 1_000_000


def command_line(about: str, *, only: Sequence[str] = ()) -> Options:
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, default=Path("benchmark-results"), help="folder for the results")
    parser.add_argument("--rounds", type=int, default=3, help="turns of every contender")
    parser.add_argument("--quick", action="store_true", help="a tenth of the participants, for trying out")
    if only:
        parser.add_argument("--only", nargs="+", choices=only, default=(), help="run these alone")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return Options(given.out, given.rounds, given.quick, tuple(getattr(given, "only", ())))


def peer_python() -> str | None:
    """Return the Python of the environment that holds the peers, or None."""
    given = os.environ.get("KLAL_BENCH_PEERS_PYTHON")
    if not given:
        print("\n(red-dwarf left out: set KLAL_BENCH_PEERS_PYTHON to the Python of an environment that has red-dwarf-democracy)\n")
    return given


def worker(name: str, *arguments: object, python: str = sys.executable) -> dict[str, Any]:
    """Run a worker in a process of its own and return what it reports."""
    command = [python, "-W", "ignore", str(WORKERS / f"{name}.py"), *map(str, arguments)]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**facts, "process_seconds": time.perf_counter() - started}


def in_turn(contenders: Mapping[str, Callable[[], dict[str, Any]]], rounds: int) -> dict[str, dict[str, Any]]:
    """Let contenders take turns; return for each its fastest round, with the seconds of all rounds and the largest peak."""
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            taken[name].append(contender())
    return {name: _fastest(results) for name, results in taken.items()}


def _fastest(results: list[dict[str, Any]]) -> dict[str, Any]:
    best = min(results, key=lambda result: result["seconds"])
    return {**best, "all_seconds": [r["seconds"] for r in results], "peak_mb": max(r["peak_mb"] for r in results)}


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return str(value)


def publish(options: Options, name: str, text: str, figures: object) -> None:
    """Print a benchmark's page and write it, with its raw figures, to the results folder."""
    page = f"{text}\n\n{_where()}\n"
    print(page, flush=True)
    (options.out / f"benchmark-{name}.md").write_text(page, encoding="utf-8")
    (options.out / f"benchmark-{name}.json").write_text(json.dumps(figures, indent=1, default=float) + "\n", encoding="utf-8")


def _where() -> str:
    commit = subprocess.run(["git", "-C", str(HERE), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    names = [line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0))
    processor = names[0] if names else platform.machine()
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores ({processor}), commit {commit.stdout.strip() or 'unknown'}."


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
