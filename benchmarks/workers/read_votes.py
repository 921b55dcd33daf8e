"""Read a CSV of votes: read_votes.py FILE klal|polars|pyarrow."""

from __future__ import annotations

import sys
from pathlib import Path

from _child import report, timed


def with_klal(path: Path) -> int:
    from klal.io import read_conversation

    return len(read_conversation(path).log)


def with_polars(path: Path) -> int:
    import polars as pl

    return pl.scan_csv(path).collect(engine="streaming").height


def with_pyarrow(path: Path) -> int:
    from pyarrow import csv

    return csv.read_csv(path).num_rows


work = {"klal": with_klal, "polars": with_polars, "pyarrow": with_pyarrow}[sys.argv[2]]
seconds, votes = timed(lambda: work(Path(sys.argv[1])))
report(seconds=seconds, votes=votes)
