"""The whole analysis, stage by stage: klal_scale.py FILE."""

from __future__ import annotations

import sys
import time

from _child import peak_mb, report
from _klal import read_matrix, small

from klal.core.pipeline import analyse

votes = read_matrix(sys.argv[1])
analyse(small())
before = peak_mb()
ends: dict[str, float] = {}
started = time.perf_counter()
analyse(votes, on_stage=lambda name: ends.setdefault(name, time.perf_counter() - started))
seconds = time.perf_counter() - started
starts = [0.0, *ends.values()]
stages = {name: end - start for (name, end), start in zip(ends.items(), starts, strict=False)}
report(seconds=seconds, stages=stages, before_mb=before, votes=votes.n_votes, participants=votes.shape[0])
