"""What the estimators share: reading votes in any of the accepted forms, and scikit-learn's tags."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from klal.core.index import IdIndex
from klal.core.votes import VoteMatrix


class VoteEstimator(BaseEstimator):  # type: ignore[misc]
    """Base of the estimators that are fitted to votes."""

    def __sklearn_tags__(self) -> Any:
        """Say that blanks and sparse input are welcome and no target is needed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.sparse = True
        tags.target_tags.required = False
        return tags

    def fit(self, X: Any, y: object = None) -> Self:  # noqa: N803 - scikit-learn's signature
        """Learn from votes.

        Parameters
        ----------
        X : array_like, sparse matrix or VoteMatrix
            Votes of shape (n, m): +1 agree, 0 pass, −1 disagree; NaN, or not stored, where there is no vote.
        y : object
            Not used.

        Returns
        -------
        VoteEstimator
            Itself.

        Raises
        ------
        ValueError
            If there is any other value.
        """
        self._learn(self._votes(X))
        return self

    def _learn(self, votes: VoteMatrix) -> None:
        """Set the attributes that end in an underscore."""
        raise NotImplementedError

    def _votes(self, X: Any, *, reset: bool = True) -> VoteMatrix:  # noqa: N803 - scikit-learn's name
        """Read votes and remember (or check) the number of statements."""
        if isinstance(X, VoteMatrix):
            if reset:
                self.n_features_in_ = X.shape[1]
            elif X.shape[1] != self.n_features_in_:
                raise ValueError(f"found {X.shape[1]} statements, needed the {self.n_features_in_} of fit")
            return X
        checked = validate_data(self, X, reset=reset, accept_sparse="csr", ensure_all_finite="allow-nan", dtype=np.float64)
        return as_votes(checked)


def as_votes(table: Any) -> VoteMatrix:
    """Read votes from an array, a sparse matrix or a data frame.

    Parameters
    ----------
    table : array_like, sparse matrix or VoteMatrix
        Shape (n, m): +1, 0, −1; NaN, or not stored, where there is no vote.

    Returns
    -------
    VoteMatrix
        With ids 0 … n−1 and 0 … m−1, unless it was one already.

    Raises
    ------
    ValueError
        If there is any other value.
    """
    if isinstance(table, VoteMatrix):
        return table
    if not sparse.issparse(table):
        return VoteMatrix.from_array(check_array(table, ensure_all_finite="allow-nan", dtype=np.float64))
    matrix: Any = table
    stored = sparse.coo_array(matrix)
    if not np.isin(stored.data, (-1.0, 0.0, 1.0)).all():
        odd = stored.data[~np.isin(stored.data, (-1.0, 0.0, 1.0))][0]
        raise ValueError(f"found the vote {odd}, needed 1 (agree), 0 (pass) or -1 (disagree)")
    n, m = stored.shape
    rows, columns = stored.coords
    return VoteMatrix.from_rows(
        rows.astype(np.int64),
        columns.astype(np.int64),
        (stored.data + 2).astype(np.int8),
        participants=IdIndex.of(np.arange(n)),
        statements=IdIndex.of(np.arange(m)),
    )
