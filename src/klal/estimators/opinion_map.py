"""The opinion map as a transformer."""

from __future__ import annotations

from typing import Any

from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from klal.core.arrays import Floats
from klal.core.opinion_map import find_opinion_map, place
from klal.core.settings import MapSettings
from klal.core.votes import VoteMatrix
from klal.estimators.base import VoteEstimator


class OpinionMap(TransformerMixin, VoteEstimator):  # type: ignore[misc]
    """Place participants on the two axes that separate them most.

    Parameters
    ----------
    min_votes : int
        Votes needed to be placed.

    Attributes
    ----------
    positions_ : ndarray of float
        Shape (n, 2).
    uncertainty_ : ndarray of float
        Shape (n, 3): variance along x, covariance, variance along y.
    axes_ : ndarray of float
        Shape (m, 2): weight of each statement.
    placed_ : ndarray of bool
        Shape (n,).
    explained_ : ndarray of float
        Shape (2,): share of the variance along each axis.
    result_ : klal.core.results.OpinionMap
        All of it.

    Examples
    --------
    >>> import numpy as np, klal
    >>> votes = np.array([[1, 1, -1], [1, 0, -1], [-1, -1, 1], [-1, np.nan, 1]])
    >>> klal.OpinionMap().fit_transform(votes).shape
    (4, 2)
    """

    def __init__(self, *, min_votes: int = 7) -> None:
        self.min_votes = min_votes

    def _learn(self, votes: VoteMatrix) -> None:
        """Find the axes."""
        self.result_ = find_opinion_map(votes, settings=MapSettings(min_votes=self.min_votes))
        self.positions_, self.uncertainty_ = self.result_.positions, self.result_.uncertainty
        self.axes_, self.placed_, self.explained_ = self.result_.axes, self.result_.placed, self.result_.explained

    def transform(self, X: Any) -> Floats:  # noqa: N803 - scikit-learn's name
        """Place participants, the fitted ones or others, on the axes found.

        Parameters
        ----------
        X : array_like, sparse matrix or VoteMatrix
            Votes of shape (n, m) on the same statements.

        Returns
        -------
        ndarray of float
            Positions of shape (n, 2).
        """
        check_is_fitted(self)
        return place(self._votes(X, reset=False), self.result_)[0]
