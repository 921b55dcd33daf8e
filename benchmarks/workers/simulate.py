"""Make up a conversation: simulate.py PARTICIPANTS STATEMENTS MEAN_VOTES FILE."""

from __future__ import annotations

import sys

import numpy as np
from _child import report

from klal.simulation.conversation import simulate_votes

people, statements, mean_votes, path = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
votes = simulate_votes(people, statements, mean_votes, seed=0)
np.savez(path, indptr=votes.indptr, columns=votes.columns, codes=votes.codes, rejected=np.zeros(statements, dtype=bool))
report(votes=votes.n_votes)
