"""The bridging model as an estimator."""

from __future__ import annotations

from typing import Any, Self

from sklearn.utils.validation import check_is_fitted

from klal.core.arrays import Floats, Ints
from klal.core.bridging import fit_bridging, predict
from klal.core.opinion_map import find_opinion_map
from klal.core.settings import BridgingSettings
from klal.estimators.base import VoteEstimator


class Bridging(VoteEstimator):
    """Score statements by the agreement that people's positions do not explain.

    Parameters
    ----------
    n_factors : int
        0, 1 or 2 axes of difference.
    sweeps : int
        Most sweeps over the votes.

    Attributes
    ----------
    score_ : ndarray of float
        Shape (m,), 0 … 1.
    result_ : klal.core.results.Bridging
        All of it.

    Examples
    --------
    >>> import numpy as np, klal
    >>> votes = np.array([[1, 1, -1], [1, 0, -1], [1, -1, 1], [1, np.nan, 1]])
    >>> int(np.argmax(klal.Bridging().fit(votes).score_))
    0
    """

    def __init__(self, *, n_factors: int = 2, sweeps: int = 20) -> None:
        self.n_factors = n_factors
        self.sweeps = sweeps

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803 - scikit-learn's signature
        """Fit the factor model.

        Parameters
        ----------
        X : array_like, sparse matrix or VoteMatrix
            Votes of shape (n, m).
        y : object
            Not used.

        Returns
        -------
        Bridging
            Itself.
        """
        votes = self._votes(X)
        settings = BridgingSettings(n_factors=self.n_factors, sweeps=self.sweeps)
        self.result_ = fit_bridging(votes, find_opinion_map(votes), settings=settings)
        self.score_ = self.result_.score
        return self

    def predict_agreement(self, participants: Ints, statements: Ints) -> Floats:
        """Return the chance that participants agree with statements, among those who agree or disagree.

        Parameters
        ----------
        participants, statements : ndarray of int
            Shape (q,): rows and columns of the votes fitted.

        Returns
        -------
        ndarray of float
            Shape (q,), in (0, 1).
        """
        check_is_fitted(self)
        return predict(self.result_, participants, statements)
