"""What a good analyst writes in an afternoon with scikit-learn: sklearn_recipe.py FILE randomized|arpack.

A sparse matrix of votes less the statement's mean, two singular vectors, positions scaled as Polis does, k-means for 2 … 6 groups, the
best silhouette on a sample of 5 000.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from _child import peak_mb, report, timed
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.metrics import silhouette_score

Array = np.ndarray[Any, Any]
solver = sys.argv[2]


def work(indptr: Array, columns: Array, codes: Array, m: int) -> int:
    values = codes.astype(np.float32) - 2
    columns = columns.astype(np.int32)
    seen = np.maximum(np.bincount(columns, minlength=m), 1)
    mean = (np.bincount(columns, weights=values, minlength=m) / seen).astype(np.float32)
    residuals = sparse.csr_matrix((values - mean[columns], columns, indptr), shape=(len(indptr) - 1, m))
    positions = TruncatedSVD(2, algorithm=solver, random_state=0).fit_transform(residuals)
    positions *= np.sqrt(m / np.maximum(np.diff(indptr), 1))[:, None]
    return max(range(2, 7), key=lambda k: _silhouette(positions, k))


def _silhouette(positions: Array, k: int) -> float:
    labels = KMeans(k, random_state=0).fit_predict(positions)
    return float(silhouette_score(positions, labels, sample_size=5_000, random_state=0))


with np.load(sys.argv[1]) as data:
    arrays, m = [data[name] for name in ("indptr", "columns", "codes")], len(data["rejected"])
rng = np.random.default_rng(0)
work(np.arange(0, 6001, 6), np.tile(np.arange(6, dtype=np.uint16), 1000), rng.integers(1, 4, 6000).astype(np.int8), 6)
before = peak_mb()
seconds, groups = timed(lambda: work(*arrays, m))
report(seconds=seconds, before_mb=before, groups=groups)
