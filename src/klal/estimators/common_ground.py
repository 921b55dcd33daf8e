"""Common ground as an estimator."""

from __future__ import annotations

from klal.core.pipeline import analyse
from klal.core.settings import AnalysisSettings, CommonGroundSettings, GroupingMethod, GroupingSettings
from klal.core.votes import VoteMatrix
from klal.estimators.base import VoteEstimator


class CommonGround(VoteEstimator):
    """Rank statements by the part of the public that agrees least.

    Parameters
    ----------
    method : {'auto', 'polis'}
        How groups are found.
    most_parts : int
        Most parts the public is divided into by its answers, to ask the one that agrees least.
    level : float
        Probability that an interval holds the true share.
    random_state : int
        Seed of every draw.

    Attributes
    ----------
    ranking_ : ndarray of int64
        Shape (m,): rank of each statement, 1 the strongest.
    bound_ : ndarray of float
        Shape (m,): even the part that agrees least agrees at least so much.
    agreement_, lower_, upper_ : ndarray of float
        Shape (g, m).
    labels_ : ndarray of int32
        Shape (n,): group of each participant, −1 = not placed.
    result_ : klal.core.results.Analysis
        The whole analysis.

    Examples
    --------
    >>> import numpy as np, klal
    >>> votes = np.array([[1, 1, -1], [1, 0, -1], [1, -1, 1], [1, np.nan, 1]])
    >>> klal.CommonGround().fit(votes).ranking_.tolist()[0]
    1
    """

    def __init__(self, *, method: str = "auto", most_parts: int = 4, level: float = 0.9, random_state: int = 0) -> None:
        self.method = method
        self.most_parts = most_parts
        self.level = level
        self.random_state = random_state

    def _learn(self, votes: VoteMatrix) -> None:
        """Find groups and rank statements."""
        settings = AnalysisSettings(
            grouping=GroupingSettings(method=GroupingMethod(self.method)),
            common_ground=CommonGroundSettings(most_parts=self.most_parts, level=self.level),
        )
        self.result_ = analyse(votes, settings=settings, seed=self.random_state)
        found = self.result_.common_ground
        self.ranking_, self.labels_ = found.rank, self.result_.grouping.labels
        self.bound_ = found.bound
        self.agreement_, self.lower_, self.upper_ = found.agreement, found.lower, found.upper
