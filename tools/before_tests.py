"""Compile once what every process of a test run would compile for itself: the modules, and the numerics."""

from __future__ import annotations

import compileall
import sys
from pathlib import Path

from klal.services.analyse_file import analyse_conversation
from klal.services.simulation import simulate

SOURCES = Path(__file__).resolve().parents[1] / "src"


def main() -> int:
    """Return 0; what does not compile is found by the tests."""
    compileall.compile_dir(SOURCES, quiet=2)
    analyse_conversation(simulate(60, 12, mean_votes=9, shares=(0.6, 0.4), seed=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
