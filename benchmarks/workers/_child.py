"""What every worker does: time its work, and report it with the memory it took. Needs nothing but Python."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable
from pathlib import Path


def peak_mb() -> float:
    """Return the peak resident megabytes of this process; getrusage would count the parent's at the fork."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(work: Callable[[], object], *, repeats: int = 1) -> tuple[float, object]:
    """Return the fastest of some runs, in seconds, and what the last returned."""
    fastest, result = float("inf"), None
    for _ in range(repeats):
        started = time.perf_counter()
        result = work()
        fastest = min(fastest, time.perf_counter() - started)
    return fastest, result


def report(**facts: object) -> None:
    """Print the facts for the parent."""
    print(json.dumps({"peak_mb": peak_mb(), **facts}))
