"""klal's map and groups of the votes in a file: klal_map_groups.py FILE own|polis."""

from __future__ import annotations

import sys

import numpy as np
from _child import peak_mb, report, timed
from _klal import read_matrix, small

from klal.core.pipeline import find_map_and_groups
from klal.core.polis_grouping import polis_grouping
from klal.core.votes import VoteMatrix

way = sys.argv[2]


def work(votes: VoteMatrix) -> int:
    if way == "own":
        return find_map_and_groups(votes, np.ones(votes.shape[1], dtype=bool))[1].n_groups
    return polis_grouping(votes, rejected=np.zeros(votes.shape[1], dtype=bool)).n_groups


votes = read_matrix(sys.argv[1])
work(small())
before = peak_mb()
seconds, groups = timed(lambda: work(votes))
report(seconds=seconds, before_mb=before, groups=groups)
