"""Write a CSV of made-up votes, a million at a time: write_votes.py FILE MILLIONS."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
from _child import report

path, millions = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
with path.open("wb") as file:
    for part in range(millions):
        votes = pl.DataFrame(
            {
                "participant": rng.integers(0, 1_000_000, 1_000_000),
                "statement": rng.integers(0, 1_000, 1_000_000),
                "vote": rng.integers(-1, 2, 1_000_000),
                "time": 1_700_000_000_000 + part * 1_000_000 + np.arange(1_000_000),
            }
        )
        votes.write_csv(file, include_header=part == 0)
report(votes=millions * 1_000_000)
