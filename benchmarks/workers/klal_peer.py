"""klal at red-dwarf's work, from rows of votes in memory: klal_peer.py FILE polis|own|everything REPEATS [LABELS]."""

from __future__ import annotations

import sys

import numpy as np
from _child import peak_mb, report, timed
from _klal import small

from klal.core.index import IdIndex
from klal.core.pipeline import analyse, find_map_and_groups
from klal.core.polis_grouping import polis_grouping
from klal.core.representativeness import find_representative, group_informed_consensus
from klal.core.tally import tally_groups
from klal.core.votes import VoteMatrix

path, way, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])


def build(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, rejected: np.ndarray) -> VoteMatrix:
    people, statements = IdIndex.of(np.arange(rows.max() + 1)), IdIndex.of(np.arange(len(rejected)))
    return VoteMatrix.from_rows(rows, columns, (values + 2).astype(np.int8), participants=people, statements=statements)


def polis(votes: VoteMatrix, rejected: np.ndarray) -> np.ndarray:
    found = polis_grouping(votes, rejected=rejected)
    statistics(votes, found.labels, found.n_groups)
    return found.labels


def own(votes: VoteMatrix, rejected: np.ndarray) -> np.ndarray:
    found = find_map_and_groups(votes, ~rejected)[1]
    statistics(votes.select(~rejected), found.labels, found.n_groups)
    return found.labels


def statistics(votes: VoteMatrix, labels: np.ndarray, n_groups: int) -> None:
    tally = tally_groups(votes, labels, n_groups)
    find_representative(tally)
    group_informed_consensus(tally)


def everything(votes: VoteMatrix, rejected: np.ndarray) -> np.ndarray:
    return analyse(votes, analysed=~rejected).grouping.labels


work = {"polis": polis, "own": own, "everything": everything}[way]
with np.load(path) as data:
    arrays = [data[name] for name in ("rows", "columns", "values", "rejected")]
work(small(), np.zeros(100, dtype=bool))
before = peak_mb()
seconds, labels = timed(lambda: work(build(*arrays), arrays[3]), repeats=repeats)
if len(sys.argv) > 4:
    np.save(sys.argv[4], labels)
report(seconds=seconds, before_mb=before, groups=int(np.max(labels)) + 1)
