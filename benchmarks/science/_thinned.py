"""Real conversations with half of their votes hidden: the hidden half says what the weakest group truly thinks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from sklearn.mixture import GaussianMixture

from benchmarks._data import Shared, shared_sets
from klal.core.bridging import fit_bridging
from klal.core.opinion_map import find_opinion_map
from klal.core.votes import AGREE, PASS, VoteMatrix

Floats = np.ndarray
FEWEST_VOTES = 7
"""People who cast fewer are left out, as Polis leaves them out of its groups."""
_SMALLEST, _FEWEST_HIDDEN, _FEWEST_STATEMENTS = 8, 5, 20


@dataclass(frozen=True, slots=True, eq=False)
class Thinned:
    """One way of thinning one conversation.

    ``truths`` holds for each division (by Polis's published groups, by a mixture on where all votes put people) the hidden votes' share
    of agrees of the group that agrees least, shape (m,), and which statements have enough hidden votes to say so, shape (m,).
    """

    name: str
    visible: VoteMatrix
    truths: dict[str, tuple[Floats, Floats]]


def thinned(seed: int) -> Iterator[Thinned]:
    """Yield every conversation that has enough hidden votes; what can be told from them alone is the truth."""
    for conversation in shared_sets():
        votes, divisions = _whole(conversation.name)
        visible = np.random.default_rng(seed).random(votes.n_votes) < 0.5
        rows, columns = votes.row_of_vote(), votes.columns.astype(np.int64)
        truths = {
            name: truth for name, labels in divisions.items() if (truth := _truth(votes, labels, visible))[1].sum() >= _FEWEST_STATEMENTS
        }
        if truths:
            kept = VoteMatrix.from_rows(
                rows[visible], columns[visible], votes.codes[visible], participants=votes.participants, statements=votes.statements
            )
            yield Thinned(conversation.name, kept, truths)


@cache
def _whole(name: str) -> tuple[VoteMatrix, dict[str, np.ndarray]]:
    """Return all votes of those who cast enough, and two divisions of these people."""
    conversation = next(one for one in shared_sets() if one.name == name)
    votes, published = _enough(conversation)
    placed = fit_bridging(votes, find_opinion_map(votes)).person[:, 1:]
    tried = [GaussianMixture(k, n_init=3, random_state=0, reg_covar=0.02).fit(placed) for k in (2, 3, 4)]
    best = min(tried, key=lambda mixture: mixture.bic(placed))
    return votes, {"published groups": published, "mixture": best.predict(placed)}


def _enough(conversation: Shared) -> tuple[VoteMatrix, np.ndarray]:
    votes = conversation.votes.select(~conversation.rejected)
    many = np.asarray(votes.votes_per_participant >= FEWEST_VOTES)
    return votes.select_rows(many), conversation.published[many]


def _truth(votes: VoteMatrix, labels: np.ndarray, visible: np.ndarray) -> tuple[Floats, Floats]:
    m, rows, columns = votes.shape[1], votes.row_of_vote(), votes.columns
    asked = ~visible & (votes.codes != PASS)
    groups = [g for g in np.unique(labels[labels >= 0]) if (labels == g).sum() >= _SMALLEST]
    if len(groups) < 2:
        return np.zeros(m), np.zeros(m, dtype=bool)
    counts = np.stack([np.bincount(columns[asked & (labels[rows] == g)], minlength=m) for g in groups])
    agrees = np.stack([np.bincount(columns[asked & (labels[rows] == g) & (votes.codes == AGREE)], minlength=m) for g in groups])
    seen = np.bincount(columns[visible], minlength=m) > 0
    return ((agrees + 1) / (counts + 2)).min(axis=0), seen & (counts.min(axis=0) >= _FEWEST_HIDDEN)
