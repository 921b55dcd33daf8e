"""The whole science, fresh and as an update after the last hundredth of the votes came: klal_cost.py FILE ROUNDS."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from _child import peak_mb, report, timed
from _klal import read_matrix, small

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks._models import fit_notes
from benchmarks.science.peers import known
from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.votes import VoteMatrix

NEW = 0.01


def without_the_last(votes: VoteMatrix) -> VoteMatrix:
    """Return the votes without a random hundredth."""
    kept = np.random.default_rng(0).random(votes.n_votes) >= NEW
    rows, columns = votes.row_of_vote()[kept], votes.columns[kept].astype(np.int64)
    return VoteMatrix.from_rows(rows, columns, votes.codes[kept], participants=votes.participants, statements=votes.statements)


def stages_of(votes: VoteMatrix, previous: Analysis | None) -> tuple[float, float, dict[str, float], Analysis]:
    """Return seconds, seconds of all cores, those of every stage, and what was found."""
    ends: dict[str, float] = {}
    started, busy = time.perf_counter(), time.process_time()
    found = analyse(votes, previous=previous, on_stage=lambda name: ends.setdefault(name, time.process_time() - busy))
    seconds, total = time.perf_counter() - started, time.process_time() - busy
    starts = [0.0, *ends.values()]
    return seconds, total, {name: end - start for (name, end), start in zip(ends.items(), starts, strict=False)}, found


votes, rounds = read_matrix(sys.argv[1]), int(sys.argv[2])
warm = analyse(small())
analyse(small(), previous=warm)
before = peak_mb()
previous = analyse(without_the_last(votes))
fresh = min((stages_of(votes, None) for _ in range(rounds)), key=lambda one: one[0])
update = min((stages_of(votes, previous) for _ in range(rounds)), key=lambda one: one[0])
peak = peak_mb()
fit_notes(known(small()))
busy = time.process_time()
notes, _ = timed(lambda: fit_notes(known(votes)))
notes_busy = time.process_time() - busy
ranks = [np.argsort(one[3].common_ground.rank)[:10] for one in (fresh, update)]
report(
    votes=votes.n_votes,
    fresh=fresh[0],
    update=update[0],
    fresh_busy=fresh[1],
    update_busy=update[1],
    fresh_stages=fresh[2],
    update_stages=update[2],
    notes=notes,
    notes_busy=notes_busy,
    sweeps=[fresh[3].bridging.sweeps, update[3].bridging.sweeps],
    same_verdict=fresh[3].grouping.verdict is update[3].grouping.verdict,
    same_labels=float(np.mean(fresh[3].grouping.labels == update[3].grouping.labels)),
    score=float(np.abs(fresh[3].bridging.score - update[3].bridging.score).max()),
    agreement=float(np.abs(fresh[3].common_ground.score - update[3].common_ground.score).max()),
    shared_top=len(set(ranks[0]) & set(ranks[1])),
    before_mb=before,
    analysis_peak_mb=peak,
)
