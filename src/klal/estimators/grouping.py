"""Opinion groups as a clusterer."""

from __future__ import annotations

import numpy as np
from sklearn.base import ClusterMixin

from klal.core.pipeline import find_map_and_groups
from klal.core.settings import AnalysisSettings, GroupingMethod, GroupingSettings, MapSettings
from klal.core.votes import VoteMatrix
from klal.estimators.base import VoteEstimator


class Grouping(ClusterMixin, VoteEstimator):  # type: ignore[misc]
    """Find opinion groups, and say how well the votes support them.

    Parameters
    ----------
    method : {'auto', 'polis'}
        klal's way, or exactly as Polis does it.
    max_groups : int
        Most groups considered.
    min_votes : int
        Votes needed to be placed.
    random_state : int
        Seed of the resamples.

    Attributes
    ----------
    labels_ : ndarray of int32
        Shape (n,): group of each participant, −1 = not placed.
    membership_ : ndarray of float
        Shape (n, g).
    verdict_ : str
        "none", "weak" or "clear".
    stability_ : float
        0 … 1.
    result_ : klal.core.results.Grouping
        All of it.

    Examples
    --------
    >>> import numpy as np, klal
    >>> votes = np.repeat([[1.0, 1, -1], [-1, -1, 1]], 10, axis=0)
    >>> klal.Grouping().fit(votes).labels_.shape
    (20,)
    """

    def __init__(self, *, method: str = "auto", max_groups: int = 5, min_votes: int = 7, random_state: int = 0) -> None:
        self.method = method
        self.max_groups = max_groups
        self.min_votes = min_votes
        self.random_state = random_state

    def _learn(self, votes: VoteMatrix) -> None:
        """Find the groups."""
        grouping = GroupingSettings(method=GroupingMethod(self.method), max_groups=self.max_groups)
        settings = AnalysisSettings(map=MapSettings(min_votes=self.min_votes), grouping=grouping)
        everything = np.ones(votes.shape[1], dtype=np.bool_)
        _, self.result_ = find_map_and_groups(votes, everything, settings=settings, seed=self.random_state)
        self.labels_, self.membership_ = self.result_.labels, self.result_.membership
        self.verdict_, self.stability_ = self.result_.verdict.value, self.result_.stability
