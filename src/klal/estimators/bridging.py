"""The bridging model as an estimator."""

from __future__ import annotations

from sklearn.utils.validation import check_is_fitted

from klal.core.arrays import Floats, Ints
from klal.core.bridging import fit_bridging, predict
from klal.core.opinion_map import find_opinion_map
from klal.core.settings import BridgingSettings
from klal.core.votes import VoteMatrix
from klal.estimators.base import VoteEstimator


class Bridging(VoteEstimator):
    """Score statements by the agreement that people's positions do not explain.

    Parameters
    ----------
    n_factors : int
        0 … 4 axes of difference.
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

    def __init__(self, *, n_factors: int = 4, sweeps: int = 100) -> None:
        self.n_factors = n_factors
        self.sweeps = sweeps

    def _learn(self, votes: VoteMatrix) -> None:
        """Fit the factor model."""
        settings = BridgingSettings(n_factors=self.n_factors, sweeps=self.sweeps)
        self.result_ = fit_bridging(votes, find_opinion_map(votes), settings=settings)
        self.score_ = self.result_.score

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
